// SPDX-License-Identifier: Apache-2.0
// One function per subcommand, each in a file of its name. All return the exit code.
#pragma once

#include "instance.hpp"

#include <string>
#include <vector>

namespace hearth::admin {

struct ServeOptions {
    std::vector<std::string> overrides; ///< -o key=value
};
int serve(const Common& common, const ServeOptions& options);
int stop(const Common& common);
int reload(const Common& common);
int check(const Common& common);

struct ConfOptions {
    bool only_changed = false;
    bool secrets = false; ///< show values that hold a password
    std::vector<std::string> names; ///< print the values of these only
};
int conf(const Common& common, const ConfOptions& options);

struct WhoOptions {
    bool verbose = false;
    std::vector<std::string> masks; ///< user masks (* and ?), addresses or nets
};
int who(const Common& common, const WhoOptions& options);

struct KickOptions {
    std::string user, ip;
};
int kick(const Common& common, const KickOptions& options);

int service_status(const Common& common);
int sizing(const Common& common);

struct TopOptions {
    bool once = false;
    std::size_t users = 50; ///< shown, when it isn't a terminal whose height says how many
};
int top(const Common& common, const TopOptions& options);
int process_status(const Common& common);
int log_errors(const Common& common);
int doctor(const Common& common);

struct PwOptions {
    std::string scheme, password;
    bool list = false;
};
int pw(const Common& common, const PwOptions& options);

struct AuthTestOptions {
    std::string user, password;
};
int auth_test(const Common& common, const AuthTestOptions& options);
int user(const Common& common, const std::vector<std::string>& users);

struct MailboxOptions {
    std::string user, mask = "*";
};
int mailbox_status(const Common& common, const MailboxOptions& options);
int index_check(const Common& common, const std::string& user);
int index_rebuild(const Common& common, const std::string& user);
struct BackupOptions {
    std::string user, directory;
};
int backup(const Common& common, const BackupOptions& options);

/// Without echo from the terminal, or a line of standard input.
std::string read_password(const std::string& prompt);

} // namespace hearth::admin
