// SPDX-License-Identifier: Apache-2.0
// What FETCH asks for (RFC 9051 section 6.4.5): the part of its arguments after the message set.
#pragma once

#include "wire/section_request.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hearth::imap {

struct FetchItem {
    enum class Kind {
        flags, uid, internal_date, size, envelope, body, body_structure, section,
        modseq,               ///< RFC 7162
        email_id, thread_id,  ///< RFC 8474
        save_date,            ///< RFC 8514
        preview,              ///< RFC 8970
        binary, binary_size,  ///< RFC 3516
    };

    Kind kind = Kind::flags;
    /// What the reply calls it: "ENVELOPE", "BODY[HEADER.FIELDS (From)]<0>", "RFC822.HEADER".
    std::string label;
    mail::Section section; ///< Kind::section, the binary ones, and the three RFC822 items, sections by another name
    std::optional<Partial> partial;
    bool marks_seen = false; ///< not PEEK
};

/// PARTIAL (RFC 9394): the results first to last, counted from 1, at the end when `from_end`.
struct Page {
    std::uint32_t first = 1, last = 1;
    bool from_end = false;
};

struct FetchRequest {
    std::vector<FetchItem> items;
    std::optional<std::uint64_t> changed_since; ///< RFC 7162 section 3.1.4.1
    bool vanished = false;                      ///< RFC 7162 section 3.2.6
    std::optional<Page> page;

    [[nodiscard]] bool has(FetchItem::Kind kind) const;
    [[nodiscard]] bool marks_seen() const;
};

/// At most this many items: each may cost the whole message in output.
constexpr std::size_t fetch_items_max = 200;

/// One item, a macro (ALL, FAST, FULL) or a list in parentheses, and the modifiers after it. Nothing when `arguments`
/// failed.
std::optional<FetchRequest> read_fetch_request(Arguments& arguments);

} // namespace hearth::imap
