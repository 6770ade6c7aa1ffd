// SPDX-License-Identifier: Apache-2.0
#include "protocol/offer.hpp"
#include "base/ensure.hpp"
#include "protocol/limits.hpp"

namespace hearth::protocol {
namespace {

constexpr std::uint32_t offer_magic = 0x484f4652;  // "HOFR"
constexpr std::uint32_t answer_magic = 0x484f414e; // "HOAN"
constexpr std::uint16_t version = 1;
constexpr std::size_t tag_bytes_max = 1024;
constexpr std::uint32_t flag_shared = 1, flag_secured = 2;

} // namespace

std::string encode(const Offer& offer) {
    Writer opaque;
    opaque.text(offer.opaque.tag);
    opaque.text(offer.opaque.remote_ip);
    opaque.text(offer.opaque.local_ip);
    opaque.u16(offer.opaque.remote_port);
    opaque.u16(offer.opaque.local_port);
    opaque.blob(offer.opaque.pipelined);
    const auto tail = opaque.take();

    Writer out;
    out.u32(offer_magic);
    out.u16(version);
    out.u16(static_cast<std::uint16_t>(offer_head_bytes));
    out.id(offer.head.session);
    out.u32(offer.head.generation);
    out.u32((offer.head.shared ? flag_shared : 0) | (offer.head.secured ? flag_secured : 0));
    out.u32(static_cast<std::uint32_t>(tail.size()));
    out.raw(tail);
    auto record = out.take();
    ensure(record.size() == offer_head_bytes + tail.size(), "the offer's head has another size than its header says");
    return record;
}

std::optional<OfferHead> decode_offer_head(std::string_view record) {
    Reader in(record.substr(0, offer_head_bytes));
    if (in.u32() != offer_magic || in.u16() != version || in.u16() != offer_head_bytes) return std::nullopt;
    OfferHead head;
    head.session = in.id();
    head.generation = in.u32();
    const auto flags = in.u32();
    head.shared = (flags & flag_shared) != 0;
    head.secured = (flags & flag_secured) != 0;
    head.opaque_bytes = in.u32();
    if (!in.done() || (flags & ~(flag_shared | flag_secured)) != 0) return std::nullopt;
    if (record.size() != offer_head_bytes + std::size_t{head.opaque_bytes}) return std::nullopt;
    return head;
}

std::optional<OfferOpaque> decode_offer_opaque(std::string_view record) {
    if (record.size() < offer_head_bytes) return std::nullopt;
    Reader in(record.substr(offer_head_bytes));
    OfferOpaque opaque;
    opaque.tag = in.text(tag_bytes_max);
    opaque.remote_ip = in.text(ip_bytes_max);
    opaque.local_ip = in.text(ip_bytes_max);
    opaque.remote_port = in.u16();
    opaque.local_port = in.u16();
    opaque.pipelined = in.blob(pipelined_bytes_max);
    if (!in.done()) return std::nullopt;
    return opaque;
}

bool uses_up_grant(OfferReply reply) {
    return reply == OfferReply::wrong_user || reply == OfferReply::stale || reply == OfferReply::cannot ||
           reply == OfferReply::no_grant;
}

std::string_view name(OfferReply reply) {
    switch (reply) {
    case OfferReply::accepted: return "ACCEPTED";
    case OfferReply::taken: return "TAKEN";
    case OfferReply::busy: return "BUSY";
    case OfferReply::leaving: return "LEAVING";
    case OfferReply::old_generation: return "OLD-GENERATION";
    case OfferReply::malformed: return "MALFORMED";
    case OfferReply::no_grant: return "NO-GRANT";
    case OfferReply::wrong_user: return "WRONG-USER";
    case OfferReply::stale: return "STALE";
    case OfferReply::cannot: return "CANNOT";
    }
    return "?";
}

std::string encode(const OfferAnswer& answer) {
    Writer out;
    out.u32(answer_magic);
    out.u16(version);
    out.u8(static_cast<std::uint8_t>(answer.reply));
    out.u32(answer.pid);
    out.text(std::string_view(answer.reason).substr(0, reason_bytes_max));
    return out.take();
}

std::optional<OfferAnswer> decode_offer_answer(std::string_view record) {
    Reader in(record);
    if (in.u32() != answer_magic || in.u16() != version) return std::nullopt;
    OfferAnswer answer;
    const auto reply = in.u8();
    answer.pid = in.u32();
    answer.reason = in.text(reason_bytes_max);
    if (!in.done() || reply < static_cast<std::uint8_t>(OfferReply::accepted) ||
        reply > static_cast<std::uint8_t>(OfferReply::cannot))
        return std::nullopt;
    answer.reply = static_cast<OfferReply>(reply);
    return answer;
}

} // namespace hearth::protocol
