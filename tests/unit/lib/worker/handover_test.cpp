// SPDX-License-Identifier: Apache-2.0
// Offers to a real worker process: what is taken, what is declined and how, and who owns the client afterwards.
#include "fake_instance.hpp"
#include "net/unix_socket.hpp"
#include "protocol/limits.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <doctest/doctest.h>
#include <unistd.h>

using namespace hearth;
using namespace hearth::worker;
using namespace hearth::worker::fake;
using protocol::OfferReply;

namespace {

// Declined or not taken: the client is login's, nobody else holds it or has said a word to it.
void check_closed_in_silence(const Offered& offered) {
    CHECK(offered.client.read_to_end().empty());
}

Options with(std::uint32_t client_limit) {
    Options options;
    options.limits.client_limit = client_limit;
    return options;
}

} // namespace

TEST_CASE("an unbound worker says ACCEPTED, then TAKEN, binds itself and serves; the next session comes to the same "
          "process") {
    Instance instance;
    const auto pid = instance.start();
    auto grant = instance.grant();
    const auto first = instance.offer_shared(grant);
    const auto accepted = first.answer();
    REQUIRE(accepted.has_value());
    CHECK(accepted->reply == OfferReply::accepted);
    CHECK(accepted->pid == static_cast<std::uint32_t>(pid));
    CHECK(first.reply() == OfferReply::taken);
    CHECK(instance.notice() == "HEARTH_STATE=bound");

    const auto report = instance.report();
    CHECK(report.user == "alice");
    CHECK(report.tag == grant.tag);
    CHECK(report.identity == protocol::identity_hash("imap", grant.identity));
    CHECK_FALSE(report.accepts);
    REQUIRE(report.sessions.size() == 1);
    CHECK(report.sessions[0].id == grant.session);
    CHECK(report.sessions[0].remote_ip == "192.0.2.7");

    first.client.send("WHO\n");
    const auto expected = "alice /nonexistent a1 192.0.2.7 5M " + grant.session.text() + " /\n";
    CHECK(first.client.read(expected.size()) == expected);
    first.client.send("QUIT\n");
    CHECK(first.client.read_to_end() == "BYE\n");

    for (int i = 0; i < 20; ++i) {
        grant.session = SessionId::random();
        const auto next = instance.offer_gate(grant);
        const auto taken = next.answer();
        REQUIRE(taken.has_value());
        CHECK(taken->reply == OfferReply::taken); // without ACCEPTED: that is the shared listener's
        CHECK(taken->pid == static_cast<std::uint32_t>(pid));
        next.client.send("QUIT\n");
        CHECK(next.client.read_to_end() == "BYE\n");
    }
}

TEST_CASE("CONNECT is reported before TAKEN is said") {
    Instance instance;
    instance.start();
    const auto offered = instance.offer_shared(instance.grant());
    REQUIRE(offered.reply() == OfferReply::taken);
    CHECK(net::receive_message(instance.report_socket(), 8192).has_value());
}

TEST_CASE("what the client sent before the handover is read first, then what it sends after") {
    Instance instance;
    instance.start();
    const auto grant = instance.grant();
    const auto offered =
        Instance::offer(instance.connect_shared(), grant, Instance::issue(grant).get(), "ECHO one\nECHO t");
    offered.client.send("wo\nQUIT\n");
    CHECK(offered.client.read_to_end() == "one\ntwo\nBYE\n");
}

TEST_CASE("64 KiB of pipelined bytes arrive whole") {
    Instance instance;
    instance.start();
    const auto grant = instance.grant();
    std::string pipelined = "ECHO " + std::string(protocol::pipelined_bytes_max - 11, 'p') + "\nQUIT\n";
    const auto offered = Instance::offer(instance.connect_shared(), grant, Instance::issue(grant).get(), pipelined);
    CHECK(offered.client.read_to_end().size() == pipelined.size() - 6);
}

