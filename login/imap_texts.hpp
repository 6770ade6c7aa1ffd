// SPDX-License-Identifier: Apache-2.0
// What imap-login says, where clients and administrators know the words from Dovecot. PURE.
#pragma once

#include "offer_loop.hpp"
#include "protocol/auth.hpp"
#include "settings.hpp"

#include <string>

namespace hearth::login {

/// The capabilities of this connection before login: only what works now. `passwords`: they may be sent here.
std::string imap_capabilities(const Settings& settings, bool passwords);

/// "NO [CODE] text" for a failed authentication. `reference` stands in the log line too.
std::string imap_failure(protocol::auth::Failure why, const std::string& reference);
/// "NO [CODE] text" for a client with the right password that nobody serves.
std::string imap_refusal(const Refused& refused, const std::string& session);

} // namespace hearth::login
