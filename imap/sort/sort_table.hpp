// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "search/message_reader.hpp"
#include "wire/search_request.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace hearth::imap {

/// What SORT compares: for each message the values of all criteria, strings in the form of i;unicode-casemap
/// (RFC 5256 section 3, RFC 5957). Pure but for the reader.
class SortTable {
public:
    /// `relevancies`, by row, are for that criterion; they outlive this.
    explicit SortTable(std::vector<SortCriterion> criteria, std::span<const std::uint8_t> relevancies = {});

    /// Adds a message's line; row_index is its place in the mailbox. On failure nothing was added: Error::busy and
    /// Error::unfinished may be asked again with the same reader.
    Result<void> add(std::uint32_t row_index, MessageReader& message);

    [[nodiscard]] std::size_t size() const { return rows_.size(); }
    [[nodiscard]] std::uint32_t row(std::uint32_t line) const { return rows_[line]; }
    /// Whether line `a` comes before line `b`; equal ones in the order of the mailbox (RFC 5256 section 3).
    [[nodiscard]] bool before(std::uint32_t a, std::uint32_t b) const;

private:
    struct Column {
        SortCriterion criterion;
        std::vector<std::int64_t> numbers; // of one kind of criterion this,
        std::vector<std::string> strings;  // of the other that
    };

    template <class Predicate> [[nodiscard]] bool has(Predicate predicate) const;

    std::span<const std::uint8_t> relevancies_;
    std::vector<Column> columns_;
    std::vector<std::uint32_t> rows_;
};

} // namespace hearth::imap
