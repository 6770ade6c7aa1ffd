// SPDX-License-Identifier: Apache-2.0
#include "front_fixture.hpp"
#include "config/snapshot.hpp"
#include "net/spawn.hpp"

#include <sys/socket.h>

using namespace hearth;
using namespace hearth::login;
using namespace hearth::login::testing;
using protocol::auth::Begin;
using protocol::auth::Challenge;
using protocol::auth::Continue;
using protocol::auth::Done;
using protocol::auth::Failed;
using protocol::auth::Failure;
using namespace std::string_literals;

namespace {

void fail(Bench& bench, std::uint32_t id, Failure why) {
    bench.auth.send(encode(protocol::auth::Response(Failed{id, why, "alice", "the reason"})));
}

} // namespace

TEST_CASE("the greeting offers what works here, and the commands before login are answered") {
    Bench bench;
    TestClient client(bench.port);
    CHECK(bench.expect(client, "\r\n") ==
          "* OK [CAPABILITY IMAP4rev1 IMAP4rev2 SASL-IR LITERAL+ ID ENABLE IDLE AUTH=PLAIN AUTH=LOGIN] Hearth ready.\r\n");
    client.send("a CAPABILITY\r\nb NOOP\r\nc ID (\"name\" NIL)\nd STARTTLS\r\ne SELECT INBOX\r\nf LOGOUT\r\n");
    bench.expect(client, "* CAPABILITY IMAP4rev1 IMAP4rev2 SASL-IR LITERAL+ ID ENABLE IDLE AUTH=PLAIN AUTH=LOGIN\r\na OK ");
    bench.expect(client, "b OK NOOP completed.\r\n");
    bench.expect(client, "* ID (\"name\" \"Hearth\")\r\nc OK ID completed.\r\n");
    bench.expect(client, "d BAD TLS support isn't enabled.\r\n");
    bench.expect(client, "e BAD Unknown command, or not before login.\r\n");
    bench.expect(client, "* BYE Logging out\r\nf OK Logout completed.\r\n");
    bench.expect_end(client);
    CHECK(bench.log() ==
          "<6>\tAborted login (no auth attempts in 0 secs): user=<>, rip=127.0.0.1, lip=127.0.0.1, secured\n");
}

TEST_CASE("the settings of capabilities and ID hold before login") {
    const auto snapshot = config::Snapshot::parse("imap_capability=+XFOO -IDLE\nimap_id_send=name Mine\nimap_id_log=name\n"
                                                  "auth_mechanisms=plain\n");
    Bench bench([&](Settings& settings) {
        auto read = read_settings(snapshot.value());
        settings.capabilities = read.capabilities;
        settings.id_reply = read.id_reply;
        settings.id_fields_logged = read.id_fields_logged;
    });
    TestClient client(bench.port);
    CHECK(bench.expect(client, "\r\n")
              .starts_with("* OK [CAPABILITY IMAP4rev1 IMAP4rev2 SASL-IR LITERAL+ ID ENABLE XFOO AUTH=PLAIN"));
    client.send("a ID (\"name\" \"Some client\" \"os\" \"secret\")\r\n");
    bench.expect(client, "* ID (\"name\" \"Mine\")\r\na OK ID completed.\r\n");
    CHECK(bench.log().find("ID sent: name=Some client") != std::string::npos);
    CHECK(bench.log().find("secret") == std::string::npos);
}

TEST_CASE("every way to log in gives auth the same message") {
    for (const auto& [login, steps] :
        {std::pair("a LOGIN alice secret\r\n"s, 0), {"a LOGIN \"alice\" {6+}\r\nsecret\r\n"s, 0},
            {"a AUTHENTICATE PLAIN AGFsaWNlAHNlY3JldA==\r\n"s, 0}, {"a authenticate plain\r\n"s, 1}}) {
        CAPTURE(login);
        Bench bench;
        const auto client = bench.client();
        client->send(login);
        const auto begin = bench.auth_hears<Begin>();
        CHECK(begin.service == "imap");
        CHECK(begin.mechanism == "PLAIN");
        CHECK(begin.remote_ip == "127.0.0.1");
        CHECK(begin.local_port == bench.port);
        CHECK(begin.secured);
        auto message = begin.initial;
        if (steps == 1) {
            CHECK_FALSE(message.has_value());
            bench.auth.send(encode(protocol::auth::Response(Challenge{begin.id, ""})));
            bench.expect(*client, "+ \r\n");
            client->send("AGFsaWNlAHNlY3JldA==\r\n");
            message = bench.auth_hears<Continue>().data;
        }
        CHECK(message == "\0alice\0secret"s);
        fail(bench, begin.id, Failure::credentials);
        bench.expect(*client, "a NO [AUTHENTICATIONFAILED] Authentication failed.\r\n");
        CHECK(bench.auth_hears_done() == begin.id);
    }
}

