// SPDX-License-Identifier: Apache-2.0
#include "worker/last_bytes.hpp"
#include "base/result.hpp"
#include "base/text.hpp"
#include "net/with_deadline.hpp"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <sys/socket.h>

namespace hearth::worker {

namespace asio = boost::asio;
using asio::posix::stream_descriptor;

namespace {

constexpr int discard_rounds = 16; // of 4 KiB: a client that goes on sending gets its reset

asio::awaitable<error_code> writable(stream_descriptor& client) {
    constexpr auto token = asio::as_tuple(asio::use_awaitable);
    const auto [error] = co_await client.async_wait(stream_descriptor::wait_write, token);
    co_return error;
}

} // namespace

std::size_t send_at_once(int client, std::string_view bytes) {
    std::size_t done = 0;
    while (done < bytes.size()) {
        const auto sent = ::send(client, bytes.data() + done, bytes.size() - done, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent >= 0) {
            done += static_cast<std::size_t>(sent);
        } else if (errno == EAGAIN) {
            break;
        } else if (errno != EINTR) {
            return bytes.size();
        }
    }
    return done;
}

void hang_up(UniqueFd client) {
    if (!client) return;
    ::shutdown(client.get(), SHUT_RDWR);
    std::array<char, 4096> discarded{};
    for (int i = 0; i < discard_rounds; ++i)
        if (::recv(client.get(), discarded.data(), discarded.size(), MSG_DONTWAIT) <= 0) break;
}

asio::awaitable<void> send_rest(asio::any_io_executor executor, UniqueFd client, std::string rest, Time deadline) {
    stream_descriptor watched(executor);
    error_code error;
    watched.assign(client.get(), error);
    if (!error) (void)client.release(); // `watched` has it
    std::size_t done = 0;
    while (!error) {
        done += send_at_once(watched.native_handle(), std::string_view(rest).substr(done));
        if (done >= rest.size()) break;
        auto waiting = writable(watched);
        const auto ready = co_await net::with_deadline(std::move(waiting), deadline);
        if (!ready || *ready) break;
    }
    wipe(rest);
    if (watched.is_open()) client.reset(watched.release());
    hang_up(std::move(client));
}

} // namespace hearth::worker
