// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/unique_fd.hpp"
#include "front.hpp"
#include "wakeup.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <string>

namespace hearth::login {

/// Accepts clients from one listener and starts their dialogues, until stop(). The listener is the master's: only our
/// descriptor is closed.
class Acceptor {
public:
    static constexpr int accepts_per_wakeup = 16;
    /// After the kernel had no descriptor or memory for a client; also tried again when one leaves.
    static constexpr auto pause = std::chrono::milliseconds(200);
    static constexpr auto log_interval = std::chrono::seconds(60);

    /// `front` outlives it; it outlives its run.
    Acceptor(Front& front, std::string name, UniqueFd listener, Dialogue dialogue);
    void start();
    void stop();

private:
    enum class Step : unsigned char { more, drained, full, failed };

    boost::asio::awaitable<void> run();
    boost::asio::awaitable<void> wait_for_room(std::optional<Time> until);
    Step accept_one();
    void complain(const std::string& why);

    Front& front_;
    std::string name_;
    boost::asio::posix::stream_descriptor listener_;
    Dialogue dialogue_;
    Wakeup wakeup_;
    bool stopping_ = false;
    std::optional<Time> complained_;
};

} // namespace hearth::login
