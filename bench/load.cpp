// SPDX-License-Identifier: Apache-2.0
// load: runs clicks against an IMAP server on loopback and prints one JSON line: sessions, failures, seconds, and the
// latency of a whole click in milliseconds (p50, p99, max). Each client has users of its own, one click after another.
#include "base/clock.hpp"
#include "net/spawn.hpp"
#include "script.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <vector>

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace hearth;

namespace {

struct Options {
    unsigned short port = 143;
    int clients = 4, sessions = 1000, users = 1;
    std::string prefix = "user", password = "secret";
};

struct Result {
    std::vector<double> milliseconds;
    int failures = 0;
    std::size_t bytes = 0;
};

class Click {
public:
    Click(asio::any_io_executor executor, const Options& options) : socket_(executor), options_(options) {}

    asio::awaitable<std::size_t> run(std::string user) {
        const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), options_.port);
        co_await socket_.async_connect(endpoint, asio::use_awaitable);
        socket_.set_option(tcp::no_delay(true));
        co_await answer("*");
        const auto login = bench::login_line(user, options_.password);
        co_await send(login);
        co_await answer("a");
        for (const auto& command : bench::click) {
            co_await send(command.line);
            co_await answer(command.tag);
        }
        co_return total_;
    }

private:
    asio::awaitable<void> send(std::string_view text) {
        co_await asio::async_write(socket_, asio::buffer(text), asio::use_awaitable);
    }
    asio::awaitable<void> answer(std::string_view tag) {
        input_.clear();
        while (!bench::ends_with_tagged_line(input_, tag)) {
            const auto got = co_await socket_.async_read_some(asio::buffer(buffer_), asio::use_awaitable);
            input_.append(buffer_.data(), got);
            total_ += got;
        }
        const auto line = input_.substr(input_.rfind("\r\n", input_.size() - 3) == std::string::npos ? 0 : input_.rfind("\r\n", input_.size() - 3) + 2);
        if (tag != "*" && line.substr(tag.size() + 1, 2) != "OK") throw std::runtime_error("refused: " + line);
    }
    tcp::socket socket_;
    const Options& options_;
    std::string input_;
    std::size_t total_ = 0;
    std::array<char, 65536> buffer_{};
};

asio::awaitable<void> client(const Options& options, int number, int& left, Result& result) {
    auto executor = co_await asio::this_coro::executor;
    for (int round = 0; left > 0; ++round) {
        --left;
        const int user = (number + round * options.clients) % options.users;
        const auto begin = Clock::now();
        try {
            Click click(executor, options);
            auto name = options.users == 1 ? options.prefix : fmt::format("{}{:03}", options.prefix, user);
            result.bytes += co_await click.run(std::move(name));
            result.milliseconds.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
        } catch (const std::exception& error) {
            if (result.failures++ == 0) fmt::print(stderr, "first failure: {}\n", error.what());
        }
    }
}

double quantile(const std::vector<double>& sorted, double q) {
    return sorted.empty() ? 0 : sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(q * static_cast<double>(sorted.size())))];
}

} // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App app("runs clicks against an IMAP server on loopback");
    app.add_option("--port", options.port)->required();
    app.add_option("--clients", options.clients, "clicks at the same time");
    app.add_option("--sessions", options.sessions);
    app.add_option("--users", options.users, "1: --prefix is the name; else prefix000, prefix001, ...");
    app.add_option("--prefix", options.prefix);
    app.add_option("--password", options.password);
    CLI11_PARSE(app, argc, argv);

    asio::io_context io(1);
    Result result;
    int left = options.sessions;
    const auto begin = Clock::now();
    for (int number = 0; number < options.clients; ++number)
        net::spawn(io.get_executor(), client(options, number, left, result), "client");
    io.run();
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    std::sort(result.milliseconds.begin(), result.milliseconds.end());
    fmt::print("{{\"sessions\":{},\"failures\":{},\"seconds\":{:.3f},\"p50\":{:.3f},\"p99\":{:.3f},\"max\":{:.3f},\"bytes\":{}}}\n",
        result.milliseconds.size(), result.failures, seconds, quantile(result.milliseconds, 0.5),
        quantile(result.milliseconds, 0.99), quantile(result.milliseconds, 1), result.bytes);
    return result.failures == 0 ? 0 : 1;
}
