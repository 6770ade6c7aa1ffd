// SPDX-License-Identifier: Apache-2.0
// What precedes a message in APPEND (RFC 9051 section 6.3.12, RFC 3502, RFC 6855 section 4).
#pragma once

#include "wire/arguments.hpp"
#include "wire/flag_request.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace hearth::imap {

struct AppendOptions {
    NamedFlags flags;
    std::optional<std::int64_t> internal_date; ///< seconds since 1970
    bool utf8 = false;                         ///< UTF8 (~{n} ...): a ")" follows the message
};

/// " (\Seen) "17-Jul-1996 02:44:25 -0700" {310}", up to the announced literal, which must be all that is left.
std::optional<AppendOptions> read_append_options(Arguments& arguments);

/// `date-time` of RFC 9051 section 9 without its quotes: " 1-Feb-1994 21:52:25 -0800".
std::optional<std::int64_t> parse_date_time(std::string_view text);

} // namespace hearth::imap
