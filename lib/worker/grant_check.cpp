// SPDX-License-Identifier: Apache-2.0
#include "worker/grant_check.hpp"
#include "base/skip_check.hpp"
#include "base/text.hpp"
#include "net/unix_socket.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace hearth::worker {
namespace {

using protocol::OfferReply;

std::optional<int> option(int fd, int which) {
    int value = 0;
    socklen_t size = sizeof value;
    if (::getsockopt(fd, SOL_SOCKET, which, &value, &size) != 0) return std::nullopt;
    return value;
}

// An unnamed unix socket's address is its family alone.
using Namer = int (*)(int, sockaddr*, socklen_t*);
bool is_unnamed(int fd, Namer ask) {
    sockaddr_un address{};
    socklen_t size = sizeof address;
    return ask(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0 && address.sun_family == AF_UNIX &&
           size == sizeof address.sun_family;
}

// Check 1: one end of a SEQPACKET socketpair. A connection to a listener has a named peer; the accepted end of a
// connection that auth makes elsewhere has an unnamed peer but a name of its own: both ends must be without one.
bool is_pair_end(int fd) {
    return option(fd, SO_DOMAIN) == AF_UNIX && option(fd, SO_TYPE) == SOCK_SEQPACKET &&
           is_unnamed(fd, [](int s, sockaddr* a, socklen_t* n) { return ::getpeername(s, a, n); }) &&
           is_unnamed(fd, [](int s, sockaddr* a, socklen_t* n) { return ::getsockname(s, a, n); });
}

bool is_from(int fd, uid_t uid) {
    const auto creator = net::peer_credentials(fd);
    return creator && creator->uid == uid;
}

// Check 4: auth writes once and closes.
bool is_at_end(int fd) {
    const auto rest = net::receive_message(fd, 1);
    return rest && rest->bytes.empty() && rest->fds.empty() && !rest->truncated;
}

bool may_have_gid(std::uint32_t gid, const GrantRules& rules) {
    return gid != 0 && gid != rules.login_gid;
}

// Check 10: what is wrong with the ids, or nothing.
std::string complain_about_ids(const protocol::Identity& who, const GrantRules& rules) {
    if (who.uid == 0) return "uid 0 is never served";
    if (!rules.managed) {
        if (who.uid == rules.own_uid) return {};
        return fmt::format("uid {} is not the one this instance runs as ({})", who.uid, rules.own_uid);
    }
    if (!rules.valid_uids.contains(who.uid))
        return fmt::format("uid {} is outside first_valid_uid..last_valid_uid", who.uid);
    if (!rules.valid_gids.contains(who.gid))
        return fmt::format("gid {} is outside first_valid_gid..last_valid_gid", who.gid);
    const bool groups_are_good =
        std::all_of(who.groups.begin(), who.groups.end(), [&](std::uint32_t gid) { return may_have_gid(gid, rules); });
    if (who.uid == rules.auth_uid || !may_have_gid(who.gid, rules) || !groups_are_good)
        return fmt::format("uid {} or one of its groups belongs to Hearth or root", who.uid);
    return {};
}

Refusal cannot(std::string reason) {
    return {OfferReply::cannot, std::move(reason)};
}

} // namespace

std::optional<protocol::OfferHead> check_offer(const net::Received& offer) {
    if (!skips(7)) {
        if (offer.truncated || offer.fds.size() != 2) return std::nullopt;
        if (option(offer.fds[0].get(), SO_TYPE) != SOCK_STREAM) return std::nullopt;
    }
    if (offer.fds.size() < 2) return std::nullopt; // whatever is left out of a build: what isn't there can't be used
    return protocol::decode_offer_head(offer.bytes);
}

std::variant<protocol::Grant, Refusal> read_grant(int fd, const GrantRules& rules, Time now) {
    if (!skips(1) && !is_pair_end(fd)) return Refusal{OfferReply::no_grant, "not one end of a socketpair"};
    if (!skips(2) && !is_from(fd, rules.auth_uid)) return Refusal{OfferReply::no_grant, "not made by auth"};

    auto record = net::receive_message(fd, protocol::grant_bytes_max);
    if (!record) return Refusal{OfferReply::no_grant, record.error().message()};
    if (record->bytes.empty()) return Refusal{OfferReply::no_grant, "used up"};
    if (!skips(3) && (record->truncated || !record->fds.empty())) return cannot("the grant is not one plain record");
    if (!skips(4) && !is_at_end(fd)) return cannot("the grant does not end after its record");

    auto grant = protocol::decode_grant(record->bytes);
    wipe(record->bytes);
    if (!grant) return cannot("the grant can not be read");
    if (!skips(5) && grant->service != rules.service)
        return cannot(fmt::format("the grant is for {}", printable(grant->service, 64)));
    if (!skips(6) && grant->expires <= now) return cannot("the grant has expired");
    if (!skips(10)) {
        if (auto complaint = complain_about_ids(grant->identity, rules); !complaint.empty())
            return cannot(std::move(complaint));
    }
    if (!skips(11) && grant->generation > rules.generation) {
        // Not OLD-GENERATION: login would try the same grant elsewhere, and it is used up now.
        auto refusal = cannot("the grant is of a newer configuration");
        refusal.outdated = true;
        return refusal;
    }
    return std::move(*grant);
}

Likeness compare(const protocol::Identity& bound, const protocol::Identity& offered) {
    if (!skips(8) && bound.user != offered.user) return Likeness::other_user;
    if (!skips(9)) {
        auto like = offered;
        if (skips(8)) like.user = bound.user; // the user's name alone is check 8's business
        if (bound != like) return Likeness::other_identity;
    }
    return Likeness::same;
}

} // namespace hearth::worker
