// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/store.hpp"
#include "wire/search_return.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::imap {

/// What SEARCH or SORT found: rows, in the order of the result.
struct SearchResult {
    std::span<const store::MessageRow> rows; ///< all of the mailbox
    std::vector<std::uint32_t> found;        ///< indexes into `rows`
    bool uid = false;                        ///< told as UIDs
    bool with_modseq = false;                ///< RFC 7162 section 3.1.5
    std::vector<std::uint8_t> relevancies;   ///< RFC 6203, by row; empty: nobody asked for them

    [[nodiscard]] std::uint32_t number(std::uint32_t index) const { return uid ? rows[index].uid : index + 1; }
};

/// "* SEARCH 2 3 (MODSEQ 917162500)" or, with `name`, "* SORT ...".
void append_search(std::string& out, std::string_view name, const SearchResult& result);

/// "* ESEARCH (TAG "a1") UID MIN 4 COUNT 7" (RFC 4731; PARTIAL: RFC 9394).
void append_esearch(
    std::string& out, const SearchResult& result, const SearchReturn& wanted, std::string_view tag);

/// The UIDs that "$" stands for from now on, ascending (RFC 5182 section 2.1, RFC 9394 section 3.2).
std::vector<std::uint32_t> saved_result(const SearchResult& result, const SearchReturn& wanted);

/// The part of `found` that a page names.
std::span<const std::uint32_t> page(std::span<const std::uint32_t> found, const PartialRange& range);

} // namespace hearth::imap
