// SPDX-License-Identifier: Apache-2.0
// Both ends of login's stream in one test: the conversation on one, a scripted login on the other.
#include "bench.hpp"
#include "conversation.hpp"
#include "net/unix_socket.hpp"
#include "protocol/grant.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace hearth;
using namespace hearth::auth;
using namespace hearth::protocol::auth;
using namespace std::string_literals;
namespace asio = boost::asio;

namespace {

const protocol::Key key{1, 2, 3, 4};

struct Answered {
    std::optional<Response> response; ///< nothing: the stream ended
    UniqueFd fd;
};

asio::awaitable<Answered> read(net::FrameStream& stream) {
    Answered answered;
    auto frame = co_await stream.read();
    if (!frame) co_return answered;
    answered.response = decode_response(frame->bytes);
    answered.fd = std::move(frame->fd);
    co_return answered;
}

struct Wire : Bench {
    GrantMaker grants{key, 5};
    std::unique_ptr<net::FrameStream> login;
    std::shared_ptr<Conversation> conversation;
    bool ended = false;

    void connect() {
        auto ends = net::socket_pair(net::stream);
        REQUIRE(ends.has_value());
        login = std::make_unique<net::FrameStream>(io.get_executor(), std::move(ends->first));
        conversation = std::make_shared<Conversation>(
            io.get_executor(), std::move(ends->second), settings, authenticator(), grants);
        asio::co_spawn(io, Conversation::run(conversation), [this](std::exception_ptr escaped) {
            CHECK(escaped == nullptr);
            ended = true;
        });
    }
    void say(const Request& request) { login->send(encode(request)); }
    Answered next() { return run_until_done(io, read(*login)); }
    Begin begin(std::uint32_t id, std::optional<std::string> initial) {
        Begin message;
        message.id = id;
        message.service = "imap";
        message.mechanism = "PLAIN";
        message.remote_ip = "127.0.0.1";
        message.local_ip = "127.0.0.1";
        message.initial = std::move(initial);
        return message;
    }
    template <class T> T expect(Answered& answered) {
        REQUIRE(answered.response.has_value());
        if (const auto* failed = std::get_if<Failed>(&*answered.response);
            failed != nullptr && !std::is_same_v<T, Failed>)
            FAIL(failed->reason);
        REQUIRE(std::holds_alternative<T>(*answered.response));
        return std::get<T>(*answered.response);
    }
    template <class T> T expect() {
        auto answered = next();
        return expect<T>(answered);
    }
    void expect_hangup() {
        const auto answered = next();
        CHECK_FALSE(answered.response.has_value());
        CHECK(ended);
    }
};

// Reads a grant as a worker does, and proves that it can be read once.
protocol::Grant read_grant(const UniqueFd& fd) {
    int type = 0;
    socklen_t size = sizeof type;
    REQUIRE(::getsockopt(fd.get(), SOL_SOCKET, SO_TYPE, &type, &size) == 0);
    CHECK(type == SOCK_SEQPACKET);
    const auto peer = net::peer_credentials(fd.get());
    REQUIRE(peer.has_value());
    CHECK(peer->uid == ::geteuid());
    auto record = net::receive_message(fd.get(), protocol::grant_bytes_max);
    REQUIRE(record.has_value());
    CHECK_FALSE(record->truncated);
    const auto end = net::receive_message(fd.get(), protocol::grant_bytes_max);
    REQUIRE(end.has_value());
    CHECK(end->bytes.empty());
    auto grant = protocol::decode_grant(record->bytes);
    REQUIRE(grant.has_value());
    return *grant;
}

const std::string users =
    "alice:secret:1000:1000::/home/alice::userdb_mail=maildir:~/M\nbob:other:1001:1001\nroot:x:0:0\n";

} // namespace

TEST_CASE("a login gets a grant that holds the identity, once, with a tag that anvil can check") {
    Wire wire;
    wire.add_users(users);
    wire.connect();
    wire.say(wire.begin(1, "\0Alice\0secret"s));
    auto answered = wire.next();
    const auto succeeded = wire.expect<Succeeded>(answered);
    CHECK(succeeded.id == 1);
    CHECK(succeeded.user == "alice");
    CHECK(succeeded.uid == 1000);
    CHECK(succeeded.generation == 5);
    REQUIRE(answered.fd);
    const auto grant = read_grant(answered.fd);
    CHECK(grant.service == "imap");
    CHECK(grant.identity.user == "alice");
    CHECK(grant.identity.mail_location == "maildir:~/M");
    CHECK(grant.session == succeeded.session);
    CHECK(grant.generation == 5);
    CHECK(grant.expires > Clock::now());
    CHECK(grant.expires <= Clock::now() + protocol::grant_lifetime);
    CHECK(protocol::identity_hash("imap", grant.identity) == succeeded.identity);
    CHECK(protocol::equal_tags(grant.tag, protocol::identity_tag(key, "imap", succeeded.identity, "alice")));
    CHECK_FALSE(protocol::equal_tags(grant.tag, protocol::identity_tag(key, "jmap", succeeded.identity, "alice")));
}