TEST_CASE("AUTHENTICATE LOGIN asks twice, an empty initial response is \"=\", and * cancels") {
    Bench bench;
    const auto client = bench.client();
    client->send("a AUTHENTICATE LOGIN\r\n");
    const auto id = bench.auth_hears<Begin>().id;
    bench.auth.send(encode(protocol::auth::Response(Challenge{id, "Username:"})));
    bench.expect(*client, "+ VXNlcm5hbWU6\r\n");
    client->send("YWxpY2U=\r\n");
    CHECK(bench.auth_hears<Continue>().data == "alice");
    bench.auth.send(encode(protocol::auth::Response(Challenge{id, "Password:"})));
    bench.expect(*client, "+ UGFzc3dvcmQ6\r\n");
    client->send("*\r\n");
    bench.expect(*client, "a BAD Authentication aborted by client.\r\n");
    CHECK(bench.auth_hears_done() == id);

    client->send("b AUTHENTICATE PLAIN =\r\n");
    const auto begin = bench.auth_hears<Begin>();
    CHECK(begin.initial == "");
    fail(bench, begin.id, Failure::malformed);
    bench.expect(*client, "b NO [AUTHENTICATIONFAILED] Authentication failed.\r\n");
    bench.auth_hears_done();

    client->send("c AUTHENTICATE PLAIN no-base64\r\nd AUTHENTICATE GSSAPI\r\n");
    bench.expect(*client, "c BAD Invalid base64 data in initial response.\r\n");
    bench.expect(*client, "d NO Unsupported authentication mechanism.\r\n");
    CHECK(bench.auth.received.empty());
}

TEST_CASE("synchronising literals are asked for one by one") {
    Bench bench;
    const auto client = bench.client();
    client->send("a LOGIN {5}\r\n");
    bench.expect(*client, "+ OK\r\n");
    client->send("alice {6}\r\n");
    bench.expect(*client, "+ OK\r\n");
    client->send("secret\r\n");
    CHECK(bench.auth_hears<Begin>().initial == "\0alice\0secret"s);
}

TEST_CASE("wrong passwords are counted, and the line that fail2ban reads is written") {
    Bench bench;
    const auto client = bench.client();
    for (int i = 0; i < failed_logins_max; ++i) {
        client->send("a LOGIN alice wrong\r\n");
        fail(bench, bench.auth_hears<Begin>().id, Failure::credentials);
        bench.expect(*client, "a NO [AUTHENTICATIONFAILED] Authentication failed.\r\n");
        bench.auth_hears_done();
    }
    bench.expect(*client, "* BYE Too many failed authentication attempts.\r\n");
    bench.expect_end(*client);
    CHECK(bench.log() ==
          "<6>\tDisconnected: Too many failed authentication attempts (auth failed, 3 attempts in 0 secs): "
          "user=<alice>, method=PLAIN, rip=127.0.0.1, lip=127.0.0.1, secured\n");
}

TEST_CASE("a client that closes is logged with how far it got") {
    Bench bench;
    const auto client = bench.client();
    client->send("a LOGIN alice wrong\r\n");
    fail(bench, bench.auth_hears<Begin>().id, Failure::credentials);
    bench.expect(*client, "a NO");
    client->close();
    bench.run_until([&] { return bench.front->clients.size() == 0; }, "the client is gone");
    CHECK(bench.log() ==
          "<6>\tDisconnected (auth failed, 1 attempts in 0 secs): user=<alice>, method=PLAIN, rip=127.0.0.1, "
          "lip=127.0.0.1, secured\n");
}

TEST_CASE("bad commands end a connection") {
    Bench bench;
    const auto client = bench.client();
    client->send("a X\r\nb X\r\nc X\r\nd X\r\ne X\r\nf NOOP\r\n");
    CHECK(bench.expect(*client, "* BYE Too many invalid IMAP commands.\r\n").find("d BAD") != std::string::npos);
    bench.expect_end(*client);
    CHECK(bench.log().starts_with(
        "<6>\tDisconnected: Too many bad commands (no auth attempts in 0 secs): user=<>, rip="));
}

