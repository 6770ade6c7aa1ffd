// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::store {

/// How many keywords the letters of Maildir file names can name.
constexpr std::size_t keyword_letters = 26;

/// The keywords of a mailbox in the order a client sees them, and which letter stands for which. Names that were seen
/// once keep their place, so that a keyword's number doesn't change under an open mailbox. Pure.
class KeywordTable {
public:
    /// Takes the text of dovecot-keywords (lines `<letter number> <name>`); broken lines are left out. True when a name
    /// was added.
    bool update(std::string_view text);
    /// Keyword bits, as MessageRow has them, of the letters in a file name. Letters without name stand for nothing.
    [[nodiscard]] std::uint32_t bits(std::uint32_t letters) const;
    [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

private:
    std::vector<std::string> names_;                    // at most 32
    std::array<std::uint32_t, keyword_letters> bits_{}; // per letter; 0: no name
};

} // namespace hearth::store
