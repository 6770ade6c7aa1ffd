// SPDX-License-Identifier: Apache-2.0
#include "mail/sort_keys.hpp"

#include "base/text.hpp"
#include "mail/gobject.hpp"
#include "mail/header_fields.hpp"

#include <algorithm>

namespace hearth::mail {
namespace {

constexpr std::size_t date_bytes_max = 256; // an honest one has 40; comments may follow

struct DateTimeUnref {
    void operator()(GDateTime* moment) const { g_date_time_unref(moment); }
};

// The address that a list is sorted by: the first that is one. A group's start and end are none.
const Address* first_address(const std::vector<Address>& addresses) {
    const auto at = std::find_if(
        addresses.begin(), addresses.end(), [](const Address& address) { return address.mailbox && address.host; });
    return at == addresses.end() ? nullptr : &*at;
}

} // namespace

std::optional<std::chrono::seconds> sent_date(std::string_view date_header) {
    ensure_gmime();
    const auto text = unfold(date_header.substr(0, date_bytes_max));
    if (text.empty()) return std::nullopt;
    const std::unique_ptr<GDateTime, DateTimeUnref> moment(g_mime_utils_header_decode_date(text.c_str()));
    if (!moment) return std::nullopt;
    return std::chrono::seconds(g_date_time_to_unix(moment.get()));
}

std::string display_name(const std::vector<Address>& addresses) {
    if (!addresses.empty() && addresses[0].mailbox && !addresses[0].host) // a group
        return decode_header_text(*addresses[0].mailbox);
    const auto* address = first_address(addresses);
    if (address == nullptr) return {};
    if (address->name && !trim(*address->name).empty()) return decode_header_text(*address->name);
    return *address->mailbox + "@" + *address->host;
}

std::string sort_mailbox(const std::vector<Address>& addresses) {
    if (!addresses.empty() && addresses[0].mailbox && !addresses[0].host) return *addresses[0].mailbox;
    const auto* address = first_address(addresses);
    return address == nullptr ? std::string() : *address->mailbox;
}

} // namespace hearth::mail
