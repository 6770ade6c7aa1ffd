// SPDX-License-Identifier: Apache-2.0
#include "sort/sort_table.hpp"
#include "case_folding.hpp"
#include "search/sent_moment.hpp"

#include "mail/base_subject.hpp"
#include "mail/sort_keys.hpp"

namespace hearth::imap {
namespace {

using By = SortCriterion::By;

/// A long string decides no order any more: memory for what clients and strangers send is bounded.
constexpr std::size_t sort_string_bytes_max = 256;

bool is_number(By by) {
    return by == By::arrival || by == By::date || by == By::size;
}

Result<std::int64_t> number_of(By by, MessageReader& message) {
    if (by == By::arrival) return message.row().internal_date;
    if (by == By::date) return sent_moment(message);
    const auto size = message.size();
    if (!size) return size.error();
    return static_cast<std::int64_t>(*size);
}

Result<std::string> string_of(By by, MessageReader& message) {
    const auto envelope = message.envelope();
    if (!envelope) return envelope.error();
    const auto& fields = **envelope;
    switch (by) {
    case By::cc: return mail::sort_mailbox(fields.cc);
    case By::from: return mail::sort_mailbox(fields.from);
    case By::to: return mail::sort_mailbox(fields.to);
    case By::display_from: return mail::display_name(fields.from);
    case By::display_to: return mail::display_name(fields.to);
    default: return mail::base_subject(mail::decode_header_text(fields.subject.value_or("")));
    }
}

} // namespace

SortTable::SortTable(std::vector<SortCriterion> criteria) {
    for (const auto& criterion : criteria)
        columns_.push_back({criterion, {}, {}});
}

Result<void> SortTable::add(std::uint32_t row_index, MessageReader& message) {
    // First all that may fail, then all columns at once.
    std::vector<std::int64_t> numbers(columns_.size());
    std::vector<std::string> strings(columns_.size());
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        const auto by = columns_[i].criterion.by;
        if (is_number(by)) {
            const auto number = number_of(by, message);
            if (!number) return number.error();
            numbers[i] = *number;
        } else {
            const auto text = string_of(by, message);
            if (!text) return text.error();
            strings[i] = fold_case(std::string_view(*text).substr(0, sort_string_bytes_max));
        }
    }
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (is_number(columns_[i].criterion.by))
            columns_[i].numbers.push_back(numbers[i]);
        else
            columns_[i].strings.push_back(std::move(strings[i]));
    }
    rows_.push_back(row_index);
    return {};
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
