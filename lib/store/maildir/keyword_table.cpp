// SPDX-License-Identifier: Apache-2.0
#include "store/maildir/keyword_table.hpp"

#include "base/text.hpp"
#include "store/store.hpp"

#include <algorithm>
#include <bit>

namespace hearth::store {
namespace {

constexpr std::size_t name_bytes_max = 1024; // mail_max_keyword_length is 50 by default

} // namespace

bool is_keyword(std::string_view name) {
    constexpr std::string_view specials = "(){%*\"\\]";
    return !name.empty() && name.size() <= name_bytes_max && std::all_of(name.begin(), name.end(), [&](char c) {
        return c > ' ' && c < 0x7f && specials.find(c) == std::string_view::npos;
    });
}

bool KeywordTable::update(std::string_view text) {
    const auto known = names_.size();
    bits_.fill(0);
    for (const auto line : split(text, '\n')) {
        const auto blank = line.find(' ');
        const auto letter = parse_u64(line.substr(0, blank));
        if (blank == std::string_view::npos || !letter || *letter >= keyword_letters) continue;
        if (const auto number = add(line.substr(blank + 1))) bits_[*letter] = std::uint64_t{1} << *number;
    }
    return names_.size() > known;
}

std::string KeywordTable::text() const {
    std::string text;
    for (std::size_t letter = 0; letter < keyword_letters; ++letter)
        for (std::size_t i = 0; i < names_.size(); ++i)
            if (bits_[letter] == std::uint64_t{1} << i) text += std::to_string(letter) + " " + names_[i] + "\n";
    return text;
}

std::optional<std::size_t> KeywordTable::find(std::string_view name) const {
    const auto at = std::find_if(
        names_.begin(), names_.end(), [&](const std::string& other) { return equal_ignoring_case(other, name); });
    return at == names_.end() ? std::nullopt : std::optional(static_cast<std::size_t>(at - names_.begin()));
}

std::optional<std::size_t> KeywordTable::add(std::string_view name) {
    if (const auto number = find(name)) return number;
    if (names_.size() == keywords_max || !is_keyword(name)) return std::nullopt;
    names_.emplace_back(name);
    return names_.size() - 1;
}

bool KeywordTable::give_letter(std::size_t number) {
    const auto bit = std::uint64_t{1} << number;
    const auto free = std::find(bits_.begin(), bits_.end(), 0);
    if (free == bits_.end() || std::find(bits_.begin(), bits_.end(), bit) != bits_.end()) return false;
    *free = bit;
    return true;
}

void KeywordTable::take_letters(const std::array<std::int8_t, keyword_letters>& numbers) {
    for (std::size_t i = 0; i < keyword_letters; ++i) {
        const auto number = static_cast<std::size_t>(std::max<std::int8_t>(numbers[i], 0));
        bits_[i] = number == 0 || number > names_.size() ? 0 : std::uint64_t{1} << (number - 1);
    }
}

std::array<std::int8_t, keyword_letters> KeywordTable::letter_numbers() const {
    std::array<std::int8_t, keyword_letters> numbers{};
    for (std::size_t i = 0; i < keyword_letters; ++i)
        if (bits_[i] != 0) numbers[i] = static_cast<std::int8_t>(1 + std::countr_zero(bits_[i]));
    return numbers;
}

std::uint64_t KeywordTable::bits(std::uint32_t letters) const {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < keyword_letters; ++i)
        if ((letters >> i & 1) != 0) bits |= bits_[i];
    return bits;
}

std::uint32_t KeywordTable::letters(std::uint64_t bits) const {
    std::uint32_t letters = 0;
    for (std::size_t i = 0; i < keyword_letters; ++i)
        if ((bits_[i] & bits) != 0) letters |= std::uint32_t{1} << i;
    return letters;
}

} // namespace hearth::store
