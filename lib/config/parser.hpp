// SPDX-License-Identifier: Apache-2.0
// The grammar of Dovecot 2.3, and one-line blocks beside it:
//
//     key = value                  # a comment begins at the start of a line or behind a blank
//     key = "value with # in it"   quotes hold the entire value; \ escapes the next byte in them
//     key = a long \               a line's end that is escaped reads as one blank
//           value
//     type name {                  a section; the name may be quoted, or missing
//       key = value
//     }
//     type name { key = value; other = value }
//     !include conf.d/*.conf       relative to this file; the files stand in this place
//     !include_try local.conf      not an error when there is no such file
#pragma once

#include "config/files.hpp"
#include "config/report.hpp"
#include "config/syntax.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hearth::config {

constexpr std::size_t section_depth_max = 16;
constexpr std::size_t include_depth_max = 16;
constexpr std::size_t included_files_max = 1000;
constexpr std::size_t statements_max = 100'000;

/// What all files of one run share.
struct ParseRun {
    const Files& files;
    Report& report;
    std::size_t files_opened = 0, statements = 0;
    std::vector<std::string> open_files{}; ///< the including ones, outermost first
};

/// The statements of the file `path`, with those of the files it includes.
std::vector<Statement> parse_file(const std::string& path, ParseRun& run);
/// The statements of `text`, whose origins name the file `name` ("": built-in defaults).
std::vector<Statement> parse_text(const std::string& name, std::string_view text, ParseRun& run);
/// The statement behind -o: "service/imap/client_limit=4" reads as `service imap { client_limit = 4 }`.
std::vector<Statement> parse_override(const std::string& assignment, std::size_t number, Report& report);

/// `path` as seen from the directory of the file `from`.
std::string relative_to(const std::string& from, const std::string& path);

} // namespace hearth::config
