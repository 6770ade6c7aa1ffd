// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "options.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace hearth::imap {

struct Context;

/// The list of a worker's sessions: the words of `built_in` as the settings want them, with APPENDLIMIT=n (RFC 7889) and,
/// if there is a URL for it, JMAPACCESS (RFC 9698). imap_capability replaces the list, or, when all its words begin with
/// "+" or "-", adds to it and takes from it.
std::string capability_list(std::string_view built_in, const Options& options, std::uint64_t message_bytes_max);

/// What is advertised to this session now. COMPRESS=DEFLATE is not once it is on (RFC 4978 section 3).
std::string capabilities_of(const Context& context);

} // namespace hearth::imap
