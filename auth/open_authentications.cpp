// SPDX-License-Identifier: Apache-2.0
#include "open_authentications.hpp"
#include "base/ensure.hpp"

namespace hearth::auth {

boost::system::result<Authentication*, OpenAuthentications::Refusal> OpenAuthentications::begin(
    std::uint32_t id, Time now) {
    if (find(id, now) != nullptr) return Refusal::duplicate;
    if (open_.size() >= open_authentications_max) expire(now);
    if (open_.size() >= open_authentications_max) return Refusal::full;
    auto& authentication = open_[id];
    authentication.serial = next_serial_++;
    authentication.until = now + exchange_lifetime;
    return &authentication;
}

Authentication* OpenAuthentications::find(std::uint32_t id, Time now) {
    const auto found = open_.find(id);
    if (found == open_.end()) return nullptr;
    if (found->second.until > now) return &found->second;
    open_.erase(found);
    return nullptr;
}

Authentication* OpenAuthentications::find(std::uint32_t id, std::uint64_t serial, Time now) {
    auto* authentication = find(id, now);
    return authentication != nullptr && authentication->serial == serial ? authentication : nullptr;
}

void OpenAuthentications::finish(
    Authentication& authentication, protocol::Identity identity, const SessionId& session, Time now) {
    authentication.exchange.reset();
    authentication.identity = std::move(identity);
    authentication.session = session;
    authentication.grants = 1;
    authentication.until = now + protocol::auth::finished_lifetime;
}

Authentication* OpenAuthentications::take_grant(std::uint32_t id, Time now) {
    auto* authentication = find(id, now);
    if (authentication == nullptr || !authentication->identity) return nullptr;
    if (authentication->grants >= protocol::auth::grants_max) return nullptr;
    ++authentication->grants;
    return authentication;
}

void OpenAuthentications::end(std::uint32_t id) {
    open_.erase(id);
}

void OpenAuthentications::expire(Time now) {
    std::erase_if(open_, [now](const auto& entry) { return entry.second.until <= now; });
}

void OpenAuthentications::verify_invariants() const {
    ensure(open_.size() <= open_authentications_max, "too many open authentications on a stream");
    for (const auto& [id, authentication] : open_) {
        ensure(authentication.serial != 0 && authentication.serial < next_serial_,
            "an authentication has no serial number");
        ensure(authentication.identity.has_value() == (authentication.grants > 0),
            "only finished authentications have grants");
        ensure(authentication.grants <= protocol::auth::grants_max, "an authentication has too many grants");
        ensure(!authentication.identity || !authentication.exchange, "a finished authentication still has an exchange");
    }
}

} // namespace hearth::auth
