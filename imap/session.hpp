// SPDX-License-Identifier: Apache-2.0
// An IMAP session after login, from the tagged OK of the login command to LOGOUT or the client's end, over any
// Connection and any store::Account.
#pragma once

#include "context.hpp"

#include <boost/asio/awaitable.hpp>
#include <string>
#include <string_view>

namespace hearth::imap {

/// How a session ended. Its mailbox is closed and no command of it will be parsed any more.
struct Ended {
    std::string final_bytes; ///< not yet written, at most `final_bytes_max`: BYE and LOGOUT's OK, or nothing
    std::string reason;      ///< "Logged out", "Disconnected: Connection closed", ...
    Statistics statistics;   ///< final_bytes count as sent

    /// The log line: "Logged out in=12 out=345 deleted=0 ...".
    [[nodiscard]] std::string summary(std::string_view format = Statistics::default_format) const {
        return reason + ' ' + statistics.text(format);
    }
};

class Session {
public:
    /// What may be left to write when the worker is declared free (docs/protocol/worker.md).
    static constexpr std::size_t final_bytes_max = 4096;
    /// After so many BAD replies in a row the client is not speaking IMAP.
    static constexpr int bad_commands_max = 20;

    /// `account`, `connection` and `rendered` outlive the session; the latter should live as long as the account.
    Session(store::Account& account, Connection& connection, RenderedItems& rendered, SessionInfo info);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// Answers the login command, then serves the client to the end. Called once.
    asio::awaitable<Ended> run();

private:
    asio::awaitable<void> execute();
    asio::awaitable<Ended> end();
    void answer(class Reply reply);

    Context context_;
    int bad_in_a_row_ = 0;
};

} // namespace hearth::imap
