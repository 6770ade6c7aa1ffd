// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hearth::imap::command {

/// A message that comes as a literal8 (RFC 3516 section 4.4), until it is whole: only then it is known which parts are
/// binary, and these must not go into a store of lines as they are.
class BinaryMessage {
public:
    /// A larger message isn't kept in memory: it goes to the store as it comes, and the line ends in its binary parts
    /// become CRLF.
    static constexpr std::uint64_t bytes_max = std::uint64_t{16} << 20;

    void add(std::string_view piece);
    /// All of it, binary parts in base64.
    std::string take();

private:
    std::string bytes_;
    bool may_have_binary_parts_ = false;
};

} // namespace hearth::imap::command
