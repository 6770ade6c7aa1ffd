// SPDX-License-Identifier: Apache-2.0
#include "anvil_client.hpp"
#include "log/log.hpp"

namespace hearth::login {

using namespace protocol::anvil;

AnvilClient::AnvilClient(boost::asio::any_io_executor executor, std::string path)
    : link_(std::move(executor), std::move(path),
          PeerLink::Events{[] {}, [this](net::Frame frame) { return on_frame(frame); }, [this] { on_lost(); }}) {}

std::optional<std::uint32_t> AnvilClient::lookup(Lookup request, Receiver receiver) {
    if (!link_.is_up()) return std::nullopt;
    if (next_probe_) {
        const auto now = Clock::now();
        if (now < *next_probe_) return std::nullopt;
        next_probe_ = now + probe_interval;
    }
    do
        ++last_id_;
    while (last_id_ == 0 || lookups_.contains(last_id_));
    request.id = last_id_;
    lookups_.emplace(request.id, std::move(receiver));
    const auto id = request.id;
    say(std::move(request));
    if (!link_.is_up()) { // the send found the stream broken; its reader is told later
        lookups_.erase(id);
        return std::nullopt;
    }
    return id;
}

void AnvilClient::none_took(std::uint32_t id) {
    say(NoneTook{id});
}

void AnvilClient::cancel(std::uint32_t id) {
    if (lookups_.erase(id) != 0) say(Cancel{id});
}

void AnvilClient::abandon(std::uint32_t id) {
    if (!next_probe_) log::warning("anvil doesn't answer; logins go to new workers until it does");
    next_probe_ = Clock::now() + probe_interval;
    cancel(id);
}

void AnvilClient::silent(std::uint32_t pid) {
    say(Silent{pid});
}

bool AnvilClient::on_frame(const net::Frame& frame) {
    auto route = decode_route(frame.bytes);
    if (!route || frame.fd) return false;
    if (next_probe_) log::info("anvil answers again");
    next_probe_.reset();
    const auto found = lookups_.find(route->id);
    if (found == lookups_.end()) return true; // answered after it was given up
    const auto receiver = found->second;      // a copy: it may end the lookup
    receiver(std::move(route));
    return true;
}

void AnvilClient::on_lost() {
    const auto lost = std::exchange(lookups_, {});
    for (const auto& [id, receiver] : lost)
        receiver(std::nullopt);
}

} // namespace hearth::login
