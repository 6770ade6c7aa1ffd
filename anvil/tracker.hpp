// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ledger.hpp"
#include "listener.hpp"
#include "net/frame_stream.hpp"
#include "report_socket.hpp"

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>

namespace hearth::anvil {

/// What main() took from the master.
struct Setup {
    Ledger::Options ledger;
    pid_t master_pid = 0;
    UniqueFd report, login, master, admin; ///< the datagram socket and the three listeners
};

/// Anvil's shell: the ledger behind its four sockets. The connections' coroutines call ledger() between catch_up() and
/// publish(). Outlives its connections' work: stop the io_context before it goes.
class Tracker {
public:
    Tracker(boost::asio::any_io_executor executor, Setup setup);

    /// Serves until stop_listening(); returns at once.
    void start();
    /// The master is gone: no new connections; those that are open are served on.
    void stop_listening();
    [[nodiscard]] std::size_t login_count() const { return logins_.size(); }
    /// Called when the last login's stream has ended.
    void when_no_login_is_left(std::function<void()> callback);

    [[nodiscard]] Ledger& ledger() { return ledger_; }
    /// Applies every report that was sent before now. A stream's message must be read first, then this, then it is
    /// answered: else the answer may miss what the sender knew when it asked.
    void catch_up();
    /// Sends what the ledger has to say, and sets the timer for what it will say later.
    void publish();
    /// False when no master is connected.
    bool tell_master(const wire::MasterPush& message);

private:
    boost::asio::awaitable<void> serve_reports();
    boost::asio::awaitable<void> accept_logins();
    boost::asio::awaitable<void> accept_master();
    boost::asio::awaitable<void> accept_admins();
    boost::asio::awaitable<void> serve_login(StreamId id, std::shared_ptr<net::FrameStream> stream);
    boost::asio::awaitable<void> serve_master(std::shared_ptr<net::FrameStream> stream);
    boost::asio::awaitable<void> serve_admin(UniqueFd connection);
    void answer_login(StreamId id, const wire::LoginMessage& message);
    void set_timer();

    boost::asio::any_io_executor executor_;
    pid_t master_pid_;
    Ledger ledger_;
    ReportSocket reports_;
    Listener login_listener_, master_listener_, admin_listener_;
    std::map<StreamId, std::shared_ptr<net::FrameStream>> logins_;
    StreamId last_stream_ = 0;
    std::shared_ptr<net::FrameStream> master_;
    std::size_t admin_count_ = 0;
    boost::asio::steady_timer timer_;
    std::optional<Time> timer_set_;
    std::function<void()> no_login_left_;
};

} // namespace hearth::anvil
