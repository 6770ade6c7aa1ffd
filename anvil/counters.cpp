// SPDX-License-Identifier: Apache-2.0
#include "counters.hpp"

namespace hearth::anvil {

std::string_view name(Reception reception) {
    switch (reception) {
    case Reception::applied: return "applied";
    case Reception::malformed: return "malformed";
    case Reception::not_restored: return "not-restored";
    case Reception::unknown_pid: return "unknown-pid";
    case Reception::no_user: return "no-user";
    case Reception::old_sequence: return "old-sequence";
    case Reception::wrong_service: return "wrong-service";
    case Reception::wrong_tag: return "wrong-tag";
    case Reception::identity_changed: return "identity-changed";
    case Reception::not_master: return "not-master";
    }
    return "?";
}

bool is_security_event(Reception reception) {
    return reception == Reception::wrong_service || reception == Reception::wrong_tag ||
           reception == Reception::identity_changed || reception == Reception::not_master;
}

} // namespace hearth::anvil
