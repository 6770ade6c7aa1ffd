// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace hearth::imap {

/// What a session did, as Dovecot counts it (imap_logout_format).
struct Statistics {
    std::uint64_t bytes_in = 0, bytes_out = 0;
    std::uint64_t deleted = 0, expunged = 0, trashed = 0;
    std::uint64_t header_count = 0, header_bytes = 0; ///< BODY[HEADER...] and BODY[n.MIME] sent
    std::uint64_t body_count = 0, body_bytes = 0;     ///< other sections sent

    /// "in=12 out=345 deleted=0 ..."
    [[nodiscard]] std::string text() const;
};

} // namespace hearth::imap
