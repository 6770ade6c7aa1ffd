// SPDX-License-Identifier: Apache-2.0
// What SEARCH, SORT and THREAD look for (RFC 9051 section 6.4.4; RFC 5032, 5182, 6203, 7162, 8474, 8514): a tree of keys.
// The reader keeps its own stack, so that nesting costs no call depth; the tree is at most `search_depth_max` deep, so
// walking it may recurse.
#pragma once

#include "mail/flags.hpp"
#include "mail/uid_set.hpp"
#include "wire/arguments.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hearth::imap {

constexpr std::size_t search_depth_max = 100;
/// Keys of one command.
constexpr std::size_t search_keys_max = 2000;
/// Keys of one command that read whole messages or ask the full-text index: BODY, TEXT, FUZZY ones of header fields.
constexpr std::size_t search_text_keys_max = 50;
/// Bytes of one string that is looked for.
constexpr std::size_t search_string_bytes_max = 1024;

struct SearchKey {
    enum class Kind {
        all,
        sequence,
        uid,
        saved_result, ///< "$" of RFC 5182
        flag,
        no_flag,
        keyword,
        no_keyword,
        recent,
        not_recent,
        unseen_and_recent,
        larger,
        smaller,
        before,
        on,
        since,
        younger, ///< RFC 5032
        older,
        modseq,     ///< RFC 7162
        email_id,   ///< RFC 8474
        thread_id,
        saved_before, ///< RFC 8514
        saved_on,
        saved_since,
        saves_dates,
        sent_before,
        sent_on,
        sent_since,
        header,
        body,
        text,
        negate,
        any,
        every,
    };
    /// What must be looked at to know: cheaper keys are asked first.
    enum class Cost { row, facts, size, summary, header, text };

    Kind kind = Kind::all;
    Cost cost = Cost::row;
    mail::Flag flag = mail::Flag::seen;
    bool fuzzy = false;                 ///< RFC 6203; of header, body and text only, others are exact anyway
    std::uint64_t number = 0;           ///< larger, smaller: bytes; younger, older: seconds; modseq
    std::int64_t day = 0;               ///< the date keys: days since 1970
    std::string name;                   ///< keyword, header field, object id
    std::string text;                   ///< what to look for, in UTF-8
    std::optional<mail::NumberSet> set; ///< sequence, uid
    std::vector<SearchKey> children;    ///< negate: 1, any: 2, every: any number; cheapest first
};

/// Reads keys to the end of the command. They are all to hold: the root is `every`. `has_fuzzy`, unless null, is told
/// whether FUZZY stands before any of them.
std::optional<SearchKey> read_search_keys(Arguments& arguments, bool* has_fuzzy = nullptr);

/// Whether `key` or one below it satisfies `test`.
template <class Test> bool has_key(const SearchKey& key, const Test& test) {
    if (test(key)) return true;
    for (const auto& child : key.children)
        if (has_key(child, test)) return true;
    return false;
}

} // namespace hearth::imap