TEST_CASE("a finished authentication gives three more grants with the same session and no further password check") {
    Wire wire;
    wire.add_users(users);
    wire.connect();
    wire.say(wire.begin(1, "\0alice\0secret"s));
    const auto succeeded = wire.expect<Succeeded>();
    for (int i = 0; i < 3; ++i) {
        wire.say(Regrant{1});
        auto answered = wire.next();
        CHECK(wire.expect<Granted>(answered).id == 1);
        CHECK(read_grant(answered.fd).session == succeeded.session);
    }
    wire.say(Regrant{1});
    CHECK(wire.expect<Failed>().why == Failure::expired);
    CHECK(wire.checked_against.size() == 1);
}

TEST_CASE("no grant after Done, for an unknown id, or for one that isn't finished") {
    Wire wire;
    wire.add_users(users);
    wire.connect();
    wire.say(wire.begin(1, "\0alice\0secret"s));
    wire.expect<Succeeded>();
    wire.say(Done{1});
    wire.say(Regrant{1});
    CHECK(wire.expect<Failed>().why == Failure::expired);
    wire.say(Regrant{99});
    CHECK(wire.expect<Failed>().why == Failure::expired);
    wire.say(wire.begin(2, std::nullopt));
    wire.expect<Challenge>();
    wire.say(Regrant{2});
    CHECK(wire.expect<Failed>().why == Failure::expired);
}

TEST_CASE("an id means nothing on another login's stream") {
    Wire wire;
    wire.add_users(users);
    wire.connect();
    wire.say(wire.begin(1, "\0alice\0secret"s));
    wire.expect<Succeeded>();
    const auto first = std::move(wire.login);
    const auto first_conversation = std::move(wire.conversation);
    wire.connect();
    wire.say(Regrant{1});
    CHECK(wire.expect<Failed>().why == Failure::expired);
    wire.say(wire.begin(1, "\0bob\0other"s));
    CHECK(wire.expect<Succeeded>().user == "bob");
}

TEST_CASE("challenges are answered step by step") {
    Wire wire;
    wire.add_users(users);
    wire.connect();
    auto begin = wire.begin(3, std::nullopt);
    begin.mechanism = "login";
    wire.say(begin);
    CHECK(wire.expect<Challenge>().data == "Username:");
    wire.say(Continue{3, "alice"});
    CHECK(wire.expect<Challenge>().data == "Password:");
    wire.say(Continue{3, "secret"});
    CHECK(wire.expect<Succeeded>().user == "alice");
    wire.say(wire.begin(4, std::nullopt));
    CHECK(wire.expect<Challenge>().data.empty());
    wire.say(Continue{4, "\0bob\0other"s});
    CHECK(wire.expect<Succeeded>().user == "bob");
}

TEST_CASE("wrong password and unknown user read the same, and the id is free again") {
    Wire wire;
    wire.add_users(users);
    wire.connect();
    wire.say(wire.begin(1, "\0alice\0wrong"s));
    const auto wrong = wire.expect<Failed>();
    wire.say(wire.begin(1, "\0mallory\0wrong"s));
    const auto unknown = wire.expect<Failed>();
    CHECK(wrong.why == Failure::credentials);
    CHECK(unknown.why == wrong.why);
    CHECK(unknown.reason == wrong.reason);
    wire.say(wire.begin(1, "\0root\0x"s));
    CHECK(wire.expect<Failed>().why == Failure::disabled);
}

TEST_CASE("failures wait for auth_failure_delay and block nobody") {
    Wire wire;
    constexpr auto delay = std::chrono::milliseconds(1000);
    wire.settings.failure_delay = delay;
    wire.add_users(users);
    wire.connect();
    const auto start = Clock::now();
    wire.say(wire.begin(1, "\0alice\0wrong"s));
    wire.say(wire.begin(2, "\0mallory\0wrong"s));
    wire.say(wire.begin(3, "\0alice\0secret"s));
    CHECK(wire.expect<Succeeded>().id == 3);
    wire.expect<Failed>();
    CHECK(Clock::now() - start >= delay);
    wire.expect<Failed>();
}

TEST_CASE("a login that said Done during the delay hears nothing of it, and may use the id at once") {
    Wire wire;
    wire.settings.failure_delay = std::chrono::milliseconds(100);
    wire.add_users(users);
    wire.connect();
    wire.say(wire.begin(1, "\0alice\0wrong"s));
    wire.say(Done{1});
    wire.say(wire.begin(1, "\0alice\0secret"s));
    CHECK(wire.expect<Succeeded>().id == 1);
    wire.say(wire.begin(2, "\0bob\0wrong"s));
    CHECK(wire.expect<Failed>().id == 2); // the first one's answer would have come before
}

