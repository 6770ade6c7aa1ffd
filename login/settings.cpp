// SPDX-License-Identifier: Apache-2.0
#include "settings.hpp"
#include "base/text.hpp"
#include "config/snapshot.hpp"
#include "imap/capability_words.hpp"
#include "imap/id_words.hpp"

#include <algorithm>
#include <stdexcept>

namespace hearth::login {
namespace {

constexpr std::size_t client_limit_max = 100'000;

} // namespace

Settings read_settings(const config::Snapshot& snapshot) {
    Settings result;
    result.greeting = printable(snapshot.text("login_greeting"));
    result.disable_plaintext_auth = snapshot.flag("disable_plaintext_auth");
    for (const auto& text : snapshot.words("login_trusted_networks")) {
        const auto network = Network::parse(text);
        if (!network)
            throw std::runtime_error(
                "login_trusted_networks: '" + printable(text) + "' is no address and no network (192.0.2.0/24)");
        result.trusted_networks.push_back(*network);
    }
    result.mechanisms.clear();
    for (const auto& mechanism : snapshot.words("auth_mechanisms"))
        result.mechanisms.push_back(to_upper(mechanism));
    imap::CapabilitySettings capabilities;
    capabilities.capability = snapshot.text("imap_capability");
    capabilities.literal_minus = snapshot.flag("imap_literal_minus");
    result.capabilities = imap::capabilities_before_login(capabilities);
    result.id_reply = imap::id_reply(snapshot.text("imap_id_send"));
    result.id_fields_logged = snapshot.words("imap_id_log");
    result.log_format = snapshot.text("login_log_format");
    result.log_elements.clear();
    const auto elements = snapshot.text("login_log_format_elements"); // named: the parts point into it
    for (const auto part : split(elements, ' '))
        if (!part.empty()) result.log_elements.emplace_back(part);
    result.auth_timeout = snapshot.duration("login_auth_timeout");
    result.handover_timeout = snapshot.duration("login_handover_timeout");
    result.needs_anvil = snapshot.text("anvil_unreachable") == "refuse";
    const auto limit = snapshot.uint("service.client_limit");
    if (limit != 0) result.client_limit = std::min<std::uint64_t>(limit, client_limit_max);
    return result;
}

} // namespace hearth::login
