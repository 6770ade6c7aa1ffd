// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/message.hpp"

#include <string_view>

namespace hearth::mail {

/// Fills a part's facts from the Content-* fields of its header block. `in_digest`: the default type is message/rfc822
/// (RFC 2046 section 5.1.5), else text/plain.
void read_content_fields(Part& part, std::string_view header_block, bool in_digest);

/// The boundary parameter of a multipart, empty when there is none.
std::string_view boundary_of(const Part& part);

/// text/plain, the type of what says nothing or nonsense (RFC 2045 section 5.2).
void make_plain(Part& part);

} // namespace hearth::mail
