// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/snapshot.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace hearth::imap {

/// What a FETCH does that meets a message which can't be read (imap_fetch_failure). A message that is gone is no such.
enum class FetchFailure {
    disconnect_immediately, ///< else the client might remember the hole for good
    disconnect_after,       ///< after the messages that can be read
    no_after,               ///< stays, and answers NO
};

/// The settings of the protocol: read once in a process, the same for all its sessions.
struct Options {
    std::chrono::milliseconds idle_notify_interval = std::chrono::minutes(2); ///< imap_idle_notify_interval
    std::vector<std::string> id_fields_logged; ///< imap_id_log: fields of the client's ID for the log, "*" for all
    std::string id_reply = "(\"name\" \"Hearth\")"; ///< imap_id_send as ID is answered: a list, or NIL
    std::string capability;                         ///< imap_capability, as written
    std::string logout_format;                      ///< imap_logout_format; empty: Statistics::default_format
    std::string jmap_url;                           ///< imap_jmap_url: of the JMAP session resource; empty: none
    std::string quota_root;                         ///< quota_root, the name that clients see
    std::size_t line_max = std::size_t{64} * 1024;  ///< imap_max_line_length: bytes of one line of a command
    bool literal_minus = false;                     ///< imap_literal_minus
    FetchFailure fetch_failure = FetchFailure::no_after; ///< imap_fetch_failure
    // imap_client_workarounds
    bool delays_new_mail = false;          ///< delay-newmail: EXISTS only where NOOP or CHECK ask
    bool extra_mailbox_separator = false;  ///< tb-extra-mailbox-sep: "INBOX/foo/" is "INBOX/foo"
    bool lsub_tells_noselect = false;      ///< tb-lsub-flags: LSUB says \Noselect as LIST does
};

Options read_options(const config::Snapshot& snapshot);

/// What holds without a configuration.
const Options& default_options();

} // namespace hearth::imap
