// SPDX-License-Identifier: Apache-2.0
// Dates as IMAP writes them. Days are counted from 1970-01-01, without time and zone, as SEARCH compares them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hearth::imap {

/// `date` of RFC 9051 section 9, "1-Feb-1994" (the quotes are the caller's), as a day.
std::optional<std::int64_t> parse_date(std::string_view text);

/// The day that a Date: header (RFC 5322 section 3.3) was written, in its writer's zone: SENTSINCE and its like ignore
/// time and zone (RFC 9051 section 6.4.4).
std::optional<std::int64_t> day_of_date_header(std::string_view header);

/// The day of seconds since 1970, in UTC.
std::int64_t day_of(std::int64_t seconds);

/// `date-time` of RFC 9051 section 9 with its quotes, in UTC: "17-Jul-1996 02:44:25 +0000".
void append_internal_date(std::string& out, std::int64_t seconds);

} // namespace hearth::imap
