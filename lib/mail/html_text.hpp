// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace hearth::mail {

/// The text of an HTML document for a preview: without tags, comments, scripts and styles; common character references
/// decoded, the others left as they stand. Whatever the input, the output is valid UTF-8 if the input is. Linear. It is
/// never shown as HTML.
std::string html_text(std::string_view html);

} // namespace hearth::mail
