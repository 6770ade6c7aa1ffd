// SPDX-License-Identifier: Apache-2.0
// What LIST, LSUB and STATUS ask for (RFC 9051 sections 6.3.9 and 6.3.11; RFC 5258, 5819, 6154).
#pragma once

#include "wire/arguments.hpp"

#include <optional>
#include <string>
#include <vector>

namespace hearth::imap {

/// STATUS items, RFC 3501 section 6.3.10.
struct StatusItems {
    bool messages = false, recent = false, uidnext = false, uidvalidity = false, unseen = false;
};

struct ListRequest {
    bool extended = false; ///< any of RFC 5258's syntax was used
    bool select_subscribed = false, select_special_use = false, recursive_match = false;
    bool return_subscribed = false, return_special_use = false, return_children = false;
    std::optional<StatusItems> return_status;
    std::string reference;             ///< UTF-8
    std::vector<std::string> patterns; ///< UTF-8, without the reference
};

/// At most this many patterns in one LIST.
constexpr std::size_t list_patterns_max = 32;
/// A pattern is longer than any mailbox name can be: nothing matches it, so it isn't worth matching.
constexpr std::size_t list_pattern_bytes_max = 1024;

/// "(MESSAGES UNSEEN)".
std::optional<StatusItems> read_status_items(Arguments& arguments);
/// LIST's arguments; with `basic` LSUB's, which has none of the extensions.
std::optional<ListRequest> read_list_request(Arguments& arguments, bool basic);

} // namespace hearth::imap
