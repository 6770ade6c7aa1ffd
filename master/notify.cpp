// SPDX-License-Identifier: Apache-2.0
#include "notify.hpp"
#include "base/text.hpp"
#include "net/spawn.hpp"
#include "net/unix_socket.hpp"
#include "protocol/limits.hpp"
#include "protocol/service.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace hearth::master {

Notice parse_notice(std::string_view datagram) {
    namespace words = protocol::service;
    Notice notice;
    for (const auto line : split(datagram.substr(0, notice_bytes_max), '\n')) {
        if (line == "READY=1") notice.ready = true;
        else if (line == words::say_bound) notice.bound = true;
        else if (line == words::say_leaving) notice.leaving = true;
        else if (line == words::say_staying) notice.staying = true;
        else if (line == words::say_zygote) notice.zygote = true;
        else if (line.starts_with(words::key_hello)) notice.hello = parse_u64(line.substr(words::key_hello.size())).value_or(0);
        else if (line.starts_with(words::key_sequence)) {
            const auto value = parse_u64(line.substr(words::key_sequence.size()));
            notice.sequence = value && *value <= 0xffffffff ? static_cast<std::uint32_t>(*value) : 0;
        } else if (line.starts_with(words::key_memory)) {
            const auto value = parse_u64(line.substr(words::key_memory.size()));
            notice.memory_kib = value && *value <= 0xffffffff ? static_cast<std::uint32_t>(*value) : 0;
        } else if (line.starts_with(words::key_reason)) {
            notice.reason = printable(line.substr(words::key_reason.size()), protocol::reason_bytes_max);
        }
    }
    return notice;
}

NotifySocket::NotifySocket(boost::asio::any_io_executor executor, Handler handler)
    : executor_(std::move(executor)), handler_(std::move(handler)), socket_(executor_) {}

Result<void> NotifySocket::open(const std::string& path, mode_t mode) {
    auto made = net::listen_unix(path, net::datagram, mode, 0);
    if (!made) return made.error();
    if (const auto on = net::want_credentials(made->get()); !on) return on.error();
    socket_.assign(made->release());
    net::spawn(executor_, receive(), "notify socket");
    return {};
}

boost::asio::awaitable<void> NotifySocket::receive() {
    for (;;) {
        const auto [failure] = co_await socket_.async_wait(
            boost::asio::posix::stream_descriptor::wait_read, boost::asio::as_tuple(boost::asio::use_awaitable));
        if (failure) co_return;
        for (int i = 0; i < datagrams_per_turn && receive_one(); ++i) {}
        co_await boost::asio::post(executor_, boost::asio::use_awaitable);
    }
}

bool NotifySocket::receive_one() {
    const auto received = net::receive_message(socket_.native_handle(), notice_bytes_max);
    if (!received) return false;
    // Descriptors that come along (FDSTORE=1) are closed with `received`; a truncated message still has its sender.
    if (received->sender && !received->truncated) handler_(received->sender->pid, parse_notice(received->bytes));
    return true;
}

void NotifySocket::drain() {
    for (int i = 0; i < drained_max && receive_one(); ++i) {}
}

} // namespace hearth::master
