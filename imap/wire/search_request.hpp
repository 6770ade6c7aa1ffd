// SPDX-License-Identifier: Apache-2.0
// What SEARCH asks for (RFC 9051 section 6.4.4, RFC 4731): a tree of keys. The parser keeps its own stack, so that
// nesting costs no call depth; the tree is at most `search_depth_max` deep, so walking it may recurse.
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

struct SearchKey {
    enum class Kind {
        all,
        sequence,
        uid,
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
    enum class Cost { row, size, message, text };

    Kind kind = Kind::all;
    Cost cost = Cost::row;
    mail::Flag flag = mail::Flag::seen;
    std::uint64_t number = 0;           ///< larger, smaller: bytes
    std::int64_t day = 0;               ///< the date keys: days since 1970
    std::string name;                   ///< keyword, or header field
    std::string text;                   ///< what to look for, as sent
    std::optional<mail::NumberSet> set; ///< sequence, uid
    std::vector<SearchKey> children;    ///< negate: 1, any: 2, every: any number; cheapest first
};

/// RETURN options of RFC 4731. Absent: the old SEARCH reply.
struct SearchReturn {
    bool min = false, max = false, count = false, all = false;
};

struct SearchRequest {
    std::optional<SearchReturn> returns;
    /// A charset that we don't know: the command is answered NO [BADCHARSET] and `key` is empty.
    std::string unknown_charset;
    SearchKey key;
};

std::optional<SearchRequest> read_search_request(Arguments& arguments);

} // namespace hearth::imap
