// SPDX-License-Identifier: Apache-2.0
#include "mail/uid_set.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace hearth::mail {
namespace {

// seq-number of RFC 9051: a number from 1 up to 2^32-1 without leading zero, or "*". No message can have 2^32-1 itself,
// which is how "*" is kept here: it is taken for the number before it, which no message has either.
std::optional<std::uint32_t> parse_number(std::string_view text) {
    if (text == "*") return NumberSet::star;
    if (text.empty() || text[0] == '0' || text.size() > 10) return std::nullopt;
    const auto number = parse_u64(text);
    if (!number || *number > NumberSet::star) return std::nullopt;
    return std::min(static_cast<std::uint32_t>(*number), NumberSet::star - 1);
}

std::uint32_t replace_star(std::uint32_t number, std::uint32_t largest) {
    return number == NumberSet::star ? largest : number;
}

NumberSet::Range resolve_range(NumberSet::Range range, std::uint32_t largest) {
    const auto a = replace_star(range.first, largest), b = replace_star(range.last, largest);
    const auto last = std::max(a, b); // 0 only for "*" in an empty mailbox: names nothing
    return {last == 0 ? 0 : std::max(std::min(a, b), std::uint32_t{1}), last};
}

} // namespace

std::optional<NumberSet> NumberSet::parse(std::string_view text) {
    NumberSet set;
    while (true) {
        const auto comma = text.find(',');
        const auto item = text.substr(0, comma);
        const auto colon = item.find(':');
        const auto first = parse_number(item.substr(0, colon));
        const auto last = colon == std::string_view::npos ? first : parse_number(item.substr(colon + 1));
        if (!first || !last || set.ranges_.size() == ranges_max) return std::nullopt;
        set.ranges_.push_back({std::min(*first, *last), std::max(*first, *last)});
        if (comma == std::string_view::npos) return set;
        text.remove_prefix(comma + 1);
    }
}

std::vector<NumberSet::Range> NumberSet::resolve(std::uint32_t largest) const {
    std::vector<Range> sorted;
    sorted.reserve(ranges_.size());
    for (const auto range : ranges_)
        sorted.push_back(resolve_range(range, largest));
    std::sort(sorted.begin(), sorted.end(), [](Range a, Range b) { return a.first < b.first; });
    std::vector<Range> merged;
    for (const auto range : sorted) {
        if (range.last == 0) continue; // "*" of an empty mailbox
        if (!merged.empty() && range.first <= merged.back().last + std::uint64_t{1})
            merged.back().last = std::max(merged.back().last, range.last);
        else
            merged.push_back(range);
    }
    return merged;
}

bool NumberSet::contains(std::uint32_t number, std::uint32_t largest) const {
    return std::any_of(ranges_.begin(), ranges_.end(), [&](Range range) {
        const auto resolved = resolve_range(range, largest);
        return number != 0 && resolved.first <= number && number <= resolved.last;
    });
}

std::string to_sequence_set(const std::vector<std::uint32_t>& sorted) {
    std::string text;
    for (std::size_t i = 0; i < sorted.size();) {
        std::size_t last = i;
        while (last + 1 < sorted.size() && sorted[last + 1] == sorted[last] + 1)
            ++last;
        if (!text.empty()) text += ',';
        text += std::to_string(sorted[i]);
        if (last > i) text += ':' + std::to_string(sorted[last]);
        i = last + 1;
    }
    return text;
}

} // namespace hearth::mail
