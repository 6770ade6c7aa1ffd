// SPDX-License-Identifier: Apache-2.0
#include "worker/session_state.hpp"
#include "base/text.hpp"
#include "net/with_deadline.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <sys/socket.h>

namespace hearth::worker {

namespace asio = boost::asio;
using asio::posix::stream_descriptor;

namespace {

error_code aborted() {
    return asio::error::operation_aborted;
}

} // namespace

Session::State::State(
    const asio::any_io_executor& given_executor, SessionFacts given_facts, std::string pipelined, UniqueFd client)
    : executor(given_executor),
      facts(std::move(given_facts)),
      held_(std::move(client)),
      client_(given_executor),
      pipelined_(std::move(pipelined)) {}

Session::State::~State() {
    wipe_memory();
}

Result<void> Session::State::begin() {
    error_code error;
    client_.assign(held_.get(), error);
    if (error) return error;
    (void)held_.release(); // client_ closes it
    return {};
}

void Session::State::end() {
    is_ending = true;
    interrupt();
}

void Session::State::interrupt() {
    error_code ignored;
    if (client_.is_open()) client_.cancel(ignored);
}

UniqueFd Session::State::release() {
    // release() takes the socket out of the poll set: another process may still hold it (an abandoned offer), and then
    // closing alone would leave it there.
    return client_.is_open() ? UniqueFd(client_.release()) : std::move(held_);
}

void Session::State::wipe_memory() {
    wipe(pipelined_);
    wipe(last_bytes);
    consumed_ = 0;
}

std::size_t Session::State::take_pipelined(std::span<char> out) {
    const auto size = std::min(out.size(), pipelined_.size() - consumed_);
    std::copy_n(pipelined_.data() + consumed_, size, out.data());
    consumed_ += size;
    if (consumed_ == pipelined_.size()) {
        wipe(pipelined_);
        consumed_ = 0;
    }
    return size;
}

asio::awaitable<Result<std::size_t>> Session::State::read_some(std::span<char> out) {
    const auto self = shared_from_this(); // whoever reads on when the session is over must not find it gone
    for (;;) {
        if (is_ending || !client_.is_open()) co_return aborted();
        if (out.empty()) co_return std::size_t{0};
        if (!pipelined_.empty()) co_return take_pipelined(out);
        const auto got = ::recv(client_.native_handle(), out.data(), out.size(), MSG_DONTWAIT);
        if (got > 0) co_return static_cast<std::size_t>(got);
        if (got == 0) co_return error_code(asio::error::eof);
        if (errno == EINTR) continue;
        if (errno != EAGAIN) co_return last_error();
        if (const auto error = co_await wait(stream_descriptor::wait_read)) co_return error;
    }
}

asio::awaitable<Result<void>> Session::State::wait_readable() {
    const auto self = shared_from_this();
    if (is_ending || !client_.is_open()) co_return aborted();
    if (!pipelined_.empty()) co_return Result<void>();
    if (const auto error = co_await wait(stream_descriptor::wait_read)) co_return error;
    if (is_ending) co_return aborted();
    co_return Result<void>();
}

asio::awaitable<Result<void>> Session::State::write(std::string_view bytes) {
    const auto self = shared_from_this();
    while (!bytes.empty()) {
        if (!client_.is_open()) co_return aborted();
        const auto sent = ::send(client_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
            continue;
        }
        if (errno == EINTR) continue;
        if (errno != EAGAIN) co_return last_error();
        if (const auto error = co_await wait_for_room()) co_return error;
    }
    co_return Result<void>();
}

asio::awaitable<error_code> Session::State::wait(stream_descriptor::wait_type what) {
    constexpr auto token = asio::as_tuple(asio::use_awaitable);
    const auto [error] = co_await client_.async_wait(what, token);
    co_return error;
}

asio::awaitable<error_code> Session::State::wait_for_room() {
    const bool was_ending = is_ending;
    const auto timeout = was_ending ? last_word_timeout : write_timeout;
    auto waiting = wait(stream_descriptor::wait_write);
    const auto result = co_await net::with_deadline(std::move(waiting), Clock::now() + timeout);
    if (!result) co_return error_code(asio::error::timed_out);
    // end() woke it: go on writing, with less patience.
    if (*result == aborted() && is_ending && !was_ending) co_return error_code();
    co_return *result;
}

} // namespace hearth::worker
