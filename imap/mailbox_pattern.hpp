// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace hearth::imap {

/// A pattern of LIST (RFC 9051 section 6.3.9), made ready for many names: '*' stands for anything, '%' for anything but
/// the separator. Runs as an automaton of one bit per letter of the pattern, 64 at a time: name × pattern / 64 steps
/// whatever the wildcards are.
class MailboxPattern {
public:
    MailboxPattern(std::string_view pattern, char separator);
    [[nodiscard]] bool matches(std::string_view name) const;

private:
    using Bits = std::vector<std::uint64_t>;

    void set(Bits& bits, std::size_t position) { bits[position / 64] |= std::uint64_t{1} << position % 64; }

    // Position i: the first i letters of the pattern (wildcards don't count) are matched.
    char separator_;
    std::size_t letters_ = 0;
    std::size_t words_;
    Bits stays_at_star_, stays_at_any_;     // positions before a '*'; before a '*' or '%'
    std::array<std::uint16_t, 256> rows_{}; // of each byte: where in letter_bits_ its row is, 0: in no pattern
    std::vector<Bits> letter_bits_;         // positions after which this byte is the pattern's next letter
};

} // namespace hearth::imap
