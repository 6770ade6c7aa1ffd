// SPDX-License-Identifier: Apache-2.0
// The part of a FETCH item from "[" on: sections, parts and partials (RFC 9051 section 6.4.5, RFC 3516).
#pragma once

#include "mail/message.hpp"
#include "wire/arguments.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace hearth::imap {

/// BODY[...]<offset.length>.
struct Partial {
    std::uint64_t offset = 0, length = 0;
};

/// "[1.2.HEADER]", "[TEXT]", "[]". Appends to `label` how the reply spells it. False when `arguments` failed.
bool read_section(Arguments& arguments, mail::Section& section, std::string& label);

/// "[1.2]" or "[]" of BINARY, which knows no HEADER and no TEXT.
bool read_binary_section(Arguments& arguments, mail::Section& section, std::string& label);

/// "<0.1024>" if it is next. False when `arguments` failed.
bool read_partial(Arguments& arguments, std::optional<Partial>& partial, std::string& label);

} // namespace hearth::imap
