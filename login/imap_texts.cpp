// SPDX-License-Identifier: Apache-2.0
#include "imap_texts.hpp"

#include <fmt/format.h>

namespace hearth::login {

using protocol::auth::Failure;

std::string imap_capabilities(const Settings& settings, bool passwords) {
    auto text = settings.capabilities;
    if (!passwords) return text + " LOGINDISABLED";
    for (const auto& mechanism : settings.mechanisms)
        text += " AUTH=" + mechanism;
    return text;
}

std::string imap_failure(Failure why, const std::string& reference) {
    switch (why) {
    case Failure::credentials:
    case Failure::malformed: return "NO [AUTHENTICATIONFAILED] Authentication failed.";
    case Failure::disabled: return "NO [CONTACTADMIN] This account may not log in.";
    case Failure::mechanism: return "NO Unsupported authentication mechanism.";
    case Failure::temporary:
    case Failure::expired: break;
    }
    return fmt::format("NO [UNAVAILABLE] Temporary authentication failure. [{}]", reference);
}

std::string imap_refusal(const Refused& refused, const std::string& session) {
    switch (refused.why) {
    case Refusal::user_limit:
        return fmt::format("NO [LIMIT] Maximum number of connections from user+IP exceeded "
                           "(mail_max_userip_connections={})",
            refused.limit);
    case Refusal::queue_full:
    case Refusal::queue_wait:
        return fmt::format(
            "NO [UNAVAILABLE] The server has no room for another session, try again later. [{}]", session);
    case Refusal::anvil_down:
    case Refusal::auth_lost: return fmt::format("NO [UNAVAILABLE] Temporary authentication failure. [{}]", session);
    default: break;
    }
    return fmt::format(
        "NO [UNAVAILABLE] Internal error occurred. Refer to server log for more information. [{}]", session);
}

} // namespace hearth::login
