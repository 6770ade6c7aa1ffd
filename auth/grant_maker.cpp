// SPDX-License-Identifier: Apache-2.0
#include "grant_maker.hpp"
#include "net/unix_socket.hpp"

#include <cerrno>
#include <string.h>

namespace hearth::auth {

GrantMaker::GrantMaker(const protocol::Key& key, std::uint32_t generation) : key_(key), generation_(generation) {}

GrantMaker::~GrantMaker() {
    ::explicit_bzero(key_.data(), key_.size());
}

Result<UniqueFd> GrantMaker::make(
    const std::string& service, const protocol::Identity& identity, const SessionId& session, Time now) const {
    protocol::Grant grant;
    grant.service = service;
    grant.identity = identity;
    grant.session = session;
    grant.generation = generation_;
    grant.expires = now + protocol::grant_lifetime;
    grant.tag = protocol::identity_tag(key_, service, protocol::identity_hash(service, identity), identity.user);
    const auto record = protocol::encode(grant);
    if (record.size() > protocol::grant_bytes_max) return error_code(EMSGSIZE, boost::system::system_category());

    auto ends = net::socket_pair(net::sequenced);
    if (!ends) return ends.error();
    const auto sent = net::send_message(ends->first.get(), record);
    if (!sent) return sent.error();
    return std::move(ends->second); // our end closes here: end of file behind the record
}

} // namespace hearth::auth
