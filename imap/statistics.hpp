// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hearth::imap {

/// What a session did, as Dovecot counts it (imap_logout_format).
struct Statistics {
    std::uint64_t bytes_in = 0, bytes_out = 0;
    std::uint64_t deleted = 0, expunged = 0, trashed = 0;
    std::uint64_t header_count = 0, header_bytes = 0; ///< BODY[HEADER...] and BODY[n.MIME] sent
    std::uint64_t body_count = 0, body_bytes = 0;     ///< other sections sent

    /// Dovecot's default.
    static constexpr std::string_view default_format =
        "in=%i out=%o deleted=%{deleted} expunged=%{expunged} trashed=%{trashed} hdr_count=%{fetch_hdr_count} "
        "hdr_bytes=%{fetch_hdr_bytes} body_count=%{fetch_body_count} body_bytes=%{fetch_body_bytes}";

    /// "in=12 out=345 deleted=0 ...": `format` with its %i, %o, %{input}, %{output} and the long names above; "%%" is "%".
    /// What isn't known stays as it is.
    [[nodiscard]] std::string text(std::string_view format = default_format) const;
};

} // namespace hearth::imap