TEST_CASE("passwords aren't taken where they may not cross") {
    // Loopback is local unless the ends differ: another address of the loopback net stands for a remote one.
    Bench bench([](Settings& settings) { settings.mechanisms = {"PLAIN"}; });
    int fds[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
    auto remote = std::make_shared<Client>(
        bench.context.get_executor(), UniqueFd(fds[0]), Endpoints{"192.0.2.7", "192.0.2.1", 1, 2});
    UniqueFd mine(fds[1]);
    net::spawn(bench.context.get_executor(), talk_imap(*bench.front, std::move(remote)), "client");
    const std::string_view tries = "a LOGIN alice secret\r\nb AUTHENTICATE PLAIN AGFsaWNlAHNlY3JldA==\r\n";
    REQUIRE(::send(mine.get(), tries.data(), tries.size(), 0) > 0);
    std::string got;
    bench.run_until(
        [&] {
            char buffer[4096];
            const auto size = ::recv(mine.get(), buffer, sizeof buffer, MSG_DONTWAIT);
            if (size > 0) got.append(buffer, static_cast<std::size_t>(size));
            return got.find("b NO [PRIVACYREQUIRED]") != std::string::npos;
        },
        "both are refused");
    CHECK(got.starts_with("* OK [CAPABILITY IMAP4rev1 IMAP4rev2 SASL-IR LITERAL+ ID ENABLE IDLE LOGINDISABLED] "));
    CHECK(got.find("a NO [PRIVACYREQUIRED] Plaintext authentication disallowed") != std::string::npos);
    mine.reset();
    bench.run_until([&] { return bench.front->clients.size() == 0; }, "the client is gone");
    CHECK(bench.auth.received.empty());
    CHECK(bench.log().find("(tried to use disallowed plaintext auth): user=<>, rip=192.0.2.7, lip=192.0.2.1\n") !=
          std::string::npos);
}

TEST_CASE("auth dies: the client hears of a temporary failure, never of a wrong password, and may try again") {
    Bench bench;
    const auto client = bench.client();
    client->send("a LOGIN alice secret\r\n");
    bench.auth_hears<Begin>();
    bench.auth.hang_up();
    bench.expect(*client, "a NO [UNAVAILABLE] Temporary authentication failure. [");
    client->send("b LOGIN alice secret\r\n");
    const auto begin = bench.auth_hears<Begin>(); // the link is back by itself
    fail(bench, begin.id, Failure::disabled);
    bench.expect(*client, "b NO [CONTACTADMIN]");
    CHECK(bench.log().find("Temporary authentication failure [") != std::string::npos);
}

TEST_CASE("no auth at all is a temporary failure too, after some patience") {
    Bench bench;
    const auto client = bench.client();
    bench.auth.hang_up(true);
    bench.settle();
    client->send("a LOGIN alice secret\r\n");
    bench.expect(*client, "a NO [UNAVAILABLE] Temporary authentication failure. [");
    client->close();
    bench.run_until([&] { return bench.front->clients.size() == 0; }, "the client is gone");
    // Nothing that fail2ban would ban for.
    CHECK(
        bench.log().find("Disconnected (auth service reported temporary failure): user=<alice>") != std::string::npos);
}

TEST_CASE("more logins than auth takes at a time wait in turn") {
    Bench bench;
    std::vector<std::shared_ptr<TestClient>> clients;
    std::vector<std::uint32_t> ids;
    for (std::size_t i = 0; i <= AuthClient::open_max; ++i) {
        clients.push_back(bench.client());
        clients.back()->send("a LOGIN alice secret\r\n");
        if (i < AuthClient::open_max) ids.push_back(bench.auth_hears<Begin>().id);
    }
    bench.settle();
    CHECK(bench.auth.received.empty());
    fail(bench, ids.front(), Failure::credentials);
    bench.auth_hears<Done>(); // along with what the next one says
    ids.push_back(bench.auth_hears<Begin>().id);
    for (std::size_t i = 1; i < ids.size(); ++i)
        fail(bench, ids[i], Failure::credentials);
    for (auto& client : clients)
        bench.expect(*client, "a NO [AUTHENTICATIONFAILED]");
}

TEST_CASE("login_auth_timeout is a total, not a time per byte") {
    Bench bench([](Settings& settings) { settings.auth_timeout = std::chrono::milliseconds(300); });
    const auto start = Clock::now(); // before the client's own time begins
    auto next = start;
    const auto client = bench.client();
    bench.run_until(
        [&] {
            // A byte now and then, until shortly before the end.
            const auto now = Clock::now();
            if (now >= next && now < start + std::chrono::milliseconds(250)) {
                client->send("a");
                next = now + std::chrono::milliseconds(20);
            }
            return client->poll();
        },
        "the end");
    CHECK(client->got == "* BYE Disconnected for inactivity.\r\n");
    CHECK(Clock::now() - start < std::chrono::seconds(5));
    CHECK(bench.log().find("Disconnected: Inactivity (no auth attempts in 0 secs)") != std::string::npos);
}

TEST_CASE("at client_limit the oldest that isn't logged in makes room, one that is never does") {
    Bench bench([](Settings& settings) { settings.client_limit = 2; });
    bench.listen("imap");
    const auto user = bench.logged_in();
    const auto old = bench.client();
    const auto newer = bench.client();
    bench.expect(*old, "* BYE [UNAVAILABLE] Connection queue full");
    bench.run_until([&] { return old->poll(); }, "the end of the old one");
    newer->send("a NOOP\r\n");
    bench.expect(*newer, "a OK");

    newer->send("b LOGIN alice secret\r\n");
    const auto id = bench.auth_hears<Begin>().id;
    bench.succeed(id);
    const auto lookup = bench.anvil_hears<protocol::anvil::Lookup>().id;
    TestClient waiting(bench.port); // in the backlog: both are being handed over
    bench.settle();
    CHECK_FALSE(waiting.poll());
    CHECK(waiting.got == "");
    bench.route(lookup, protocol::anvil::Verdict::refused_user, {}, protocol::anvil::Cold::first, 10);
    bench.expect(*newer,
        "b NO [LIMIT] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)\r\n");
    newer->close();
    bench.expect(waiting, "* OK");
    bench.route(bench.lookup_id, protocol::anvil::Verdict::refused_queue);
    bench.expect(*user, "a NO [UNAVAILABLE]");
}