TEST_CASE("passwords without TLS are refused from afar, but not from this machine or a trusted network") {
    Wire wire;
    wire.settings.trusted_networks = {"203.0.113.0/24"};
    wire.add_users(users);
    wire.connect();
    auto begin = wire.begin(1, "\0alice\0secret"s);
    begin.remote_ip = "192.0.2.1";
    wire.say(begin);
    const auto failed = wire.expect<Failed>();
    CHECK(failed.why == Failure::mechanism);
    CHECK(failed.reason.find("disable_plaintext_auth") != std::string::npos);
    CHECK(wire.checked_against.empty());
    begin.secured = true;
    wire.say(begin);
    wire.expect<Succeeded>();
    begin = wire.begin(2, "\0alice\0secret"s);
    begin.remote_ip = "203.0.113.9";
    wire.say(begin);
    wire.expect<Succeeded>();
    begin = wire.begin(3, "\0alice\0secret"s);
    begin.remote_ip = begin.local_ip = "192.0.2.2";
    wire.say(begin);
    wire.expect<Succeeded>();
}

TEST_CASE("mechanisms that are not offered, and messages that aren't theirs, fail at once") {
    Wire wire;
    wire.settings.mechanisms = {"PLAIN"};
    wire.add_users(users);
    wire.connect();
    auto begin = wire.begin(1, std::nullopt);
    begin.mechanism = "LOGIN";
    wire.say(begin);
    CHECK(wire.expect<Failed>().why == Failure::mechanism);
    begin.mechanism = "SCRAM-SHA-256";
    wire.say(begin);
    CHECK(wire.expect<Failed>().why == Failure::mechanism);
    wire.say(wire.begin(1, "alice secret"s));
    CHECK(wire.expect<Failed>().why == Failure::malformed);
    wire.say(Continue{77, "x"});
    CHECK(wire.expect<Failed>().why == Failure::malformed);
}

TEST_CASE("overload is temporary, never a wrong password") {
    Wire wire;
    wire.queue_limit = 0;
    wire.add_users(users);
    wire.connect();
    wire.say(wire.begin(1, "\0alice\0secret"s));
    CHECK(wire.expect<Failed>().why == Failure::temporary);
}

TEST_CASE("more than 256 open authentications are a temporary failure for the next one") {
    Wire wire;
    wire.add_users(users);
    wire.connect();
    for (std::uint32_t id = 0; id < open_authentications_max; ++id)
        wire.say(wire.begin(id, std::nullopt));
    for (std::uint32_t id = 0; id < open_authentications_max; ++id)
        wire.expect<Challenge>();
    wire.say(wire.begin(1000, std::nullopt));
    CHECK(wire.expect<Failed>().why == Failure::temporary);
    wire.say(Done{7});
    wire.say(wire.begin(1000, std::nullopt));
    CHECK(wire.expect<Challenge>().id == 1000);
}

TEST_CASE("a login that breaks the protocol loses its stream") {
    Wire wire;
    wire.add_users(users);
    SUBCASE("by a frame that is no message") {
        wire.connect();
        wire.login->send("nonsense");
        wire.expect_hangup();
    }
    SUBCASE("by using an id twice") {
        wire.connect();
        wire.say(wire.begin(1, std::nullopt));
        wire.expect<Challenge>();
        wire.say(wire.begin(1, std::nullopt));
        wire.expect_hangup();
    }
    SUBCASE("by going on with what has all it needs") {
        wire.connect();
        wire.say(wire.begin(1, "\0alice\0secret"s));
        wire.expect<Succeeded>();
        wire.say(Continue{1, "more"});
        wire.expect_hangup();
    }
    SUBCASE("by a service that can't be one") {
        wire.connect();
        auto begin = wire.begin(1, std::nullopt);
        begin.service = "im ap";
        wire.say(begin);
        wire.expect_hangup();
    }
    SUBCASE("by sending a descriptor") {
        wire.connect();
        wire.login->send(encode(Request(Regrant{1})), UniqueFd(::dup(0)));
        wire.expect_hangup();
    }
}

TEST_CASE("a check that outlives its stream is answered to nobody") {
    Wire wire;
    wire.settings.failure_delay = std::chrono::milliseconds(20);
    wire.add_users(users);
    wire.connect();
    wire.say(wire.begin(1, "\0alice\0secret"s));
    wire.say(wire.begin(2, "\0alice\0wrong"s));
    wire.login->close();
    wire.conversation.reset();
    wire.io.restart();
    wire.io.run_for(std::chrono::seconds(10)); // ends when nothing is left to do
    CHECK(wire.ended);
    CHECK(wire.io.stopped());
}
