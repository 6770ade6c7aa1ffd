// SPDX-License-Identifier: Apache-2.0
// A million random events against a small world: workers that answer, lie still, die and wake up late, an anvil that
// says anything at any time, a clock that jumps. The world knows who could write to the client; the loop must too.
#include "offer_loop.hpp"

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <doctest/doctest.h>
#include <random>
#include <string>
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
constexpr std::size_t events_in_all = 1'000'000;

struct World {
    /// A worker that holds one offer. It may act long after login has turned away.
    struct Worker {
        std::size_t grant = 0;
        bool connected = true; // login still listens
        bool alive = true, decided = false;
        bool committed = false; // it read the grant: it may write to the client
        std::deque<Event> said;
    };

    std::mt19937_64& random;
    OfferLoop loop;
    Time now = start;
    std::vector<bool> unread{true}; // one per grant
    std::vector<Worker> workers;
    std::optional<std::size_t> offered; // worker behind the open offer connection
    bool connecting = false, shared = false, regranting = false;
    bool violated = false;
    std::size_t events = 0;
    std::string what;

    explicit World(std::mt19937_64& source, bool strict)
        : random(source), loop(OfferLoop::Options{10s, strict}, start) {}

    std::size_t pick(std::size_t bound) { return static_cast<std::size_t>(random() % bound); }
    void violate(const char* rule) {
        violated = true;
        what = rule;
    }
    std::size_t owners() const {
        std::size_t count = 0;
        for (const auto& worker : workers)
            count += worker.committed && worker.alive;
        return count;
    }

    void tell(const Event& event) {
        ++events;
        const bool over_before = loop.outcome().has_value();
        const auto actions = loop.on(event, now);
        if (over_before && !actions.empty()) violate("acts after its outcome");
        perform(actions);
        if (owners() > 1) violate("two workers own the client");
        if (loop.outcome() && !over_before) check_outcome();
    }

    void perform(const Actions& actions) {
        for (const auto& action : actions) {
            switch (action.what) {
            case Do::connect_pid:
                connecting = true;
                shared = false;
                break;
            case Do::connect_shared:
                connecting = true;
                shared = true;
                break;
            case Do::send_offer: send(); break;
            case Do::close_offer: close(); break;
            case Do::peek_grant: return tell(happened::Peeked{unread.back()});
            case Do::read_back: {
                const bool got = unread.back();
                unread.back() = false;
                return tell(happened::ReadBack{got});
            }
            case Do::regrant:
                if (offered) violate("a new grant while an offer is out");
                unread.push_back(true);
                regranting = true;
                if (unread.size() > protocol::auth::grants_max) violate("too many grants");
                break;
            default: break;
            }
        }
        if (!connecting) return;
        connecting = false;
        constexpr Connected ways[] = {Connected::ok, Connected::ok, Connected::ok, Connected::shut, Connected::gone,
            Connected::full, Connected::impostor, Connected::failed};
        tell(happened::ConnectEnded{ways[pick(std::size(ways))]});
    }
    void send() {
        if (offered) violate("two offers at a time");
        if (!unread.back()) violate("an offer without a grant");
        if (owners() > 0) violate("an offer of a client that a worker owns");
        if (pick(20) == 0) return tell(happened::SendFailed{});
        workers.emplace_back();
        workers.back().grant = unread.size() - 1;
        offered = workers.size() - 1;
    }
    void close() {
        if (offered) workers[*offered].connected = false;
        offered.reset();
    }

    void check_outcome() {
        const auto& outcome = *loop.outcome();
        if (offered) violate("an offer connection is left open");
        if (std::holds_alternative<Taken>(outcome)) {
            if (owners() != 1) violate("TAKEN, and not exactly one owner");
        } else if (!std::holds_alternative<InDoubt>(outcome)) {
            if (owners() != 0) violate("login would write to a client that a worker owns");
            // And nobody can become the owner any more.
            for (const auto& worker : workers)
                if (worker.alive && !worker.decided && unread[worker.grant])
                    violate("a worker can still read the grant");
        }
    }

