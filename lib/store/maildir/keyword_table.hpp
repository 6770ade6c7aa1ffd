// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::store {

/// How many keywords the letters of Maildir file names can name.
constexpr std::size_t keyword_letters = 26;

/// Whether a client could write this keyword (an atom, RFC 9051 flag-keyword) and it is of sensible length.
bool is_keyword(std::string_view name);

/// The keywords of a mailbox in the order a client sees them, and which letter stands for which. Names that were seen
/// once keep their place, so that a keyword's number doesn't change under an open mailbox. At most keywords_max
/// (store.hpp) names. Pure.
class KeywordTable {
public:
    /// Takes the text of dovecot-keywords (lines `<letter number> <name>`); broken lines are left out. Letters are
    /// then exactly those of the text. True when a name was added.
    bool update(std::string_view text);
    /// Its text: of the names that have a letter.
    [[nodiscard]] std::string text() const;

    /// The number of a name, any case.
    [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const;
    /// The number of a name that is added unless it is there; nothing when there are too many, or it is no keyword.
    std::optional<std::size_t> add(std::string_view name);
    /// Gives the keyword `number` a free letter. False: it has one already, or there is none.
    bool give_letter(std::size_t number);

    /// Keyword bits, as MessageRow has them, of the letters in a file name (bit i: 'a' + i). Letters without name stand
    /// for nothing.
    [[nodiscard]] std::uint64_t bits(std::uint32_t letters) const;
    /// The letters of keyword bits, as far as they have one.
    [[nodiscard]] std::uint32_t letters(std::uint64_t bits) const;
    /// The bits that some letter stands for.
    [[nodiscard]] std::uint64_t lettered_bits() const { return bits((1U << keyword_letters) - 1); }
    /// Gives the letters other names: per letter 1 + the number of its name, 0 for none.
    void take_letters(const std::array<std::int8_t, keyword_letters>& numbers);
    /// What take_letters() takes.
    [[nodiscard]] std::array<std::int8_t, keyword_letters> letter_numbers() const;
    [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

private:
    std::vector<std::string> names_;                    // at most keywords_max
    std::array<std::uint64_t, keyword_letters> bits_{}; // per letter; 0: no name
};

} // namespace hearth::store
