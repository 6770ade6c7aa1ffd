// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "acceptor.hpp"
#include "front.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace hearth::login {

/// A login process from its first accept to its end, whatever protocol it speaks. Ends when it is told to (SIGTERM), or
/// when the master is gone (end of file of the life pipe): no more accepts at once, clients that aren't logged in hear
/// good-bye, handovers that are under way are finished. `retire` (signal_retire, a reload) is gentler: who is here may
/// still log in, within login_auth_timeout.
class LoginProcess {
public:
    static constexpr auto end_timeout = std::chrono::seconds(10); ///< after SIGTERM; then it ends anyway

    /// `front` outlives it.
    LoginProcess(Front& front, UniqueFd life, std::map<std::string, UniqueFd> listeners, Dialogue dialogue);

    void start();
    /// Idempotent. When the last client is gone all of the process's work ends, and its io_context's run() with it.
    void retire();
    void end();

private:
    boost::asio::awaitable<void> watch_life();
    boost::asio::awaitable<void> watch_signals();
    boost::asio::awaitable<void> finish();
    void stop_accepting();

    Front& front_;
    boost::asio::posix::stream_descriptor life_;
    boost::asio::signal_set signals_;
    std::vector<std::unique_ptr<Acceptor>> acceptors_;
    Wakeup wakeup_;
    std::optional<Time> end_by_; // set: ending
    bool accepting_ = true;
    bool over_ = false; // no client is left, and none can come
};

} // namespace hearth::login
