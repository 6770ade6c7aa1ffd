// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace hearth::imap {

/// `text` (UTF-8) in a form in which letters that differ in case only are equal (Unicode simple lower case). Bytes that
/// are not UTF-8 stay as they are.
std::string fold_case(std::string_view text);

/// Substring search in linear time, whatever the two look like. The empty needle is in everything.
bool contains(std::string_view haystack, std::string_view needle);

} // namespace hearth::imap
