// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace hearth::mail {

/// A subject without what replies and forwards put around it.
struct BaseSubject {
    std::string text;                 ///< UTF-8, blanks collapsed
    bool is_reply_or_forward = false; ///< something was taken off that says so (RFC 5256 section 2.1)
};

/// RFC 5256 section 2.1, "extracted subject text", of a subject whose encoded words are decoded already (UTF-8).
/// Linear.
BaseSubject extract_subject(std::string_view decoded_subject);

/// Its text: what SORT=SUBJECT and THREAD compare (with i;unicode-casemap).
std::string base_subject(std::string_view decoded_subject);

} // namespace hearth::mail
