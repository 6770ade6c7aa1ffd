// SPDX-License-Identifier: Apache-2.0
#include "zygote_link.hpp"
#include "net/unix_socket.hpp"

#include <array>
#include <cerrno>
#include <sys/socket.h>
#include <vector>

namespace hearth::master {

ZygoteLinks::ZygoteLinks(boost::asio::any_io_executor executor, Handler handler)
    : executor_(std::move(executor)), handler_(std::move(handler)) {}

void ZygoteLinks::add(pid_t zygote, UniqueFd link) {
    auto made = std::make_shared<Link>(executor_, link.release());
    links_[zygote] = made;
    wait(zygote, made);
}

Result<void> ZygoteLinks::ask(pid_t zygote, const protocol::zygote::Order& order, std::span<const int> fds) {
    const auto found = links_.find(zygote);
    if (found == links_.end()) return error_code(ENOTCONN, boost::system::system_category());
    if (order.names.size() > protocol::zygote::names_bytes_max) return error_code(EMSGSIZE, boost::system::system_category());
    const auto sent = net::send_message(found->second->native_handle(), protocol::zygote::encode(order), fds);
    if (!sent) return sent.error();
    return {};
}

void ZygoteLinks::drain() {
    std::vector<std::pair<pid_t, std::shared_ptr<Link>>> all(links_.begin(), links_.end());
    for (const auto& [zygote, link] : all) receive(zygote, link);
}

// The end isn't acted upon: the zygote's death is told by SIGCHLD, and a link whose answers are read has no more to say.
void ZygoteLinks::wait(pid_t zygote, const std::shared_ptr<Link>& link) {
    const std::weak_ptr<Link> weak = link;
    link->async_wait(Link::wait_read, [this, zygote, weak](boost::system::error_code failure) {
        const auto live = weak.lock();
        if (failure || !live) return;
        if (receive(zygote, live)) wait(zygote, live);
    });
}

bool ZygoteLinks::receive(pid_t zygote, const std::shared_ptr<Link>& link) {
    std::array<char, sizeof(protocol::zygote::Answer) + 1> bytes{};
    for (int i = 0; i < answers_per_turn && link->is_open(); ++i) {
        const auto got = ::recv(link->native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (got < 0) return errno == EAGAIN || errno == EINTR;
        if (got == 0) return false;
        if (const auto answer = protocol::zygote::decode_answer({bytes.data(), static_cast<std::size_t>(got)}))
            handler_(zygote, *answer);
    }
    return true;
}

} // namespace hearth::master
