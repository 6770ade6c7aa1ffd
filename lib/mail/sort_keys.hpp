// SPDX-License-Identifier: Apache-2.0
// What SORT (RFC 5256, RFC 5957) and THREAD take from header fields. base_subject.hpp has subjects.
#pragma once

#include "mail/message.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::mail {

/// The moment, since 1970 in UTC, that a Date: field names (RFC 5322 section 3.3, obsolete forms too). A missing or
/// broken zone is UTC, a missing time midnight (RFC 5256 section 2.2). Nothing when it is no date, or outside
/// the years 1-9999.
std::optional<std::chrono::seconds> sent_date(std::string_view date_header);

/// SORT=DISPLAY: the display name of the first address (of a group: of its name), decoded to UTF-8, else
/// "mailbox@host"; "" when there is no address (RFC 5957 section 3).
std::string display_name(const std::vector<Address>& addresses);

/// SORT FROM, TO, CC: the mailbox of the first address, "" when there is none (RFC 5256 section 3).
std::string sort_mailbox(const std::vector<Address>& addresses);

} // namespace hearth::mail
