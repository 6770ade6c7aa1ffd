// SPDX-License-Identifier: Apache-2.0
// Dovecot's passwd-file: lines of `user:password:uid:gid:gecos:home:shell:extra_fields`. Missing fields at the end are
// empty; extra_fields may hold colons. Comments begin with #. Pure: text in, entries out.
#pragma once

#include "fields.hpp"

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace hearth::auth {

constexpr std::size_t passwd_file_bytes_max = 16UL * 1024 * 1024; ///< about 100,000 users
constexpr std::size_t passwd_line_bytes_max = 8192;
constexpr std::size_t passwd_complaints_max = 16; ///< lines that are named; the others are counted

struct PasswdEntry {
    std::string password; ///< as it stands there, with its {SCHEME} if it has one
    std::string uid, gid; ///< a number, a name, or empty
    std::string home;
    Fields fields;        ///< extra fields of the passdb: without `userdb_`
    Fields userdb_fields; ///< extra fields of the userdb: `userdb_` is cut off
    bool operator==(const PasswdEntry&) const = default;
};

struct PasswdFile {
    std::unordered_map<std::string, PasswdEntry> users;
    /// Lines that were left out, and why: "line 7: ...". The other lines hold.
    std::vector<std::string> complaints;
};

/// Refuses only a text above passwd_file_bytes_max.
Checked<PasswdFile> parse_passwd_file(std::string_view text);

} // namespace hearth::auth
