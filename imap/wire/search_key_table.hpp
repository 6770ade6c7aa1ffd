// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/search_key.hpp"

#include <string_view>

namespace hearth::imap {

/// A search key's name and what stands after it.
struct SearchKeyName {
    enum class Operand { none, keyword, number, positive, date, set, string, field_and_string, modseq, object_id };

    std::string_view name;
    SearchKey::Kind kind;
    Operand operand = Operand::none;
    SearchKey::Cost cost = SearchKey::Cost::row;
    mail::Flag flag = mail::Flag::seen;
    std::string_view field = {};
};

/// Null when there is no such key. NOT, OR, FUZZY and parentheses aren't in the table: they hold other keys.
const SearchKeyName* find_search_key(std::string_view name);

} // namespace hearth::imap
