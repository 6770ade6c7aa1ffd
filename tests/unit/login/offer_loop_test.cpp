// SPDX-License-Identifier: Apache-2.0
#include "offer_loop.hpp"

#include <doctest/doctest.h>
#include <vector>

using namespace hearth;
using namespace hearth::login;
using namespace std::chrono_literals;
using protocol::OfferReply;
using protocol::anvil::Cold;
using protocol::anvil::Route;
using protocol::anvil::Verdict;

namespace {

const Time start{std::chrono::hours(1)};

/// A loop with a clock, and the actions of the last event.
struct Story {
    explicit Story(bool needs_anvil = false) : loop(OfferLoop::Options{10s, needs_anvil}, start) {
        said = kinds(loop.start());
    }

    std::vector<Do> kinds(const Actions& actions) {
        std::vector<Do> result;
        for (const auto& action : actions) {
            result.push_back(action.what);
            if (action.pid != 0) pid = action.pid;
        }
        return result;
    }
    void tell(const Event& event) { said = kinds(loop.on(event, now)); }
    void tick(std::chrono::milliseconds later) {
        now += later;
        tell(happened::Tick{});
    }
    void candidates(std::vector<std::uint32_t> pids) {
        tell(happened::Routed{Route{1, Verdict::candidates, Cold::none_idle, 0, std::move(pids)}});
    }
    void route(Verdict verdict, Cold why = Cold::first, std::uint32_t limit = 0) {
        tell(happened::Routed{Route{1, verdict, why, limit, {}}});
    }
    void connect(Connected how) { tell(happened::ConnectEnded{how}); }
    void answer(OfferReply reply, std::uint32_t from = 0) { tell(happened::Answered{reply, from}); }
    bool says(std::vector<Do> what) const { return said == what; }
    template <class T> const T& outcome() const {
        REQUIRE(loop.outcome());
        REQUIRE(std::holds_alternative<T>(*loop.outcome()));
        return std::get<T>(*loop.outcome());
    }

    OfferLoop loop;
    Time now = start;
    std::vector<Do> said;
    std::uint32_t pid = 0;
};

/// Offered to worker 7, the only candidate.
struct Offered : Story {
    Offered() {
        candidates({7});
        connect(Connected::ok);
    }
};

} // namespace

TEST_CASE("a warm login asks anvil, connects, offers, and is over with TAKEN") {
    Story story;
    CHECK(story.says({Do::lookup}));
    story.candidates({7, 8});
    CHECK(story.says({Do::connect_pid}));
    CHECK(story.pid == 7);
    story.connect(Connected::ok);
    CHECK(story.says({Do::send_offer}));
    story.answer(OfferReply::taken);
    CHECK(story.outcome<Taken>().warm);
    CHECK(story.outcome<Taken>().pid == 7);
    CHECK_FALSE(story.loop.wake_at());
}

TEST_CASE("a shut gate, a missing socket and a full backlog lead to the next candidate, and the last one to a slot") {
    Story story;
    story.candidates({7, 8, 9});
    story.connect(Connected::shut);
    CHECK(story.pid == 8);
    story.connect(Connected::gone);
    CHECK(story.pid == 9);
    story.connect(Connected::full);
    CHECK(story.says({Do::none_took}));
    story.route(Verdict::cold, Cold::none_idle);
    CHECK(story.says({Do::connect_shared}));
    story.connect(Connected::ok);
    story.answer(OfferReply::accepted, 33);
    story.answer(OfferReply::taken, 33);
    CHECK_FALSE(story.outcome<Taken>().warm);
    CHECK(story.outcome<Taken>().why == Cold::none_idle);
    CHECK(story.outcome<Taken>().pid == 33);
}

TEST_CASE("a process that isn't who it should be gets nothing, and anvil is told") {
    Story story;
    story.candidates({7});
    story.connect(Connected::impostor);
    CHECK(story.says({Do::close_offer, Do::report_silent, Do::none_took}));
}

