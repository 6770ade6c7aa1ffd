// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "protocol/grant.hpp"

namespace hearth::auth {

/// Writes grants (docs/protocol/handover.md): the only maker of SEQPACKET sockets in auth, so that the kernel's word
/// "made by auth's uid" means "a grant".
class GrantMaker {
public:
    GrantMaker(const protocol::Key& key, std::uint32_t generation);
    ~GrantMaker();
    GrantMaker(const GrantMaker&) = delete;
    GrantMaker& operator=(const GrantMaker&) = delete;

    /// The descriptor to pass on: it holds one record, then end of file. Fails when descriptors run out, and with
    /// EMSGSIZE when the identity doesn't fit protocol::grant_bytes_max.
    [[nodiscard]] Result<UniqueFd> make(
        const std::string& service, const protocol::Identity& identity, const SessionId& session, Time now) const;

    [[nodiscard]] std::uint32_t generation() const { return generation_; }

private:
    protocol::Key key_;
    std::uint32_t generation_;
};

} // namespace hearth::auth
