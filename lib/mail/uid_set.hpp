// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::mail {

/// A sequence-set of RFC 9051 ("1:4,7,9:*") as parsed: "*" is kept until the largest number is known.
class NumberSet {
public:
    struct Range {
        std::uint32_t first, last; ///< first <= last; `star` for "*"
    };
    static constexpr std::uint32_t star = 0xffffffff;

    /// Nothing on a syntax error, a zero, or more than `ranges_max` ranges.
    static std::optional<NumberSet> parse(std::string_view text);
    static constexpr std::size_t ranges_max = 100000;

    /// Sorted, merged ranges with "*" replaced by `largest` ("9:*" with largest 4 means 4:9, as the RFC says).
    [[nodiscard]] std::vector<Range> resolve(std::uint32_t largest) const;
    [[nodiscard]] bool contains(std::uint32_t number, std::uint32_t largest) const;

private:
    std::vector<Range> ranges_;
};

/// The shortest sequence-set for sorted numbers: {1,2,3,7} is "1:3,7".
std::string to_sequence_set(const std::vector<std::uint32_t>& sorted);

} // namespace hearth::mail
