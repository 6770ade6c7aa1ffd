// SPDX-License-Identifier: Apache-2.0
// The master's link: it asks for idle workers; demands and kicks are pushed to it.
#include "log/log.hpp"
#include "net/spawn.hpp"
#include "net/unix_socket.hpp"
#include "protocol/limits.hpp"
#include "tracker.hpp"

#include <algorithm>

namespace hearth::anvil {

boost::asio::awaitable<void> Tracker::accept_master() {
    for (;;) {
        auto connection = co_await master_listener_.accept();
        if (!connection) co_return;
        const auto peer = net::peer_credentials(connection->get());
        if (!peer || peer->pid != master_pid_) {
            log::warning("security: a process that isn't the master connected to anvil-master: closed pid={} uid={}",
                peer ? peer->pid : 0, peer ? peer->uid : 0);
            continue;
        }
        auto stream = std::make_shared<net::FrameStream>(executor_, std::move(*connection));
        if (master_) master_->close(); // the master has one link; a new one means that it gave up the old
        master_ = stream;
        ledger_.forget_told_demands();
        publish();
        net::spawn(executor_, serve_master(std::move(stream)), "master");
    }
}

boost::asio::awaitable<void> Tracker::serve_master(std::shared_ptr<net::FrameStream> stream) {
    for (;;) {
        auto frame = co_await stream->read();
        if (!frame) break;
        catch_up();
        const auto message = wire::decode_master_message(frame->bytes);
        if (!message) {
            log::error("the master sent what is no message: its link is closed");
            break;
        }
        const auto& question = std::get<wire::Evictable>(*message);
        const auto count = std::min<std::size_t>(question.count, protocol::pids_per_message_max);
        wire::Evictees answer{question.id, ledger_.evictable(question.service, count, Clock::now())};
        stream->send(wire::encode(wire::MasterPush(std::move(answer))));
        publish();
    }
    stream->close();
    if (master_ == stream) master_.reset();
}

} // namespace hearth::anvil
