// SPDX-License-Identifier: Apache-2.0
#include "history.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

namespace hearth::anvil {

namespace {

constexpr double steps_per_octave = 15;
constexpr std::size_t judged_max = 8; ///< gaps that say whether a user is regular
constexpr double regular_band = 0.15; ///< either side of their median: three times the jitter of an ordinary poller
constexpr auto tick = std::chrono::milliseconds(100); ///< 32 bits of them are 13 years

std::uint8_t level_of(Seconds gap) {
    const auto level = std::lround(steps_per_octave * std::log2(1 + std::max(gap.count(), 0.0)));
    return static_cast<std::uint8_t>(std::min(level, 255L));
}

// The lengths of all levels, so that nobody computes an exponential for each gap of each idle worker.
const auto lengths = [] {
    std::array<double, 256> made{};
    for (std::size_t level = 0; level < made.size(); ++level)
        made[level] = std::exp2(static_cast<double>(level) / steps_per_octave) - 1;
    return made;
}();

} // namespace

void Gaps::add(Seconds gap) {
    levels_[next_] = level_of(gap);
    next_ = static_cast<std::uint8_t>((next_ + 1U) % gaps_max);
    size_ = static_cast<std::uint8_t>(std::min<std::size_t>(size_ + 1U, gaps_max));
    regular_ = judge();
}

Seconds Gaps::recent(std::size_t back) const {
    return Seconds(lengths[levels_[(next_ + gaps_max - 1 - back) % gaps_max]]);
}

Seconds Gaps::longest() const {
    return Seconds(
        lengths[*std::max_element(levels_.begin(), levels_.end())]); // level 0, no time, where there is no gap yet
}

bool Gaps::judge() const {
    const auto judged = std::min<std::size_t>(size_, judged_max);
    if (judged == 0) return false;
    std::array<double, judged_max> last{};
    for (std::size_t i = 0; i < judged; ++i)
        last[i] = recent(i).count();
    const auto middle = last.begin() + static_cast<std::ptrdiff_t>(judged / 2);
    const auto end = last.begin() + static_cast<std::ptrdiff_t>(judged);
    std::nth_element(last.begin(), middle, end);
    const auto median = *middle;
    const auto near = std::count_if(
        last.begin(), end, [median](double gap) { return std::abs(gap - median) <= regular_band * median; });
    return static_cast<std::size_t>(near) * 4 >= judged * 3;
}

HistoryKey history_key(std::string_view service, std::string_view user) {
    const std::hash<std::string_view> hash;
    return hash(user) ^ (hash(service) * 0x9e3779b97f4a7c15);
}

Histories::Histories(std::size_t limit)
    : limit_(std::max<std::size_t>(limit, 1)), by_key_(0, Hash{&users_}, Equal{&users_}) {}

std::uint32_t Histories::ticks(Time now) {
    if (!base_) base_ = now - tick;
    const auto since = std::max<std::int64_t>((now - *base_) / tick, 1);
    return static_cast<std::uint32_t>(std::min<std::int64_t>(since, UINT32_MAX));
}

Histories::Record& Histories::touch(HistoryKey user) {
    const auto known = by_key_.find(user);
    if (known != by_key_.end()) {
        unlink<&Record::by_age>(users_, by_age_, *known);
        push_front<&Record::by_age>(users_, by_age_, *known);
        return users_[*known];
    }
    if (users_.size() == limit_) {
        const auto oldest = by_age_.last;
        unlink<&Record::by_age>(users_, by_age_, oldest);
        by_key_.erase(oldest);
        users_.remove(oldest);
    }
    Record record;
    record.key_high = static_cast<std::uint32_t>(user >> 32);
    record.key_low = static_cast<std::uint32_t>(user);
    const auto index = users_.add(record);
    by_key_.insert(index);
    push_front<&Record::by_age>(users_, by_age_, index);
    return users_[index];
}

std::optional<Histories::Return> Histories::came(HistoryKey user, Time now) {
    auto& record = touch(user);
    const auto since = std::exchange(record.away_since, 0);
    if (since == 0) return std::nullopt;
    const auto here = std::max(ticks(now), since); // a clock that was asked out of order
    Return result{record.gaps, (here - since) * Seconds(tick)};
    record.gaps.add(result.gap);
    return result;
}

void Histories::left(HistoryKey user, Time now) {
    touch(user).away_since = ticks(now);
}

Gaps Histories::gaps(HistoryKey user) const {
    const auto known = by_key_.find(user);
    return known == by_key_.end() ? Gaps{} : users_[*known].gaps;
}

void Histories::ended(HistoryKey user, protocol::anvil::ExitReason why) {
    touch(user).end = static_cast<std::uint8_t>(static_cast<unsigned>(why) + 1);
}

std::optional<protocol::anvil::ExitReason> Histories::last_end(HistoryKey user) const {
    const auto known = by_key_.find(user);
    if (known == by_key_.end() || users_[*known].end == 0) return std::nullopt;
    return static_cast<protocol::anvil::ExitReason>(users_[*known].end - 1);
}

} // namespace hearth::anvil
