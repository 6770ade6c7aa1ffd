// SPDX-License-Identifier: Apache-2.0
// File names of a Maildir: `<base>[:2,<letters>]`, where the base never changes and may carry sizes (",S=", ",W=") that
// Dovecot and Courier put there. Pure.
#pragma once

#include "mail/flags.hpp"

#include <compare>
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

/// The flag letters "DFRST" and keyword letters 'a' + i that stand for these, sorted.
std::string flag_letters(mail::Flags flags, std::uint32_t letters);

/// The file's name in cur/ with exactly these system flags and keyword letters; letters that mean neither ("P") and
/// what follows a comma are kept.
std::string with_flags(std::string_view file, mail::Flags flags, std::uint32_t letters);

/// The name that a file from new/ gets in cur/.
std::string name_in_cur(std::string_view file);

/// When a message arrived, as its file's name tells: seconds since 1970, and "M...".
struct Arrival {
    std::uint64_t seconds = 0, microseconds = 0;
    auto operator<=>(const Arrival&) const = default;
};
Arrival arrival_of(std::string_view file);

/// Order of arrival as file names tell it: seconds, then microseconds ("M..."), then the name itself.
bool arrived_before(std::string_view a, std::string_view b);

/// Whether a file of this name in cur/ or new/ is a message: it has a base name, without line end,
/// and doesn't begin with a dot.
bool is_message_name(std::string_view file);

} // namespace hearth::store
