// SPDX-License-Identifier: Apache-2.0
// The lines that administrators' tools (fail2ban, log watchers) read, in Dovecot's own form. PURE.
#pragma once

#include "base/clock.hpp"
#include "endpoints.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::login {

/// What a login line tells; what is unknown stays empty and is left out (but the user).
struct LineFields {
    std::string user, method, session;
    std::uint32_t worker_pid = 0;
    bool secured = false;
    std::string reuse; ///< "warm" or "cold(first)"
};

/// "Login: user=<alice>, method=PLAIN, rip=..., session=<...>, reuse=warm" by login_log_format_elements, of which an
/// element is left out when all its variables are empty, and login_log_format (%$ message, %s elements). Known are %u
/// %m %r %l %a %b %e %c %s %{session}; the session is added when no element has it.
std::string format_line(std::string_view format, const std::vector<std::string>& elements, std::string_view message,
    const LineFields& fields, const Endpoints& endpoints);

/// How far a client got: the words in parentheses of a "Disconnected" line.
struct Progress {
    Time connected{}, first_attempt{};
    unsigned attempts = 0;          ///< authentications begun
    unsigned successes = 0;         ///< of them with the right password
    bool in_sasl = false;           ///< the last one waits for the client
    bool aborted = false;           ///< the last one was cancelled by the client
    bool temporary = false;         ///< the last one failed for no fault of the client: nobody is to be banned for it
    bool plaintext_refused = false; ///< a password was sent where it may not be
};
/// "(auth failed, 1 attempts in 2 secs)".
std::string progress_text(const Progress& progress, Time now);

} // namespace hearth::login