    /// Some worker, asked or long forgotten, does its next step.
    void work() {
        auto& worker = workers[pick(workers.size())];
        if (!worker.alive || worker.decided) return;
        const auto answer = [&](OfferReply reply) {
            worker.said.push_back(happened::Answered{reply, static_cast<std::uint32_t>(100 + pick(5))});
        };
        switch (pick(10)) {
        case 0: answer(OfferReply::accepted); break;
        case 1: worker.said.push_back(happened::Garbled{}); break;
        case 2: // dies
            worker.alive = worker.committed = false;
            worker.said.push_back(happened::Closed{});
            break;
        case 3: // declines without having read
            if (worker.committed) break;
            worker.decided = true;
            answer(pick(2) == 0 ? OfferReply::busy : OfferReply::leaving);
            break;
        case 4:
        case 5:
        case 6: // reads
            if (worker.committed) break;
            if (unread[worker.grant]) {
                unread[worker.grant] = false;
                worker.committed = true;
            } else {
                worker.decided = true;
                answer(OfferReply::no_grant);
            }
            break;
        default: // ends what it began
            if (!worker.committed) break;
            worker.decided = true;
            if (pick(3) == 0) {
                worker.committed = false;
                answer(pick(2) == 0 ? OfferReply::wrong_user : OfferReply::cannot);
            } else {
                answer(OfferReply::taken);
            }
        }
    }

    void anything() {
        switch (pick(12)) {
        case 0:
        case 1:
        case 2:
            if (!workers.empty()) work();
            break;
        case 3:
        case 4:
            if (offered && !workers[*offered].said.empty()) {
                const auto event = workers[*offered].said.front();
                workers[*offered].said.pop_front();
                tell(event);
            }
            break;
        case 5: {
            Route route{1, static_cast<Verdict>(1 + pick(5)), static_cast<Cold>(1 + pick(5)), 10, {}};
            if (route.verdict == Verdict::candidates)
                for (auto n = pick(4); n > 0; --n)
                    route.pids.push_back(static_cast<std::uint32_t>(10 + pick(5)));
            // Refusals end a story at once: most routes shouldn't.
            if (route.verdict >= Verdict::refused_user && pick(4) != 0) route.verdict = Verdict::cold;
            tell(happened::Routed{route});
            break;
        }
        case 6:
            if (regranting) {
                regranting = false;
                if (pick(20) == 0)
                    tell(happened::RegrantFailed{});
                else
                    tell(happened::Regranted{});
            }
            break;
        case 7: now += std::chrono::milliseconds(pick(40)); break;
        case 8:
            now = std::max(now, *loop.wake_at());
            tell(happened::Tick{});
            break;
        case 9: tell(happened::Tick{}); break;
        case 10:
            if (pick(30) == 0) tell(happened::AnvilLost{});
            break;
        case 11:
            if (pick(30) == 0) tell(happened::ClientLeft{});
            break;
        }
    }
};

} // namespace

TEST_CASE("no order of events makes two owners, loses a client or goes on for ever") {
    const char* text = std::getenv("HEARTH_SEED");
    const auto seed = text != nullptr ? std::strtoull(text, nullptr, 10) : std::random_device{}();
    std::printf("offer_loop seed %llu\n", static_cast<unsigned long long>(seed));
    std::mt19937_64 random(seed);
    std::size_t events = 0, taken = 0, refused = 0, doubtful = 0, gone = 0, long_ones = 0;
    while (events < events_in_all) {
        World world(random, random() % 8 == 0);
        world.perform(world.loop.start());
        while (!world.loop.outcome() && !world.violated) {
            const auto wake = world.loop.wake_at();
            REQUIRE(wake.has_value());
            if (*wake > start + 10s + queue_wait_max) world.violate("it could outlast every deadline");
            world.anything();
        }
        // What workers do after the end is theirs; still there is one owner at most.
        for (int i = 0; i < 20 && !world.workers.empty(); ++i)
            world.work();
        if (world.owners() > 1) world.violate("two owners after the end");
        if (world.violated) FAIL("seed ", seed, ": ", world.what);
        events += world.events;
        long_ones += world.unread.size() >= 3;
        taken += std::holds_alternative<Taken>(*world.loop.outcome());
        refused += std::holds_alternative<Refused>(*world.loop.outcome());
        doubtful += std::holds_alternative<InDoubt>(*world.loop.outcome());
        gone += std::holds_alternative<ClientGone>(*world.loop.outcome());
    }
    // The world is worth something only if it reaches every end.
    CHECK(taken > 1000);
    CHECK(refused > 1000);
    CHECK(doubtful > 100);
    CHECK(gone > 100);
    CHECK(long_ones > 200);
}
