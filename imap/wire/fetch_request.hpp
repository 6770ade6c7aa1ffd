// SPDX-License-Identifier: Apache-2.0
// What FETCH asks for (RFC 9051 section 6.4.5): the part of its arguments after the message set.
#pragma once

#include "mail/message.hpp"
#include "wire/arguments.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hearth::imap {

/// BODY[...]<offset.length>.
struct Partial {
    std::uint64_t offset = 0, length = 0;
};

struct FetchItem {
    enum class Kind { flags, uid, internal_date, size, envelope, body, body_structure, section };

    Kind kind = Kind::flags;
    /// What the reply calls it: "ENVELOPE", "BODY[HEADER.FIELDS (From)]<0>", "RFC822.HEADER".
    std::string label;
    mail::Section section; ///< Kind::section, and the three RFC822 items, which are sections by another name
    std::optional<Partial> partial;
    bool marks_seen = false; ///< not PEEK
};

struct FetchRequest {
    std::vector<FetchItem> items;

    [[nodiscard]] bool has(FetchItem::Kind kind) const;
    [[nodiscard]] bool marks_seen() const;
};

/// At most this many items: each may cost the whole message in output.
constexpr std::size_t fetch_items_max = 200;

/// One item, a macro (ALL, FAST, FULL) or a list in parentheses. Nothing when `arguments` failed.
std::optional<FetchRequest> read_fetch_request(Arguments& arguments);

} // namespace hearth::imap
