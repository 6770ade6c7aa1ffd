// SPDX-License-Identifier: Apache-2.0
#include "security_log.hpp"
#include "base/text.hpp"
#include "log/log.hpp"

namespace hearth::anvil {
namespace {

std::string_view explanation(Reception what) {
    switch (what) {
    case Reception::wrong_service: return "reported for a service it was not started for";
    case Reception::wrong_tag: return "claimed an identity that auth never granted to it";
    case Reception::identity_changed: return "claimed another identity than its first";
    case Reception::not_master: return "spoke the master's words";
    default: return "sent what is no report";
    }
}

} // namespace

void SecurityLog::report(Reception what, pid_t pid, uid_t uid, std::string_view claim, Time now) {
    auto& kind = kinds_[static_cast<std::size_t>(what)];
    if (now < kind.next) {
        ++kind.left_out;
        return;
    }
    log::warning("security: a process {}: dropped event={} pid={} uid={} claim=\"{}\" left_out={}", explanation(what),
        name(what), pid, uid, printable(claim, 128), kind.left_out);
    kind.next = now + interval;
    kind.left_out = 0;
}

} // namespace hearth::anvil
