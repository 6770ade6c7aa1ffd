// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "endpoints.hpp"
#include "imap/capability_words.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace hearth::config {
class Snapshot;
}

namespace hearth::login {

/// What a login process knows of the configuration.
struct Settings {
    std::string greeting = "Hearth ready.";
    bool disable_plaintext_auth = true;
    std::vector<Network> trusted_networks;
    std::vector<std::string> mechanisms{"PLAIN", "LOGIN"}; ///< upper case
    std::string capabilities = imap::capabilities_before_login({}); ///< of IMAP before login, without what the connection decides
    std::string id_reply = "(\"name\" \"Hearth\")"; ///< imap_id_send as ID is answered
    std::vector<std::string> id_fields_logged; ///< imap_id_log
    std::string log_format = "%$: %s";
    std::vector<std::string> log_elements{"user=<%u>", "method=%m", "rip=%r", "lip=%l", "mpid=%e", "%c"};
    std::chrono::milliseconds auth_timeout{60'000}, handover_timeout{10'000};
    bool needs_anvil = false; ///< anvil_unreachable = refuse
    std::size_t client_limit = 1000;

    /// Passwords may cross this connection: it doesn't leave the machine, or comes from a trusted network.
    [[nodiscard]] bool is_secured(const Endpoints& endpoints) const {
        return endpoints.is_local() || is_in(trusted_networks, endpoints.remote_ip);
    }
};

/// Throws std::runtime_error with a sentence if a setting can't be used.
Settings read_settings(const config::Snapshot& snapshot);

} // namespace hearth::login
