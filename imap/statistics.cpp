// SPDX-License-Identifier: Apache-2.0
#include "statistics.hpp"

#include <fmt/format.h>

namespace hearth::imap {

std::string Statistics::text() const {
    return fmt::format(
        "in={} out={} deleted={} expunged={} trashed={} hdr_count={} hdr_bytes={} body_count={} body_bytes={}",
        bytes_in, bytes_out, deleted, expunged, trashed, header_count, header_bytes, body_count, body_bytes);
}

} // namespace hearth::imap
