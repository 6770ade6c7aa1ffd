// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace hearth::mail {

/// One field of a header block, with its continuation lines (RFC 5322 section 2.2).
struct HeaderField {
    std::string_view name;  ///< without blanks before the colon; empty for a line that is no field
    std::string_view value; ///< after the colon, folding and final CRLF included
    std::string_view raw;   ///< the whole lines
};

/// Walks over the fields of a header block, the empty line that ends it excluded. Linear, allocates nothing.
/// The block must outlive what it returns.
class HeaderFields {
public:
    explicit HeaderFields(std::string_view block) : rest_(block) {}
    /// The next field, nothing at the end.
    std::optional<HeaderField> next();

private:
    std::string_view rest_;
};

/// The first field called `name` (any case).
std::optional<HeaderField> find_field(std::string_view block, std::string_view name);

/// A field's value on one line: folding removed (RFC 5322 section 2.2.3), blanks at both ends too; CR, LF and NUL
/// never remain, so that it can stand in an IMAP string.
std::string unfold(std::string_view value);

/// The same for who searches: a fold that begins with a tab reads as a blank, and is one here (as in Dovecot).
std::string unfold_for_search(std::string_view value);

/// RFC 2047 words decoded to UTF-8, what is undecodable replaced; values above 64 KiB are only made valid UTF-8.
std::string decode_header_text(const std::string& unfolded);

/// The same text with every byte that is not part of valid UTF-8 replaced by U+FFFD.
std::string valid_utf8(std::string_view text);

} // namespace hearth::mail
