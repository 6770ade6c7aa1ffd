// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hearth::mail {

/// What SEARCH looks for a string in, of one header field as it stands in the message: its value, decoded and folded
/// (case_folding.hpp); FROM, TO, CC and BCC are looked for in the envelope (RFC 9051 section 6.4.4), so for these fields
/// also the addresses without comments, where that is another text. None of them has a line end in it.
std::vector<std::string> search_values(std::string_view name, std::string_view value);

} // namespace hearth::mail
