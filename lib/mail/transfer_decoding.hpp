// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace hearth::mail {

/// A body with its Content-Transfer-Encoding undone (base64, quoted-printable, x-uuencode; others are kept as they
/// are). Broken encodings give what can be read.
std::string decode_transfer(std::string_view body, const std::string& encoding);

/// `text` in UTF-8. Bytes that are wrong in `charset` become U+FFFD; in an unknown charset, all that is not UTF-8.
std::string decode_charset(std::string_view text, const std::string& charset);

} // namespace hearth::mail
