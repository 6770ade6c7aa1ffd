// SPDX-License-Identifier: Apache-2.0
#include "front_fixture.hpp"
#include "protocol/service.hpp"

#include <csignal>
#include <sys/resource.h>
#include <unistd.h>

using namespace hearth;
using namespace hearth::login;
using namespace hearth::login::testing;
using protocol::OfferReply;
using protocol::anvil::Verdict;

namespace {

bool refuses_connections(std::uint16_t port) {
    const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0;
}

} // namespace

TEST_CASE("told to end, by signal or by the master's death: no more accepts, good-bye to who isn't logged in") {
    Bench bench;
    const auto client = bench.client();
    SUBCASE("SIGTERM") {
        ::kill(::getpid(), SIGTERM);
    }
    SUBCASE("life pipe") {
        bench.life.reset();
    }
    bench.expect(*client, "* BYE Server shutting down.\r\n");
    bench.expect_end(*client);
    CHECK(refuses_connections(bench.port));
    CHECK(bench.log().find("Disconnected: Shutting down (no auth attempts in 0 secs)") != std::string::npos);
}

TEST_CASE("a handover under way is finished before the process ends") {
    Bench bench;
    bench.listen(bench.own_gate());
    const auto client = bench.logged_in();
    bench.life.reset();
    bench.run_until([&] { return refuses_connections(bench.port); }, "the listener is closed");
    bench.route(bench.lookup_id, Verdict::candidates, {bench.own_pid()});
    auto offer = bench.take_offer(bench.own_gate());
    REQUIRE(offer.read_grant().has_value());
    offer.answer(OfferReply::taken);
    // Its links would be made again for ever, if they weren't taken back.
    bench.auth.hang_up(true);
    bench.anvil.hang_up(true);
    bench.run_until([&] { return bench.context.stopped(); }, "the event loop has nothing left");
    CHECK_FALSE(client->poll());
    CHECK(client->got == "");
}

TEST_CASE("retired by a reload: who is here may still log in") {
    Bench bench;
    const auto client = bench.client();
    bench.process->retire();
    bench.run_until([&] { return refuses_connections(bench.port); }, "the listener is closed");
    client->send("a LOGIN alice secret\r\n");
    const auto id = bench.auth_hears<protocol::auth::Begin>().id;
    bench.succeed(id);
    bench.lookup_id = bench.anvil_hears<protocol::anvil::Lookup>().id;
    bench.listen(bench.own_gate());
    bench.route(bench.lookup_id, Verdict::candidates, {bench.own_pid()});
    auto offer = bench.take_offer(bench.own_gate());
    REQUIRE(offer.read_grant().has_value());
    offer.answer(OfferReply::taken);
    // Its links would be made again for ever, if they weren't taken back.
    bench.auth.hang_up(true);
    bench.anvil.hang_up(true);
    bench.run_until([&] { return bench.context.stopped(); }, "the event loop has nothing left");
}

TEST_CASE("told to retire by two reloads at once: it ends, though the second signal comes in at its end") {
    Bench bench;
    ::kill(::getpid(), protocol::service::signal_retire());
    ::kill(::getpid(), protocol::service::signal_retire());
    bench.run_until([&] { return refuses_connections(bench.port); }, "the listener is closed");
    bench.auth.hang_up(true); // ours are in the same event loop
    bench.anvil.hang_up(true);
    bench.run_until([&] { return bench.context.stopped(); }, "the event loop has nothing left");
}

TEST_CASE("without descriptors the process waits for some, and doesn't spin") {
    Bench bench;
    rlimit old{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &old) == 0);
    const auto idle = bench.client();
    TestClient waiting(bench.port);
    // Descriptors up to the limit are taken: the next accept fails.
    std::vector<UniqueFd> taken;
    const rlimit low{std::min<rlim_t>(old.rlim_cur, 256), old.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
    for (;;) {
        UniqueFd fd(::dup(0));
        if (!fd) break;
        taken.push_back(std::move(fd));
    }
    const auto until = Clock::now() + 2 * Acceptor::pause;
    std::size_t turns = 0;
    while (Clock::now() < until)
        turns += bench.context.run_one_for(std::chrono::milliseconds(50));
    CHECK(turns < 50);
    taken.clear();
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &old) == 0);
    bench.expect(waiting, "* OK");
    bench.expect(*idle, "* BYE [UNAVAILABLE]"); // it made room
    const auto log = bench.log();
    const auto first = log.find("Too many open files");
    REQUIRE(first != std::string::npos);
    CHECK(log.find("Too many open files", first + 1) == std::string::npos);
}
