// SPDX-License-Identifier: Apache-2.0
#include "mail/envelope.hpp"

#include "base/text.hpp"
#include "mail/addresses.hpp"
#include "mail/header_fields.hpp"

#include <array>

namespace hearth::mail {
namespace {

struct TextField {
    std::string_view name;
    std::optional<std::string> Envelope::*member;
};
constexpr std::array text_fields{
    TextField{"date", &Envelope::date},
    TextField{"subject", &Envelope::subject},
    TextField{"in-reply-to", &Envelope::in_reply_to},
    TextField{"message-id", &Envelope::message_id},
};

struct AddressField {
    std::string_view name;
    std::vector<Address> Envelope::*member;
};
constexpr std::array address_fields{
    AddressField{"from", &Envelope::from},
    AddressField{"sender", &Envelope::sender},
    AddressField{"reply-to", &Envelope::reply_to},
    AddressField{"to", &Envelope::to},
    AddressField{"cc", &Envelope::cc},
    AddressField{"bcc", &Envelope::bcc},
};

} // namespace

Envelope parse_envelope(std::string_view header_block) {
    Envelope envelope;
    std::array<std::string, address_fields.size()> addresses;
    HeaderFields fields(header_block);
    while (const auto field = fields.next()) {
        for (const auto& text : text_fields)
            if (equal_ignoring_case(field->name, text.name) && !(envelope.*text.member))
                envelope.*text.member = unfold(field->value);
        for (std::size_t i = 0; i < address_fields.size(); ++i) {
            if (!equal_ignoring_case(field->name, address_fields[i].name)) continue;
            if (addresses[i].size() > address_bytes_max) continue;
            if (!addresses[i].empty()) addresses[i] += ", ";
            addresses[i] += unfold(field->value);
        }
    }
    for (std::size_t i = 0; i < address_fields.size(); ++i)
        if (!addresses[i].empty()) envelope.*address_fields[i].member = parse_addresses(addresses[i]);
    if (envelope.sender.empty()) envelope.sender = envelope.from;
    if (envelope.reply_to.empty()) envelope.reply_to = envelope.from;
    return envelope;
}

} // namespace hearth::mail