TEST_CASE("answers before the grant is read keep the grant, those after it need another") {
    for (const auto reply :
        {OfferReply::busy, OfferReply::leaving, OfferReply::old_generation, OfferReply::malformed}) {
        Offered story;
        story.answer(reply);
        CHECK(story.says({Do::close_offer, Do::none_took}));
    }
    for (const auto reply : {OfferReply::no_grant, OfferReply::wrong_user, OfferReply::stale, OfferReply::cannot}) {
        Offered story;
        story.answer(reply);
        CHECK(story.says({Do::close_offer, Do::regrant}));
        story.tell(happened::Regranted{});
        CHECK(story.says({Do::none_took}));
    }
}

TEST_CASE("a connection that ends without an answer is looked into by a peek at the grant") {
    Offered unread;
    unread.tell(happened::Closed{});
    CHECK(unread.says({Do::close_offer, Do::peek_grant}));
    unread.tell(happened::Peeked{true});
    CHECK(unread.says({Do::none_took}));
    Offered read;
    read.tell(happened::Closed{});
    read.tell(happened::Peeked{false});
    CHECK(read.says({Do::regrant}));
}

TEST_CASE("a worker silent for 250 ms loses the client if the grant can be read back") {
    Offered story;
    CHECK(story.loop.wake_at() == start + 250ms);
    story.tick(249ms);
    CHECK(story.said.empty());
    story.tick(1ms);
    CHECK(story.says({Do::read_back}));
    story.tell(happened::ReadBack{true});
    CHECK(story.says({Do::close_offer, Do::report_silent, Do::regrant}));
    CHECK(story.pid == 7);
    story.tell(happened::Regranted{});
    CHECK(story.says({Do::none_took}));
}

TEST_CASE("a silent worker that has read the grant owns the client: login waits, and closes in doubt at the deadline") {
    Offered story;
    story.tick(250ms);
    story.tell(happened::ReadBack{false});
    CHECK(story.loop.is_given_away());
    CHECK(story.said.empty());
    CHECK(story.loop.wake_at() == start + 10s);
    SUBCASE("TAKEN comes late") {
        story.tick(5s);
        story.answer(OfferReply::taken);
        CHECK(story.outcome<Taken>().pid == 7);
    }
    SUBCASE("it dies: only a dead worker closes without an answer") {
        story.tell(happened::Closed{});
        CHECK(story.says({Do::close_offer, Do::regrant}));
    }
    SUBCASE("it declines after all, whatever it says of the grant") {
        story.answer(OfferReply::busy);
        CHECK(story.says({Do::close_offer, Do::regrant}));
    }
    SUBCASE("it talks nonsense: that frees nobody") {
        story.tell(happened::Garbled{});
        CHECK(story.loop.is_given_away());
    }
    SUBCASE("it stays silent") {
        story.tick(9750ms);
        CHECK(story.outcome<InDoubt>().pid == 7);
        CHECK(story.says({Do::close_offer}));
    }
    SUBCASE("a client that hangs up changes nothing") {
        story.tell(happened::ClientLeft{});
        CHECK_FALSE(story.loop.outcome());
    }
}

TEST_CASE("on the shared listener the 250 ms start with ACCEPTED") {
    Story story;
    story.route(Verdict::cold, Cold::first);
    story.connect(Connected::ok);
    CHECK(story.loop.wake_at() == start + 10s);
    story.tick(3s);
    CHECK(story.said.empty());
    story.answer(OfferReply::accepted, 44);
    CHECK(story.loop.wake_at() == start + 3250ms);
    story.tick(250ms);
    CHECK(story.says({Do::read_back}));
    story.tell(happened::ReadBack{true});
    CHECK(story.says({Do::close_offer, Do::report_silent, Do::regrant}));
    CHECK(story.pid == 44);
}

TEST_CASE("nobody accepts until the deadline: the grant is read back before the client hears NO") {
    Story story;
    story.route(Verdict::cold, Cold::first);
    story.connect(Connected::ok);
    story.tick(10s);
    CHECK(story.says({Do::read_back}));
    SUBCASE("got it") {
        story.tell(happened::ReadBack{true});
        CHECK(story.says({Do::close_offer, Do::cancel_lookup}));
        CHECK(story.outcome<Refused>().why == Refusal::no_worker);
    }
    SUBCASE("too late: somebody has it") {
        story.tell(happened::ReadBack{false});
        story.outcome<InDoubt>();
    }
}

