// SPDX-License-Identifier: Apache-2.0
// Accepts logins and administrators, and knows when nobody is left.
#pragma once

#include "authenticator.hpp"
#include "base/unique_fd.hpp"
#include "grant_maker.hpp"
#include "settings.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>

namespace hearth::auth {

/// Must outlive the coroutines it spawned, as must what it refers to.
class Server {
public:
    static constexpr std::size_t logins_max = 1024; ///< streams of login processes
    static constexpr std::size_t administrators_max = 16;

    Server(boost::asio::any_io_executor executor, const Settings& settings, Authenticator& authenticator,
        const GrantMaker& grants);

    /// Starts to accept; the sockets listen and don't block.
    void serve_logins(UniqueFd listener);
    void serve_administrators(UniqueFd listener);

    /// Closes the listeners; `when_idle` is called, once, when the last login's stream has ended, perhaps right now.
    void retire(std::function<void()> when_idle);

    [[nodiscard]] std::size_t logins() const { return logins_; }

private:
    using Listener = boost::asio::posix::stream_descriptor;
    boost::asio::awaitable<void> accept_logins();
    boost::asio::awaitable<void> accept_administrators();
    boost::asio::awaitable<void> serve_login(UniqueFd socket);
    boost::asio::awaitable<void> serve_administrator(UniqueFd socket);
    boost::asio::awaitable<UniqueFd> accept(Listener& listener);
    void check_idle();

    boost::asio::any_io_executor executor_;
    const Settings& settings_;
    Authenticator& authenticator_;
    const GrantMaker& grants_;
    Listener login_listener_, administrator_listener_;
    std::size_t logins_ = 0, administrators_ = 0;
    std::function<void()> when_idle_;
};

} // namespace hearth::auth
