// SPDX-License-Identifier: Apache-2.0
// The offer (docs/protocol/handover.md): login to worker, one SEQPACKET record with exactly two descriptors, client
// and grant, in this order; the worker answers with one or two records of OfferAnswer.
#pragma once

#include "protocol/wire.hpp"

#include <array>
#include <optional>
#include <string>

namespace hearth::protocol {

/// What a worker may look at before it has dropped its privileges: the fixed-size head of an offer.
struct OfferHead {
    SessionId session;
    std::uint32_t generation = 0;   ///< login's copy of the grant's; only the grant's own decides in the end
    bool shared = false;            ///< came over the service's shared listener: the worker says ACCEPTED first
    bool secured = false;           ///< the client's side is TLS, or local
    std::uint32_t opaque_bytes = 0; ///< how many bytes follow the head
};
constexpr std::size_t offer_head_bytes = 36;

/// What follows the head, written by login and read by the bound worker only.
struct OfferOpaque {
    std::string tag;                ///< the protocol's name of the login command, e.g. IMAP's tag; may be empty
    std::string remote_ip, local_ip;
    std::uint16_t remote_port = 0, local_port = 0;
    std::string pipelined;          ///< what the client sent after the login command, at most 64 KiB
};

struct Offer {
    OfferHead head;
    OfferOpaque opaque;
};

constexpr std::size_t offer_bytes_max = offer_head_bytes + 70 * 1024;

std::string encode(const Offer& offer);
/// Reads the first offer_head_bytes only; nothing if they are not an offer's or the record's size doesn't agree.
std::optional<OfferHead> decode_offer_head(std::string_view record);
std::optional<OfferOpaque> decode_offer_opaque(std::string_view record);

enum class OfferReply : std::uint8_t {
    accepted = 1,   ///< shared listener only: a worker has it; login's 250 ms start here
    taken,          ///< committed: the worker owns the client
    busy,           ///< grant not read: next candidate, same grant
    leaving,        ///< grant not read
    old_generation, ///< grant not read: the worker runs an older configuration than the grant
    malformed,      ///< grant not read: not an offer, or not exactly two descriptors
    no_grant,       ///< nothing to read in the grant: somebody else has it, or it is not auth's
    wrong_user,     ///< grant used up: the worker is another user's (a security event)
    stale,          ///< grant used up: same user, other identity; this worker leaves when idle
    cannot,         ///< grant used up: `reason` says what failed (setuid, missing home, expired, ...)
};
/// Login needs a fresh grant after these.
bool uses_up_grant(OfferReply reply);
std::string_view name(OfferReply reply);

struct OfferAnswer {
    OfferReply reply{};
    std::uint32_t pid = 0;
    std::string reason;
};
constexpr std::size_t answer_bytes_max = 1024;

std::string encode(const OfferAnswer& answer);
std::optional<OfferAnswer> decode_offer_answer(std::string_view record);

} // namespace hearth::protocol
