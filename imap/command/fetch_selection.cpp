// SPDX-License-Identifier: Apache-2.0
#include "command/fetch_selection.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace hearth::imap::command {

Selection::Selection(
    std::span<const store::MessageRow> rows, std::span<const RowRange> ranges, const FetchRequest& request)
    : ranges_(ranges.begin(), ranges.end()) {
    if (request.changed_since) keep_changed(rows, *request.changed_since);
    if (request.page) keep_page(*request.page);
}

void Selection::keep_changed(std::span<const store::MessageRow> rows, std::uint64_t since) {
    std::vector<RowRange> kept;
    for (const auto& range : ranges_)
        for (auto index = range.begin; index < range.end; ++index) {
            if (rows[index].modseq <= since) continue;
            if (!kept.empty() && kept.back().end == index)
                ++kept.back().end;
            else
                kept.push_back({index, index + 1});
        }
    ranges_ = std::move(kept);
}

std::optional<std::size_t> Selection::at_or_after(std::size_t range, std::size_t index) const {
    for (; range < ranges_.size(); ++range)
        if (index < ranges_[range].end) return std::max(index, ranges_[range].begin);
    return std::nullopt;
}

std::optional<std::size_t> Selection::first() const {
    return at_or_after(0, 0);
}

std::optional<std::size_t> Selection::next(std::size_t index) const {
    const auto range = std::upper_bound(
        ranges_.begin(), ranges_.end(), index, [](std::size_t i, const RowRange& r) { return i < r.end; });
    return at_or_after(static_cast<std::size_t>(range - ranges_.begin()), index + 1);
}

std::size_t Selection::count() const {
    std::size_t sum = 0;
    for (const auto& range : ranges_)
        sum += range.end - range.begin;
    return sum;
}

// Replaces the ranges by the page's rows.
void Selection::keep_page(const Page& page) {
    std::vector<std::size_t> found;
    for (auto index = first(); index; index = next(*index))
        found.push_back(*index);
    const auto size = found.size();
    auto begin = std::min<std::size_t>(page.first - 1, size), end = std::min<std::size_t>(page.last, size);
    if (page.from_end) {
        std::swap(begin, end);
        begin = size - begin;
        end = size - end;
    }
    ranges_.clear();
    for (auto i = begin; i < end; ++i)
        ranges_.push_back({found[i], found[i] + 1});
}

std::vector<std::uint32_t> intersection(std::span<const std::uint32_t> gone, const MessageSet& set,
    std::span<const std::uint32_t> saved_result, std::uint32_t uidnext) {
    std::vector<std::uint32_t> common;
    if (set.is_saved_result) {
        std::set_intersection(
            gone.begin(), gone.end(), saved_result.begin(), saved_result.end(), std::back_inserter(common));
        return common;
    }
    auto uid = gone.begin();
    for (const auto& range : set.numbers.resolve(std::max<std::uint32_t>(uidnext, 2) - 1)) {
        uid = std::lower_bound(uid, gone.end(), range.first);
        for (; uid != gone.end() && *uid <= range.last; ++uid)
            common.push_back(*uid);
    }
    return common;
}

} // namespace hearth::imap::command
