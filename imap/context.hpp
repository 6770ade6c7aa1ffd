// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.hpp"
#include "connection.hpp"
#include "enabled.hpp"
#include "options.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "rendered_items.hpp"
#include "statistics.hpp"
#include "store/store.hpp"
#include "view.hpp"
#include "wire/arguments.hpp"
#include "wire/command_parser.hpp"

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::imap {

/// What the session is told about itself.
struct SessionInfo {
    std::string login_tag; ///< of the LOGIN or AUTHENTICATE command, which the session answers
    std::chrono::milliseconds idle_notify_interval = std::chrono::minutes(2); ///< imap_idle_notify_interval
    std::vector<std::string> id_fields_logged = {}; ///< imap_id_log: fields of the client's ID for the log, "*" for all
    std::function<void(std::string_view)> on_client_id = {}; ///< gets them, printable; may be empty
    std::chrono::milliseconds progress_interval = Progress::interval; ///< at most so often INPROGRESS is told
    bool literal_minus = false;                  ///< imap_literal_minus: LITERAL- in place of LITERAL+ (RFC 7888)
    const Options* options = &default_options(); ///< the process's, outlive it
    std::string_view capabilities = {};          ///< to advertise, the process's; empty: the built-in list
};

/// One session as its commands see it. Lives in Session; `account`, `connection` and `rendered` outlive it.
struct Context {
    Context(store::Account& account_, Connection& connection_, RenderedItems& rendered_, SessionInfo info_,
        CommandParser::Streams streams)
        : account(account_),
          connection(connection_),
          rendered(rendered_),
          info(std::move(info_)),
          input(streams, info.literal_minus, info.options->line_max),
          out(connection_),
          progress(info.progress_interval) {}

    store::Account& account;
    Connection& connection;
    RenderedItems& rendered;
    const SessionInfo info;
    CommandParser input;
    Output out;
    Enabled enabled;
    std::unique_ptr<View> selected;
    std::vector<std::uint32_t> search_result; ///< "$" of RFC 5182: UIDs, ascending; emptied by SELECT
    std::string tag;                          ///< of the running command
    Statistics statistics;
    std::string bye;          ///< not empty: the session ends after this command with "* BYE <bye>"
    std::string end_reason;   ///< not empty: the session ends after this command, for the log
    bool client_gone = false; ///< end of file: nobody is there to be answered
    Progress progress;        ///< of the running command, told by breathe()
    Time running_since{};     ///< when this process last went through its event loop, for breathe()

    [[nodiscard]] bool is_over() const { return !end_reason.empty() || out.failed(); }
    /// Ends the session after this command.
    void hang_up(std::string words, std::string reason);
    /// Reads once from the client into `input`, at most about `size` bytes; hangs up when there is nothing to come.
    asio::awaitable<void> read(std::size_t size = read_size);
    /// Whether a long command has run for so long that others (an offer, a signal) should get their turn: breathe().
    [[nodiscard]] bool is_winded() const { return Clock::now() - running_since > slice; }
    /// Also tells the client that the command is still at work, if it is time to.
    asio::awaitable<void> breathe();
    asio::awaitable<void> tell_progress();
    /// Looks what others did in the selected mailbox and tells the client. Hangs up when the mailbox is gone or made
    /// anew. `waits`: for locks that others hold; without it that is Error::in_use at once.
    asio::awaitable<Result<void>> sync(bool waits = true);
    /// A command asked for modseqs: from now on they are told with every flag (RFC 7162 section 3.1).
    void enable_condstore();
    /// The rows of the selected mailbox that a command is about, by UID or sequence number. Nothing when a sequence
    /// number lies beyond the mailbox: BAD.
    [[nodiscard]] std::optional<std::vector<RowRange>> rows_of(const MessageSet& set, bool uid) const;

    static constexpr std::size_t read_size = 8 * 1024;
    /// An offer that meets this worker while it works is answered within 20 ms, in three turns: for each it waits so long.
    static constexpr std::chrono::milliseconds slice{4};
};

} // namespace hearth::imap