TEST_CASE("while it serves its client_limit a worker answers BUSY, and the grant is still good") {
    Instance instance;
    instance.start();
    const auto first = instance.offer_shared(instance.grant());
    REQUIRE(first.reply() == OfferReply::taken);
    const auto grant = instance.grant();
    const auto grant_fd = Instance::issue(grant);
    const auto second = Instance::offer(instance.connect_gate(), grant, grant_fd.get());
    CHECK(second.reply() == OfferReply::busy);
    CHECK_FALSE(second.answer().has_value());
    check_closed_in_silence(second);
    first.client.send("QUIT\n");
    CHECK(first.client.read_to_end() == "BYE\n");
    CHECK(Instance::offer(instance.connect_gate(), grant, grant_fd.get()).reply() == OfferReply::taken);
}

TEST_CASE("a peer that connects and says nothing holds nobody up, and is cut off") {
    Instance instance;
    instance.start();
    const auto silent_shared = instance.connect_shared();
    const auto first = instance.offer_shared(instance.grant());
    REQUIRE(first.reply() == OfferReply::taken);
    std::vector<UniqueFd> silent;
    for (int i = 0; i < 8; ++i)
        silent.push_back(instance.connect_gate());
    CHECK(instance.offer_gate(instance.grant()).reply() == OfferReply::busy);
    first.client.send("QUIT\n");
    CHECK(first.client.read_to_end() == "BYE\n");
    CHECK(instance.offer_gate(instance.grant()).reply() == OfferReply::taken);
    for (const auto& connection : silent) {
        REQUIRE(wait_for(connection.get()));
        CHECK(net::receive_message(connection.get(), 64)->bytes.empty());
    }
}

TEST_CASE(
    "an offer that came over the shared listener while the worker became another's is BUSY, not a security event") {
    Instance instance;
    instance.start();
    auto late = instance.connect_shared();
    REQUIRE(wait_for(late.get())); // ACCEPTED
    REQUIRE(instance.offer_shared(instance.grant("alice")).reply() == OfferReply::taken);
    const auto grant = instance.grant("bob");
    const auto grant_fd = Instance::issue(grant);
    CHECK(Instance::offer(std::move(late), grant, grant_fd.get()).reply() == OfferReply::busy);
    CHECK(net::receive_message(grant_fd.get(), 8192)->bytes == protocol::encode(grant));
}

TEST_CASE(
    "OLD-GENERATION by the offer's copy leaves the grant unread; by the grant itself the worker learns it and leaves") {
    Instance instance;
    instance.start();
    auto newer = instance.grant();
    newer.generation = 6;
    const auto grant_fd = Instance::issue(newer);
    CHECK(Instance::offer(instance.connect_shared(), newer, grant_fd.get()).reply() == OfferReply::old_generation);
    CHECK(net::receive_message(grant_fd.get(), 8192)->bytes == protocol::encode(newer));

    auto claimed = newer;
    claimed.generation = 5;
    const auto offered = Instance::offer(instance.connect_shared(), claimed, Instance::issue(newer).get());
    CHECK(offered.reply() == OfferReply::cannot);
    check_closed_in_silence(offered);
    CHECK(instance.notice() == "HEARTH_STATE=leaving\nHEARTH_REASON=generation");
    CHECK(instance.exit_code() == 0);
}

TEST_CASE("an older grant is good for a newer worker") {
    Instance instance;
    instance.start();
    auto grant = instance.grant();
    grant.generation = 4;
    CHECK(instance.offer_shared(grant).reply() == OfferReply::taken);
}

TEST_CASE("another user's grant is WRONG-USER: not a byte is served, the gate shuts and the worker ends") {
    Instance instance;
    instance.start();
    const auto first = instance.offer_shared(instance.grant("alice"));
    first.client.send("QUIT\n");
    REQUIRE(first.client.read_to_end() == "BYE\n");
    CHECK(instance.notice() == "HEARTH_STATE=bound");
    const auto wrong = instance.offer_gate(instance.grant("bob"));
    CHECK(wrong.reply() == OfferReply::wrong_user);
    check_closed_in_silence(wrong);
    CHECK(instance.notice() == "HEARTH_STATE=leaving\nHEARTH_REASON=wrong-user");
    CHECK(instance.exit_code() == 0);
}

