// SPDX-License-Identifier: Apache-2.0
#include "store/maildir/keyword_table.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace hearth::store {
namespace {

constexpr std::size_t names_max = 32;        // bits of MessageRow::keywords
constexpr std::size_t name_bytes_max = 1024; // mail_max_keyword_length is 50 by default

// A keyword is an atom (RFC 9051 flag-keyword); anything else couldn't be sent to a client.
bool is_keyword(std::string_view name) {
    constexpr std::string_view specials = "(){%*\"\\]";
    return !name.empty() && name.size() <= name_bytes_max && std::all_of(name.begin(), name.end(), [&](char c) {
        return c > ' ' && c < 0x7f && specials.find(c) == std::string_view::npos;
    });
}

} // namespace

bool KeywordTable::update(std::string_view text) {
    const auto known = names_.size();
    bits_.fill(0);
    for (const auto line : split(text, '\n')) {
        const auto blank = line.find(' ');
        const auto letter = parse_u64(line.substr(0, blank));
        if (blank == std::string_view::npos || !letter || *letter >= keyword_letters) continue;
        const auto name = line.substr(blank + 1);
        if (!is_keyword(name)) continue;
        auto at = std::find_if(
            names_.begin(), names_.end(), [&](const std::string& other) { return equal_ignoring_case(other, name); });
        if (at == names_.end()) {
            if (names_.size() == names_max) continue;
            at = names_.emplace(names_.end(), name);
        }
        bits_[*letter] = std::uint32_t{1} << (at - names_.begin());
    }
    return names_.size() > known;
}

std::uint32_t KeywordTable::bits(std::uint32_t letters) const {
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < keyword_letters; ++i)
        if ((letters >> i & 1) != 0) bits |= bits_[i];
    return bits;
}

} // namespace hearth::store