TEST_CASE("a full shared backlog is tried again with pauses until the deadline") {
    Story story;
    story.route(Verdict::cold, Cold::first);
    int tries = 0;
    while (!story.loop.outcome()) {
        story.connect(Connected::full);
        ++tries;
        CHECK(*story.loop.wake_at() > story.now);
        while (!story.loop.outcome() && !story.says({Do::connect_shared}))
            story.tick(std::chrono::duration_cast<std::chrono::milliseconds>(*story.loop.wake_at() - story.now));
    }
    CHECK(story.outcome<Refused>().why == Refusal::no_worker);
    CHECK(tries > 100);
    CHECK(tries < 300);
}

TEST_CASE("nobody listens on the shared socket: refused at once") {
    Story story;
    story.route(Verdict::cold, Cold::first);
    story.connect(Connected::gone);
    CHECK(story.outcome<Refused>().why == Refusal::no_service);
}

TEST_CASE("at most four grants are used") {
    Story story;
    story.candidates({1, 2, 3, 4, 5, 6});
    int regrants = 0;
    while (!story.loop.outcome()) {
        story.connect(Connected::ok);
        story.answer(OfferReply::wrong_user);
        if (story.loop.outcome()) break;
        ++regrants;
        story.tell(happened::Regranted{});
    }
    CHECK(regrants == protocol::auth::grants_max - 1);
    CHECK(story.outcome<Refused>().why == Refusal::grants_spent);
    CHECK(story.says({Do::close_offer, Do::cancel_lookup}));
}

TEST_CASE("without anvil the login goes to the shared listener, or is refused if limits must hold") {
    Story lost;
    lost.tell(happened::AnvilLost{});
    CHECK(lost.says({Do::connect_shared}));
    lost.connect(Connected::ok);
    lost.answer(OfferReply::taken, 5);
    CHECK(lost.outcome<Taken>().why == Cold::restarting);

    Story silent;
    silent.tick(500ms);
    CHECK(silent.says({Do::abandon_lookup, Do::connect_shared}));

    Story strict(true);
    strict.tell(happened::AnvilLost{});
    CHECK(strict.outcome<Refused>().why == Refusal::anvil_down);
}

TEST_CASE("waiting in anvil's queue doesn't count for the handover's deadline, and ends") {
    Story story;
    story.route(Verdict::wait, Cold::none_idle);
    CHECK(story.loop.is_queued_at_anvil());
    CHECK(story.loop.wake_at() == start + 30s);
    SUBCASE("a slot comes") {
        story.now += 20s;
        story.route(Verdict::cold, Cold::none_idle);
        story.connect(Connected::ok);
        CHECK(story.loop.wake_at() == start + 30s);
        story.answer(OfferReply::taken, 9);
        CHECK(story.outcome<Taken>().why == Cold::none_idle);
    }
    SUBCASE("anvil's deadline") {
        story.route(Verdict::refused_queue, Cold::first, 100);
        CHECK(story.outcome<Refused>().limit == 100);
        CHECK(story.said.empty());
    }
    SUBCASE("our own") {
        story.tick(30s);
        CHECK(story.outcome<Refused>().why == Refusal::queue_wait);
        CHECK(story.says({Do::cancel_lookup}));
    }
    SUBCASE("the client leaves") {
        story.tell(happened::ClientLeft{});
        story.outcome<ClientGone>();
        CHECK(story.says({Do::cancel_lookup}));
    }
}

TEST_CASE("anvil's refusals are told with their limit") {
    Story story;
    story.route(Verdict::refused_user, Cold::first, 10);
    CHECK(story.outcome<Refused>().why == Refusal::user_limit);
    CHECK(story.outcome<Refused>().limit == 10);
    CHECK(story.said.empty());
}

TEST_CASE("a second unbound worker that can't become the user's is the last") {
    Story story;
    story.route(Verdict::cold, Cold::first);
    story.connect(Connected::ok);
    story.answer(OfferReply::cannot, 1);
    CHECK(story.says({Do::close_offer, Do::regrant}));
    story.tell(happened::Regranted{});
    story.tick(1ms);
    CHECK(story.says({Do::connect_shared}));
    story.connect(Connected::ok);
    story.answer(OfferReply::cannot, 2);
    CHECK(story.outcome<Refused>().why == Refusal::cannot);
}
