// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace hearth::mail {

/// `text` (UTF-8) as i;unicode-casemap compares it (RFC 5051): each character in title case, decomposed. So letters that
/// differ in case only are equal, and an accented letter begins with its base letter. Bytes that are not UTF-8 stay.
std::string fold_case(std::string_view text);

/// The same, at the end of `out`.
void append_folded(std::string& out, std::string_view text);

/// Substring search in linear time, whatever the two look like. The empty needle is in everything.
bool contains(std::string_view haystack, std::string_view needle);

} // namespace hearth::mail
