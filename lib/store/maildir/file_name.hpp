// SPDX-License-Identifier: Apache-2.0
// File names of a Maildir: `<base>[:2,<letters>]`, where the base never changes and may carry sizes (",S=", ",W=") that
// Dovecot and Courier put there. Pure.
#pragma once

#include "mail/flags.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hearth::store {

/// What a file name says about its message. `base` points into the name.
struct MaildirName {
    std::string_view base; ///< up to the first colon; names the message
    mail::Flags flags;
    std::uint32_t letters = 0;                 ///< bit i: keyword letter 'a' + i
    std::optional<std::uint64_t> size;         ///< S=: bytes of the file
    std::optional<std::uint64_t> virtual_size; ///< W=: bytes with CRLF line ends
};

/// Total: letters it doesn't know are ignored, as they are by Dovecot.
MaildirName parse_maildir_name(std::string_view file);

/// The file's name with `letter` among its flags: sorted, others kept, ":2," added when there were none.
std::string with_flag_letter(std::string_view file, char letter);

/// The name that a file from new/ gets in cur/.
std::string name_in_cur(std::string_view file);

/// Order of arrival as file names tell it: seconds, then microseconds ("M..."), then the name itself.
bool arrived_before(std::string_view a, std::string_view b);

/// Whether a file of this name in cur/ or new/ is a message: it has a base name, without line end,
/// and doesn't begin with a dot.
bool is_message_name(std::string_view file);

} // namespace hearth::store
