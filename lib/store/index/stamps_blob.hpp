// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/index/mailbox_state.hpp"

#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace hearth::store {

/// The stamps as they are kept: the numbers as they lie in memory. An index doesn't leave its machine; one that does
/// has stamps that fit nothing.
struct StampsBlob {
    MailboxStamps stamps;
    Stamp mark;
    std::uint64_t mark_uidnext = 1;
};
static_assert(std::is_trivially_copyable_v<StampsBlob>);

inline std::string encode_stamps(const MailboxState& state) {
    StampsBlob blob;
    blob.stamps = state.stamps;
    blob.mark = state.mark.stamp;
    blob.mark_uidnext = state.mark.uidnext;
    return {reinterpret_cast<const char*>(&blob), sizeof blob}; // NOLINT: bytes of plain numbers
}

/// Bytes of another length (another version of this) leave the stamps at "never seen".
inline void decode_stamps(std::string_view bytes, MailboxState& state) {
    StampsBlob blob;
    if (bytes.size() == sizeof blob) std::memcpy(&blob, bytes.data(), sizeof blob);
    state.stamps = blob.stamps;
    state.mark.stamp = blob.mark;
    state.mark.uidnext = static_cast<std::uint32_t>(blob.mark_uidnext);
}

} // namespace hearth::store
