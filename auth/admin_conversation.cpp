// SPDX-License-Identifier: Apache-2.0
#include "admin_conversation.hpp"
#include "base/text.hpp"
#include "net/with_deadline.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <string.h>

namespace hearth::auth {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using Socket = asio::local::stream_protocol::socket;
using protocol::auth::Failure;

constexpr std::size_t line_bytes_max = 8192;
constexpr auto idle_time = std::chrono::seconds(60); // for the next line of a connection, and for reading our answer

std::string text_of(const json::object& request, std::string_view key) {
    const auto* value = request.if_contains(json::string_view(key.data(), key.size()));
    return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

std::string line(const json::object& object) {
    return json::serialize(object) + "\n";
}

std::string error_line(std::string_view sentence) {
    json::object object;
    object["error"] = json::string_view(sentence.data(), sentence.size());
    return line(object);
}

std::string answer(const json::object& object) {
    return line(object) + "{\"end\":true}\n";
}

json::object describe(const protocol::Identity& identity) {
    json::object object;
    object["user"] = identity.user;
    object["uid"] = identity.uid;
    object["gid"] = identity.gid;
    json::array groups;
    for (const auto group : identity.groups)
        groups.emplace_back(group);
    object["groups"] = std::move(groups);
    object["home"] = identity.home;
    object["mail"] = identity.mail_location;
    json::object policy;
    for (const auto& [key, value] : identity.policy)
        policy[key] = value;
    object["policy"] = std::move(policy);
    return object;
}

// As if the client sat on this machine, unless the request says otherwise.
Attempt attempt_of(const json::object& request) {
    Attempt attempt;
    attempt.service = text_of(request, "service");
    if (attempt.service.empty()) attempt.service = "imap";
    attempt.mechanism = "PLAIN";
    attempt.remote_ip = text_of(request, "ip");
    if (attempt.remote_ip.empty()) attempt.remote_ip = "127.0.0.1";
    attempt.local_ip = "127.0.0.1";
    return attempt;
}

asio::awaitable<std::string> test(Authenticator& authenticator, json::object request) {
    Credentials credentials;
    credentials.user = text_of(request, "user");
    credentials.password = Secret(text_of(request, "password"));
    if (auto* password = request.if_contains("password"); password != nullptr && password->is_string())
        ::explicit_bzero(password->as_string().data(), password->as_string().size());
    Attempt attempt = attempt_of(request);
    const auto outcome = co_await authenticator.authenticate(std::move(attempt), std::move(credentials));
    json::object object;
    const auto* refused = std::get_if<Refused>(&outcome);
    object["ok"] = refused == nullptr;
    object["reason"] = refused == nullptr ? "" : refused->refusal.reason;
    object["user"] = refused == nullptr ? std::get<protocol::Identity>(outcome).user : refused->user;
    co_return answer(object);
}

asio::awaitable<std::string> user(Authenticator& authenticator, json::object request) {
    Attempt attempt = attempt_of(request);
    auto outcome = co_await authenticator.identify(std::move(attempt), text_of(request, "user"));
    if (const auto* refused = std::get_if<Refused>(&outcome))
        co_return error_line(fmt::format("{}: {}", printable(refused->user, 128), refused->refusal.reason));
    co_return answer(describe(std::get<protocol::Identity>(outcome)));
}

asio::awaitable<std::string> respond(Authenticator& authenticator, std::string text) {
    boost::system::error_code error;
    auto value = json::parse(text, error);
    wipe(text);
    if (error || !value.is_object()) co_return error_line("not a JSON object");
    json::object request = std::move(value.as_object());
    const auto command = text_of(request, "cmd");
    if (command == "test") co_return co_await test(authenticator, std::move(request));
    if (command == "user") co_return co_await user(authenticator, std::move(request));
    if (command != "flush") co_return error_line("unknown command: test, user and flush are known");
    json::object object;
    object["flushed"] = authenticator.flush_cache();
    co_return answer(object);
}

// The next line without its end; nothing when the connection is over, is too slow, or the line too long.
asio::awaitable<std::string> read_line(Socket& socket, std::string& input) {
    const auto [error, size] = co_await asio::async_read_until(
        socket, asio::dynamic_buffer(input, line_bytes_max), '\n', asio::as_tuple(asio::use_awaitable));
    if (error) co_return std::string();
    std::string text = input.substr(0, size);
    explicit_bzero(input.data(), size);
    input.erase(0, size);
    co_return text;
}

asio::awaitable<bool> write_all(Socket& socket, std::string text) {
    const auto [error, size] =
        co_await asio::async_write(socket, asio::buffer(text), asio::as_tuple(asio::use_awaitable));
    co_return !error;
}

} // namespace

asio::awaitable<void> serve_administrator(UniqueFd descriptor, Authenticator& authenticator) {
    Socket socket(co_await asio::this_coro::executor, asio::local::stream_protocol(), descriptor.release());
    std::string input;
    for (;;) {
        auto text = co_await net::with_deadline(read_line(socket, input), Clock::now() + idle_time);
        if (!text || text->empty()) co_return;
        auto reply = co_await respond(authenticator, std::move(*text));
        const auto written = co_await net::with_deadline(write_all(socket, std::move(reply)), Clock::now() + idle_time);
        if (!written || !*written) co_return;
    }
}

} // namespace hearth::auth
