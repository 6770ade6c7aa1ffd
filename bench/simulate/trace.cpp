// SPDX-License-Identifier: Apache-2.0
#include "trace.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>

namespace hearth::simulate {

namespace {

constexpr double minute = 60, hour = 3600, end_of_trace = 12 * hour;
constexpr double periods[] = {5 * minute, 10 * minute, 15 * minute, 30 * minute};

// Draws the visits of one user after the other.
class Maker {
public:
    explicit Maker(std::uint64_t seed) : random_(seed) {}

    Trace make(Kind kind) {
        const auto users = static_cast<std::uint32_t>(150 + random_() % 1351);
        for (user_ = 0; user_ < users; ++user_)
            live(kind, users);
        return finished();
    }

private:
    double uniform(double from, double to) { return std::uniform_real_distribution<double>(from, to)(random_); }
    double exponential(double mean) { return std::exponential_distribution<double>(1 / mean)(random_); }
    double some_period() { return periods[random_() % std::size(periods)]; }

    void visit(double at) {
        if (at >= end_of_trace) return;
        const auto length = uniform(0.05, 0.5);
        visits_.push_back({moment(at), span(length), user_});
    }
    static Time::duration span(double seconds) {
        return std::chrono::duration_cast<Time::duration>(std::chrono::duration<double>(seconds));
    }
    static Time moment(double seconds) { return Time{} + std::chrono::hours(1) + span(seconds); }

    void live(Kind kind, std::uint32_t users) {
        switch (kind) {
        case Kind::periodic: return poll(some_period(), 0, end_of_trace);
        case Kind::webmail: return click(hour, 0, end_of_trace);
        case Kind::half: return user_ % 2 == 0 ? poll(some_period(), 0, end_of_trace) : click(hour, 0, end_of_trace);
        case Kind::scan: return scanned(users);
        case Kind::office: return work();
        case Kind::zipf: return at_random(users, 40);
        case Kind::habits:
            for (double from = 0; from < end_of_trace; from += 2 * hour)
                random_() % 2 == 0 ? poll(some_period(), from, from + 2 * hour)
                                   : click(hour / 2, from, from + 2 * hour);
            return;
        case Kind::doubling:
            for (double at = uniform(0, 10 * minute), gap = 20; at<end_of_trace; gap = gap> hour / 2 ? 20 : 2 * gap) {
                visit(at);
                at += gap;
            }
            return;
        }
    }
    void poll(double period, double from, double to) {
        std::normal_distribution<double> jitter(1, 0.05);
        for (double at = from + uniform(0, period); at < to; at += period * std::max(0.1, jitter(random_)))
            visit(at);
    }
    void click(double silence, double from, double to) {
        for (double at = from + exponential(silence); at < to; at += exponential(silence))
            for (auto clicks = 5 + random_() % 36; clicks > 0 && at < to; --clicks, at += 0.5 + exponential(20))
                visit(at);
    }
    void scanned(std::uint32_t users) {
        const auto regulars = users / 4;
        if (user_ < regulars) return at_random(regulars, 60);
        const bool at_night = user_ % 2 == 0;
        visit(at_night ? uniform(4 * hour, 5 * hour) : uniform(0, end_of_trace));
    }
    // One of `users` who come `visits` times on average.
    void at_random(std::uint32_t users, double visits) {
        double shares = 0;
        for (std::uint32_t i = 1; i <= users; ++i)
            shares += 1.0 / i;
        const auto gap = end_of_trace * shares * (user_ + 1) / (visits * users);
        for (double at = exponential(gap); at < end_of_trace; at += 0.5 + exponential(gap))
            visit(at);
    }
    void work() { // the trace begins at seven
        const auto come = uniform(0.5, 1.5) * hour, lunch = uniform(4.5, 5.5) * hour;
        const auto back = lunch + uniform(0.5, 1) * hour, go = uniform(9.5, 10.5) * hour;
        const auto period = some_period();
        for (const auto& [from, to] : {std::pair{come, lunch}, std::pair{back, go}})
            user_ % 2 == 0 ? poll(period, from, to) : click(hour / 2, from, to);
    }

    Trace finished() {
        std::sort(visits_.begin(), visits_.end(), [](const Visit& a, const Visit& b) { return a.at < b.at; });
        Trace trace;
        std::vector<Time> busy_until(user_, Time::min());
        std::vector<std::uint32_t> number(user_, UINT32_MAX);
        for (auto& visit : visits_) {
            if (visit.at <= busy_until[visit.user]) continue;
            busy_until[visit.user] = visit.at + visit.length;
            if (number[visit.user] == UINT32_MAX) number[visit.user] = trace.users++;
            visit.user = number[visit.user];
            trace.visits.push_back(visit);
        }
        std::vector<Time> next(trace.users, Time::max());
        for (auto visit = trace.visits.rbegin(); visit != trace.visits.rend(); ++visit)
            visit->next = std::exchange(next[visit->user], visit->at);
        return trace;
    }

    std::mt19937_64 random_;
    std::uint32_t user_ = 0;
    std::vector<Visit> visits_;
};

} // namespace

std::string_view name(Kind kind) {
    switch (kind) {
    case Kind::periodic: return "periodic";
    case Kind::webmail: return "webmail";
    case Kind::half: return "half and half";
    case Kind::scan: return "scan";
    case Kind::office: return "office hours";
    case Kind::zipf: return "Zipf";
    case Kind::habits: return "new habits";
    case Kind::doubling: return "doubling gaps";
    }
    return "?";
}

Trace make_trace(Kind kind, std::uint64_t seed) {
    return Maker(seed * all_kinds + static_cast<std::uint64_t>(kind)).make(kind);
}

} // namespace hearth::simulate
