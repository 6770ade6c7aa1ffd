// SPDX-License-Identifier: Apache-2.0
#include "search/sent_moment.hpp"

#include "mail/sort_keys.hpp"

namespace hearth::imap {

Result<std::int64_t> sent_moment(MessageReader& message) {
    const auto envelope = message.envelope();
    if (!envelope) return envelope.error();
    const auto& date = (*envelope)->date;
    const auto sent = date ? mail::sent_date(*date) : std::nullopt;
    return sent ? std::int64_t{sent->count()} : message.row().internal_date;
}

} // namespace hearth::imap
