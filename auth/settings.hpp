// SPDX-License-Identifier: Apache-2.0
// All that auth takes from the configuration; the only file here that knows config::Snapshot is settings.cpp.
#pragma once

#include "base/result.hpp"
#include "chain.hpp"
#include "fields.hpp"
#include "success_cache.hpp"
#include "username.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace hearth::config {
class Snapshot;
}

namespace hearth::auth {

enum class Driver {
    passwd_file,
    static_fields, ///< `static`: the same for everybody
    passwd,        ///< getpwnam(3): system users; userdb only
    prefetch,      ///< the userdb_ fields that the passdb gave; userdb only
};

/// One passdb or userdb section.
struct Database {
    std::string label; ///< for the log: "passdb 1 (passwd-file)"
    Driver driver = Driver::passwd_file;
    std::string path;                   ///< passwd-file: may hold %variables
    std::string username_format = "%u"; ///< passwd-file: what is looked for in it
    std::string scheme;                 ///< passdb: of passwords that name none
    Fields fields;                      ///< static: its args
    Fields default_fields, override_fields;
    ChainRule rule;
    bool deny = false;                        ///< passdb: who is found here is refused
    std::vector<std::string> mechanisms;      ///< passdb: only for these; empty: all
    std::vector<std::string> username_filter; ///< passdb: masks, those with ! exclude; empty: all
};

struct Settings {
    std::vector<Database> passdbs, userdbs;
    UsernameRules usernames;
    SuccessCache::Limits cache;
    std::chrono::milliseconds failure_delay{2000};
    std::vector<std::string> mechanisms{"PLAIN", "LOGIN"};
    bool disable_plaintext_auth = true;
    std::vector<std::string> trusted_networks;
    bool verbose = false, debug = false;
    std::uint32_t first_valid_uid = 500, last_valid_uid = 0, first_valid_gid = 1, last_valid_gid = 0;
    std::string mail_uid, mail_gid, mail_home; ///< for users whose userdb gives none; names or numbers, and a template
    std::vector<std::string> mail_access_groups; ///< names or numbers
    std::vector<std::string> warnings;           ///< to log at start
};

/// The settings, or a sentence for the administrator about what auth can't do.
Checked<Settings> read_settings(const config::Snapshot& snapshot);

/// The parts of read_settings() that understand `driver` and `args`.
Checked<Database> parse_passdb(std::string_view driver, std::string_view args);
Checked<Database> parse_userdb(std::string_view driver, std::string_view args);

} // namespace hearth::auth
