// SPDX-License-Identifier: Apache-2.0
// SELECT and EXAMINE: mailbox and parameters (RFC 9051 section 6.3.2, RFC 7162 sections 3.1.8 and 3.2.5).
#pragma once

#include "mail/uid_set.hpp"
#include "wire/arguments.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace hearth::imap {

/// What the client knows of a mailbox that it had selected before.
struct KnownState {
    std::uint32_t uidvalidity = 0;
    std::uint64_t modseq = 0;
    std::optional<mail::NumberSet> uids; ///< it cares about these only
    /// Sequence numbers and their UIDs as the client had them, of the same count. No "*" in any of the three.
    std::optional<mail::NumberSet> matched_numbers, matched_uids;
};

struct SelectRequest {
    std::string mailbox; ///< UTF-8
    bool condstore = false;
    std::optional<KnownState> known; ///< QRESYNC
};

std::optional<SelectRequest> read_select_request(Arguments& arguments);

} // namespace hearth::imap
