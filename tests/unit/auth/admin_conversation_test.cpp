// SPDX-License-Identifier: Apache-2.0
#include "admin_conversation.hpp"
#include "bench.hpp"
#include "net/unix_socket.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>

using namespace hearth;
using namespace hearth::auth;
namespace asio = boost::asio;
using Socket = asio::local::stream_protocol::socket;

namespace {

// Sends one line and reads up to the line that ends the answer.
asio::awaitable<std::string> exchange(Socket& socket, std::string line) {
    line += '\n';
    co_await asio::async_write(socket, asio::buffer(line), asio::use_awaitable);
    std::string answer;
    while (answer.find("{\"end\":true}\n") == std::string::npos && answer.find("\"error\"") == std::string::npos)
        co_await asio::async_read_until(socket, asio::dynamic_buffer(answer), '\n', asio::use_awaitable);
    co_return answer;
}

struct Administrator : Bench {
    std::optional<Socket> socket;
    void connect() {
        auto ends = net::socket_pair(net::stream);
        REQUIRE(ends.has_value());
        socket.emplace(io, asio::local::stream_protocol(), ends->first.release());
        asio::co_spawn(io, serve_administrator(std::move(ends->second), authenticator()),
            [](std::exception_ptr escaped) { CHECK(escaped == nullptr); });
    }
    std::string ask(std::string line) { return run_until_done(io, exchange(*socket, std::move(line))); }
};

} // namespace

TEST_CASE("the administrator tests passwords, asks who a user is, and empties the cache") {
    Administrator administrator;
    administrator.add_users(
        "alice:secret:1000:1000::/home/alice::userdb_mail=maildir:~/M userdb_quota_rule=*:storage=1G\n");
    administrator.connect();
    CHECK(administrator.ask(R"({"cmd":"test","user":"Alice","password":"secret"})") ==
          "{\"ok\":true,\"reason\":\"\",\"user\":\"alice\"}\n{\"end\":true}\n");
    CHECK(administrator.ask(R"({"cmd":"test","user":"alice","password":"wrong"})")
              .find(R"({"ok":false,"reason":"password mismatch")") == 0);
    CHECK(
        administrator.ask(R"({"cmd":"user","user":"ALICE"})") ==
        "{\"user\":\"alice\",\"uid\":1000,\"gid\":1000,\"groups\":[],\"home\":\"/home/alice\",\"mail\":\"maildir:~/M\","
        "\"policy\":{\"quota_rule\":\"*:storage=1G\"}}\n{\"end\":true}\n");
    CHECK(administrator.ask(R"({"cmd":"user","user":"mallory"})") == "{\"error\":\"mallory: unknown user\"}\n");
    CHECK(administrator.ask(R"({"cmd":"flush"})") == "{\"flushed\":1}\n{\"end\":true}\n");
    CHECK(administrator.ask(R"({"cmd":"flush"})") == "{\"flushed\":0}\n{\"end\":true}\n");
}

TEST_CASE("requests that aren't any are answered with an error, and the connection stays") {
    Administrator administrator;
    administrator.connect();
    for (const auto* line : {"nonsense", "[]", "{}", R"({"cmd":"reboot"})", R"({"cmd":7})"}) {
        CAPTURE(line);
        CHECK(administrator.ask(line).find("{\"error\":") == 0);
    }
    CHECK(administrator.ask(R"({"cmd":"test"})").find("\"ok\":false") != std::string::npos);
}
