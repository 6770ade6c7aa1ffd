// SPDX-License-Identifier: Apache-2.0
// What SEARCH, SORT and THREAD compare of a message, in the form in which they compare it: decoded, folded, hashed. A
// few hundred bytes in the index answer for a header that would have to be parsed and decoded for each message again.
#pragma once

#include "mail/message.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hearth::mail {

struct Summary;

/// A digest as it lies in its bytes, which outlive it.
struct Digest {
    /// Fields whose values are kept for SEARCH.
    static constexpr std::array<std::string_view, 5> fields{"subject", "from", "to", "cc", "bcc"};
    /// A message id as 15 bytes of its SHA-256: strangers write ids, and nobody finds two that are the same.
    static constexpr std::size_t id_bytes = 15;
    /// search_values() of each of `fields`, each with "\n" behind it (no value has one in it).
    std::array<std::string_view, fields.size()> values;
    std::optional<std::int64_t> sent; ///< sent_date() of the Date field, seconds
    std::string_view date;            ///< the Date field as the envelope has it
    std::string_view subject;         ///< base subject, folded (RFC 5256 section 2.1)
    bool is_reply = false;            ///< or a forward, by its subject
    std::string_view from, to, cc;    ///< sort_mailbox(), folded
    std::string_view display_from, display_to; ///< display_name(), folded
    std::string_view id;              ///< of this message, hashed; empty: it has none
    std::string_view references;      ///< hashed ids of whom it answers, the nearest last, one behind the other
    std::string_view parts;           ///< for read_parts(); empty: ask the structure

    /// The number in `fields` of a lower-case name.
    static std::optional<std::size_t> field_number(std::string_view name);
};

/// Raised when make_digest() gives something else for the same message.
constexpr int digest_version = 3;
/// A longer digest isn't worth keeping.
constexpr std::size_t digest_bytes_max = 4 * 1024;
/// A long string decides no order any more: memory for what strangers send is bounded.
constexpr std::size_t sort_text_bytes_max = 512;

/// The digest of a message as bytes. `header`: its fields, at least those named in `fields` and References; `structure`
/// may be null.
std::string make_digest(const Envelope& envelope, std::string_view header, const Part* structure);
std::string make_digest(const Summary& summary);
/// Bytes that are none (a damaged index) give nothing.
std::optional<Digest> read_digest(std::string_view bytes);
/// The same for bytes that read_digest() has seen before: without a look at their check sum.
std::optional<Digest> read_known_digest(std::string_view bytes);

/// Of a structure what a search for text needs: the root, and all parts below it, in order, as its children. Offsets,
/// encodings, and `type` "text" where there is text in UTF-8. Nothing for what isn't in the digest: more than
/// `digest_parts_max` parts, other charsets.
constexpr std::size_t digest_parts_max = 16;
std::optional<Part> read_parts(const Digest& digest);

} // namespace hearth::mail