TEST_CASE("the same user with another identity is STALE, and the worker leaves when its sessions have ended") {
    Instance instance(with(2));
    instance.start();
    const auto first = instance.offer_shared(instance.grant());
    REQUIRE(first.reply() == OfferReply::taken);
    CHECK(instance.notice() == "HEARTH_STATE=bound");
    auto changed = instance.grant();
    changed.identity.policy = {{"quota", "9M"}};
    const auto stale = instance.offer_gate(changed);
    CHECK(stale.reply() == OfferReply::stale);
    check_closed_in_silence(stale);
    CHECK(instance.notice() == "HEARTH_STATE=leaving\nHEARTH_REASON=stale");
    CHECK(instance.report_where([](const auto& r) { return r.leaving; }).sessions.size() == 1);
    CHECK_FALSE(instance.gate_is_open());
    first.client.send("ECHO still\nQUIT\n");
    CHECK(first.client.read_to_end() == "still\nBYE\n");
    CHECK(instance.exit_code() == 0);
}

TEST_CASE("an offer whose grant is gone is NO-GRANT, and the worker stays unbound and takes the next") {
    Instance instance;
    instance.start();
    const auto grant = instance.grant();
    const auto grant_fd = Instance::issue(grant);
    REQUIRE_FALSE(net::receive_message(grant_fd.get(), 8192)->bytes.empty()); // as login does when it reads it back
    const auto dead = Instance::offer(instance.connect_shared(), grant, grant_fd.get());
    CHECK(dead.reply() == OfferReply::no_grant);
    check_closed_in_silence(dead);
    CHECK(instance.offer_shared(grant).reply() == OfferReply::taken);
}

TEST_CASE(
    "an offer whose login is gone before TAKEN could be said: the client is closed in silence and counts no more") {
    Instance instance;
    instance.start();
    REQUIRE(::kill(instance.pid(), SIGSTOP) == 0);
    const auto grant = instance.grant();
    auto abandoned = instance.offer_shared(grant);
    const auto next = instance.offer_shared(instance.grant("bob"));
    abandoned.connection.reset();
    REQUIRE(::kill(instance.pid(), SIGCONT) == 0);
    check_closed_in_silence(abandoned);
    const auto report = instance.report_where([&](const auto& r) { return !r.ended.empty(); });
    CHECK(report.ended.front() == grant.session);
    CHECK(report.sessions.empty());
    CHECK(report.accepts);
    // What was queued behind it on the shared listener is another worker's.
    instance.start();
    CHECK(next.reply() == OfferReply::taken);
}

TEST_CASE("a grant is good for one of two offers that race for it") {
    Instance instance(with(200));
    instance.start();
    REQUIRE(instance.offer_shared(instance.grant()).reply() == OfferReply::taken);
    for (int round = 0; round < 50; ++round) {
        const auto grant = instance.grant();
        const auto grant_fd = Instance::issue(grant);
        const auto a = Instance::offer(instance.connect_gate(), grant, grant_fd.get());
        const auto b = Instance::offer(instance.connect_gate(), grant, grant_fd.get());
        std::array replies{a.reply(), b.reply()};
        std::sort(replies.begin(), replies.end());
        CHECK(replies[0] == OfferReply::taken);
        CHECK(replies[1] == OfferReply::no_grant);
    }
}

TEST_CASE("two workers that race for a grant: one takes it, the other finds it used up") {
    Instance instance;
    const std::array workers{instance.start(), instance.start()};
    const auto quit = [](const Offered& offered) {
        offered.client.send("QUIT\n");
        REQUIRE(offered.client.read_to_end() == "BYE\n");
    };
    for (int i = 0; i < 2; ++i) { // both become alice's
        const auto cold = instance.offer_shared(instance.grant());
        REQUIRE(cold.reply() == OfferReply::taken);
        quit(cold);
    }
    for (int round = 0; round < 50; ++round) {
        const auto grant = instance.grant();
        const auto grant_fd = Instance::issue(grant);
        const auto a = Instance::offer(instance.connect_gate(workers[0]), grant, grant_fd.get());
        const auto b = Instance::offer(instance.connect_gate(workers[1]), grant, grant_fd.get());
        const auto first = a.reply(), second = b.reply();
        CHECK((first == OfferReply::taken) != (second == OfferReply::taken));
        CHECK((first == OfferReply::no_grant) != (second == OfferReply::no_grant));
        quit(first == OfferReply::taken ? a : b);
    }
}

