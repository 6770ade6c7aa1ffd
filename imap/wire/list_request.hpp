// SPDX-License-Identifier: Apache-2.0
// What LIST, LSUB and STATUS ask for (RFC 9051 sections 6.3.9 and 6.3.11; RFC 5258, 5819, 6154).
#pragma once

#include "wire/arguments.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::imap {

/// STATUS items: RFC 3501 section 6.3.10, RFC 9051 section 6.3.11, RFC 7162, 7889, 8438, 8474, 9208.
enum class StatusItem {
    messages,
    recent,
    uidnext,
    uidvalidity,
    unseen,
    deleted,
    size,
    deleted_storage,
    highest_modseq,
    mailbox_id,
    append_limit,
};
/// In the order asked for, each once.
using StatusItems = std::vector<StatusItem>;

/// The item's name on the wire.
std::string_view name_of(StatusItem item);

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
/// Of all patterns together.
constexpr std::size_t list_patterns_bytes_max = 8 * 1024;

/// "(MESSAGES UNSEEN)".
std::optional<StatusItems> read_status_items(Arguments& arguments);
/// LIST's arguments; with `basic` LSUB's, which has none of the extensions.
std::optional<ListRequest> read_list_request(Arguments& arguments, bool basic);

} // namespace hearth::imap
