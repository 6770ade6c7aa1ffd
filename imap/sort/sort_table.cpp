// SPDX-License-Identifier: Apache-2.0
#include "sort/sort_table.hpp"

#include <algorithm>

namespace hearth::imap {
namespace {

using By = SortCriterion::By;

bool is_number(By by) {
    return by == By::arrival || by == By::date || by == By::relevancy || by == By::size;
}

// RFC 5256 section 2.2: without a date of its own a message was sent when it came.
std::int64_t date_of(const mail::Digest& digest, const MessageReader& message) {
    return digest.sent.value_or(message.row().internal_date);
}

std::string_view string_of(By by, const mail::Digest& digest) {
    switch (by) {
    case By::cc: return digest.cc;
    case By::from: return digest.from;
    case By::to: return digest.to;
    case By::display_from: return digest.display_from;
    case By::display_to: return digest.display_to;
    default: return digest.subject;
    }
}

bool needs_digest(By by) {
    return by != By::arrival && by != By::relevancy && by != By::size;
}

} // namespace

SortTable::SortTable(std::vector<SortCriterion> criteria, std::span<const std::uint8_t> relevancies)
    : relevancies_(relevancies) {
    for (const auto& criterion : criteria)
        columns_.push_back({criterion, {}, {}});
}

Result<void> SortTable::add(std::uint32_t row_index, MessageReader& message) {
    // First all that may fail, then all columns at once.
    std::int64_t size = 0;
    if (has([](By by) { return by == By::size; })) {
        const auto known = message.size();
        if (!known) return known.error();
        size = static_cast<std::int64_t>(*known);
    }
    mail::Digest digest;
    if (has(needs_digest)) {
        const auto known = message.digest();
        if (!known) return known.error();
        digest = *known;
    }
    for (auto& column : columns_) {
        const auto by = column.criterion.by;
        if (by == By::arrival)
            column.numbers.push_back(message.row().internal_date);
        else if (by == By::date)
            column.numbers.push_back(date_of(digest, message));
        else if (by == By::relevancy) // the best first
            column.numbers.push_back(-std::int64_t{relevancies_[row_index]});
        else if (by == By::size)
            column.numbers.push_back(size);
        else
            column.strings.emplace_back(string_of(by, digest));
    }
    rows_.push_back(row_index);
    return {};
}

template <class Predicate> bool SortTable::has(Predicate predicate) const {
    return std::any_of(
        columns_.begin(), columns_.end(), [&](const Column& column) { return predicate(column.criterion.by); });
}

bool SortTable::before(std::uint32_t a, std::uint32_t b) const {
    for (const auto& column : columns_) {
        int order = 0;
        if (is_number(column.criterion.by))
            order = column.numbers[a] < column.numbers[b] ? -1 : column.numbers[a] > column.numbers[b] ? 1 : 0;
        else
            order = column.strings[a].compare(column.strings[b]);
        if (order != 0) return column.criterion.reverse ? order > 0 : order < 0;
    }
    return rows_[a] < rows_[b];
}

} // namespace hearth::imap