TEST_CASE(
    "0, 1 and 3 descriptors, a client that is no stream, garbage and half records are MALFORMED and harm nothing") {
    Instance instance;
    instance.start();
    const auto grant = instance.grant();
    const auto grant_fd = Instance::issue(grant);
    const Client client;
    protocol::Offer offer;
    offer.head.generation = 5;
    const auto record = protocol::encode(offer);
    const auto sent = [&](std::string_view bytes, std::vector<int> fds) {
        Offered offered;
        offered.connection = instance.connect_shared();
        net::send_message(offered.connection.get(), bytes, fds).value();
        return offered.reply();
    };
    const int c = client.server.get(), g = grant_fd.get();
    CHECK(sent(record, {}) == OfferReply::malformed);
    CHECK(sent(record, {c}) == OfferReply::malformed);
    CHECK(sent(record, {c, g, g}) == OfferReply::malformed);
    CHECK(sent(record, {g, c}) == OfferReply::malformed);
    CHECK(sent(record.substr(0, record.size() / 2), {c, g}) == OfferReply::malformed);
    CHECK(sent(record + "x", {c, g}) == OfferReply::malformed);
    CHECK(sent("hello", {c, g}) == OfferReply::malformed);
    CHECK(sent(std::string(protocol::offer_bytes_max + 1, 'x'), {c, g}) == OfferReply::malformed);
    CHECK(Instance::offer(instance.connect_shared(), grant, g).reply() == OfferReply::taken);
}

TEST_CASE("an offer whose opaque part is garbage is CANNOT; the worker is the user's then and takes the next") {
    Instance instance;
    instance.start();
    const auto grant = instance.grant();
    protocol::Offer offer;
    auto record = protocol::encode(offer);
    record[protocol::offer_head_bytes] = '\xff';
    Offered offered;
    offered.connection = instance.connect_shared();
    const auto grant_fd = Instance::issue(grant);
    const std::array fds{offered.client.server.get(), grant_fd.get()};
    net::send_message(offered.connection.get(), record, fds).value();
    offered.client.server.reset();
    CHECK(offered.reply() == OfferReply::cannot);
    check_closed_in_silence(offered);
    CHECK(instance.report().accepts);
    CHECK(instance.offer_gate(instance.grant()).reply() == OfferReply::taken);
}

TEST_CASE("a grant that auth didn't make is NO-GRANT") {
    if (!is_root()) {
        MESSAGE("not run: needs root to make a grant as somebody else");
        return;
    }
    Instance instance;
    instance.start();
    const auto grant = instance.grant();
    REQUIRE(::seteuid(login_uid) == 0);
    const auto forged = Instance::issue(grant);
    REQUIRE(::seteuid(0) == 0);
    CHECK(Instance::offer(instance.connect_shared(), grant, forged.get()).reply() == OfferReply::no_grant);
    CHECK(instance.offer_shared(grant).reply() == OfferReply::taken);
}

TEST_CASE("expired, misdirected and foreign-uid grants are CANNOT, and the worker stays unbound") {
    Instance instance;
    instance.start();
    auto expired = instance.grant();
    expired.expires = Clock::now();
    CHECK(instance.offer_shared(expired).reply() == OfferReply::cannot);
    auto misdirected = instance.grant();
    misdirected.service = "jmap";
    CHECK(instance.offer_shared(misdirected).reply() == OfferReply::cannot);
    auto foreign = instance.grant();
    foreign.identity.uid += 1;
    CHECK(instance.offer_shared(foreign).reply() == OfferReply::cannot);
    foreign.identity.uid = 0;
    CHECK(instance.offer_shared(foreign).reply() == OfferReply::cannot);
    CHECK(instance.offer_shared(instance.grant("bob")).reply() == OfferReply::taken);
    CHECK(instance.report().user == "bob");
}
