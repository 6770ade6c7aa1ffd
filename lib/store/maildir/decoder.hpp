// SPDX-License-Identifier: Apache-2.0
// The stored form of a message file, told by its first bytes, and its bytes unpacked.
#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace hearth::store {

/// How a file is stored. The first three are read, the others are only told apart, to be refused by name.
enum class StoredForm { plain, gzip, zstd, bzip2, xz, lz4, encrypted };

/// Told by the first `stored_form_bytes` bytes of a file.
StoredForm stored_form(std::string_view start);
constexpr std::size_t stored_form_bytes = 16;
/// "gzip", "encrypted (Dovecot mail-crypt)", ...
std::string_view name_of(StoredForm form);

/// A file's bytes, unpacked, in order.
class Decoder {
public:
    virtual ~Decoder() = default;
    /// Appends the next bytes to `out`, at most 64 KiB, and says how many; 0 at the end. Error::corrupt: damaged or cut
    /// off.
    virtual Result<std::size_t> read(std::string& out) = 0;
    /// Begins anew.
    virtual Result<void> rewind() = 0;
};

/// For `plain`, `gzip` and `zstd`; null for the others.
std::unique_ptr<Decoder> make_decoder(StoredForm form, UniqueFd fd);

} // namespace hearth::store
