// SPDX-License-Identifier: Apache-2.0
// The administrator's connections: a JSON object per line in, lines out. Bounded in number, line length and patience.
#include "admin_request.hpp"
#include "log/log.hpp"
#include "net/spawn.hpp"
#include "net/with_deadline.hpp"
#include "tracker.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

namespace hearth::anvil {
namespace {

namespace asio = boost::asio;
using Socket = asio::posix::stream_descriptor;

constexpr std::size_t admins_max = 16;
constexpr std::size_t line_bytes_max = 4096;
constexpr std::size_t workers_per_write = 256;
constexpr auto patience = std::chrono::seconds(60);

asio::awaitable<bool> read_line(Socket& socket, std::string& input, std::string& line) {
    auto buffer = asio::dynamic_buffer(input, line_bytes_max);
    auto reading = asio::async_read_until(socket, buffer, '\n', asio::as_tuple(asio::use_awaitable));
    const auto done = co_await net::with_deadline(std::move(reading), Clock::now() + patience);
    if (!done || std::get<0>(*done)) co_return false;
    const auto size = std::get<1>(*done);
    line = input.substr(0, size - 1);
    input.erase(0, size);
    co_return true;
}

asio::awaitable<bool> write_all(Socket& socket, const std::string& text) {
    auto writing = asio::async_write(socket, asio::buffer(text), asio::as_tuple(asio::use_awaitable));
    const auto done = co_await net::with_deadline(std::move(writing), Clock::now() + patience);
    co_return done && !std::get<0>(*done);
}

// A few hundred workers at a time, so that logins don't wait for a long list; who is gone meanwhile is left out.
asio::awaitable<bool> write_who(Socket& socket, const Ledger& ledger) {
    const auto pids = ledger.bound_pids();
    for (std::size_t at = 0; at < pids.size();) {
        std::string text;
        const auto now = Clock::now();
        for (const auto end = std::min(pids.size(), at + workers_per_write); at < end; ++at)
            if (const auto view = ledger.view(pids[at], now)) text += to_line(*view);
        const bool written = co_await write_all(socket, text);
        if (!written) co_return false;
    }
    co_return true;
}

std::string services_lines(const Ledger& ledger) {
    std::string text;
    for (const auto& service : ledger.services(Clock::now()))
        text += to_line(service);
    return text;
}

std::string sizing_lines(const Ledger& ledger) {
    std::string text;
    for (const auto& service : ledger.sizing())
        text += to_line(service);
    return text;
}

std::string top_lines(const Ledger& ledger, std::size_t limit) {
    std::string text;
    for (const auto& user : ledger.top(limit, Clock::now()))
        text += to_line(user);
    return text;
}

std::string kick(Tracker& tracker, const KickRequest& request) {
    const auto user = [&](std::string_view name) { return matches_mask(request.user, name); };
    const auto address = [&](std::string_view text) { return request.address.matches(text); };
    const auto kicks = tracker.ledger().sessions_of(user, address);
    for (const auto& one : kicks)
        if (!tracker.tell_master(one)) return error_line("the master isn't connected to anvil; try again");
    log::info("an administrator ends sessions: user={} sessions={}", request.user, kicks.size());
    return kicked_line(kicks.size()) + end_line();
}

} // namespace

asio::awaitable<void> Tracker::accept_admins() {
    for (;;) {
        auto connection = co_await admin_listener_.accept();
        if (!connection) co_return;
        if (admin_count_ >= admins_max) {
            log::warning("more than {} administrators are connected to anvil-admin: refused", admins_max);
            continue;
        }
        ++admin_count_;
        net::spawn(executor_, serve_admin(std::move(*connection)), "admin");
    }
}

asio::awaitable<void> Tracker::serve_admin(UniqueFd connection) {
    Socket socket(executor_, connection.release());
    std::string input, line;
    for (;;) {
        bool goes_on = co_await read_line(socket, input, line);
        if (!goes_on) break;
        catch_up();
        publish();
        const auto request = parse_admin_request(line);
        if (!request) {
            const auto text = error_line(request.error().text);
            goes_on = co_await write_all(socket, text);
        } else if (const auto* mask = std::get_if<KickRequest>(&*request)) {
            const auto text = kick(*this, *mask);
            goes_on = co_await write_all(socket, text);
        } else if (std::holds_alternative<StatsRequest>(*request)) {
            const auto text = stats_line(ledger_) + end_line();
            goes_on = co_await write_all(socket, text);
        } else if (std::holds_alternative<ServicesRequest>(*request)) {
            const auto text = services_lines(ledger_) + end_line();
            goes_on = co_await write_all(socket, text);
        } else if (std::holds_alternative<SizingRequest>(*request)) {
            const auto text = sizing_lines(ledger_) + end_line();
            goes_on = co_await write_all(socket, text);
        } else if (const auto* top = std::get_if<TopRequest>(&*request)) {
            const auto text = services_lines(ledger_) + top_lines(ledger_, top->limit) + end_line();
            goes_on = co_await write_all(socket, text);
        } else {
            goes_on = co_await write_who(socket, ledger_);
            const auto text = end_line();
            if (goes_on) goes_on = co_await write_all(socket, text);
        }
        if (!goes_on) break;
    }
    --admin_count_;
}

} // namespace hearth::anvil
