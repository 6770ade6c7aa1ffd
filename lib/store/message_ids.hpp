// SPDX-License-Identifier: Apache-2.0
// The ids of RFC 8474, made from what a rebuild of the index finds again. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hearth::store {

/// "M" and 24 digits of base 32: a hash of the message's GUID, so that copies have the same.
std::string email_id_of(std::string_view guid);
/// "T" and 24 digits of base 32.
std::string thread_id_of(std::string_view root_message_id);
/// "F" and the mailbox's GUID from its uidlist.
std::string mailbox_id_of(std::string_view mailbox_guid);
/// 63 bits of a hash that nobody can aim at without trying: Message-IDs are written by strangers.
std::int64_t hash_of(std::string_view text);

} // namespace hearth::store
