// SPDX-License-Identifier: Apache-2.0
#include "store/search/fuzzy_query.hpp"

#include "mail/full_text.hpp"

#include <algorithm>

namespace hearth::store {
namespace {

// Columns of the table in search_file.cpp.
std::string_view columns_of(FuzzyField field) {
    switch (field) {
    case FuzzyField::subject: return "subject : ";
    case FuzzyField::from: return "sender : ";
    case FuzzyField::to: return "recipient : ";
    case FuzzyField::cc: return "cc : ";
    case FuzzyField::bcc: return "bcc : ";
    case FuzzyField::body: return "body : ";
    case FuzzyField::text: return "";
    }
    return "";
}

std::string quoted(std::string_view word) {
    std::string text = "\"";
    for (const char c : word) {
        if (c == '"') text += '"';
        text += c;
    }
    return text + '"';
}

// Whether it ends with a run of letters that is long enough to be the begin of a word.
bool ends_with_prefix(std::string_view word) {
    std::size_t characters = 0;
    for (auto at = word.rbegin(); at != word.rend(); ++at) {
        const auto byte = static_cast<unsigned char>(*at);
        const bool is_letter =
            (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
        if (byte < 0x80 && !is_letter) break;
        if ((byte & 0xc0) != 0x80) ++characters;
    }
    return characters >= fuzzy_prefix_characters_min;
}

} // namespace

std::optional<std::string> fuzzy_query(FuzzyField field, std::string_view words) {
    const auto wanted = mail::wanted_words(words, fuzzy_words_max);
    if (wanted.empty()) return std::nullopt;
    std::string query(columns_of(field));
    query += '(';
    for (const auto& word : wanted) {
        if (query.back() != '(') query += " AND ";
        query += quoted(word);
    }
    if (ends_with_prefix(wanted.back())) query += " *";
    return query + ')';
}

} // namespace hearth::store
