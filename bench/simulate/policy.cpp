// SPDX-License-Identifier: Apache-2.0
#include "policy.hpp"
#include "expectation.hpp"
#include "history.hpp"

#include <set>

namespace hearth::simulate {

namespace {

constexpr auto idle_kill = std::chrono::minutes(5); // the default of service imap

/// Idle workers by a time that is fixed when they become idle.
class ByTime : public Policy {
public:
    explicit ByTime(std::uint32_t users) : keys_(users) {}
    void not_idle(std::uint32_t user) override { order_.erase({keys_[user], user}); }

protected:
    void place(std::uint32_t user, Time key) {
        keys_[user] = key;
        order_.emplace(key, user);
    }
    [[nodiscard]] const std::set<std::pair<Time, std::uint32_t>>& order() const { return order_; }

private:
    std::vector<Time> keys_;
    std::set<std::pair<Time, std::uint32_t>> order_;
};

class LongestIdle : public ByTime {
public:
    using ByTime::ByTime;
    void idle(std::uint32_t user, Time now, Time) override { place(user, now); }
    std::optional<std::uint32_t> victim(Time) override {
        if (order().empty()) return std::nullopt;
        return order().begin()->second;
    }
};

/// No eviction at all: a worker ends when it was idle for idle_kill.
class FixedTime : public ByTime {
public:
    using ByTime::ByTime;
    void idle(std::uint32_t user, Time now, Time) override { place(user, now + idle_kill); }
    std::optional<std::uint32_t> expired(Time now) override {
        if (order().empty() || order().begin()->first > now) return std::nullopt;
        return order().begin()->second;
    }
    std::optional<std::uint32_t> victim(Time) override { return std::nullopt; }
};

class Belady : public ByTime {
public:
    using ByTime::ByTime;
    void idle(std::uint32_t user, Time, Time next_visit) override { place(user, next_visit); }
    std::optional<std::uint32_t> victim(Time) override {
        if (order().empty()) return std::nullopt;
        return order().rbegin()->second;
    }
};

/// What anvil does, with anvil's code.
class LeastExpected : public Policy {
public:
    void came(std::uint32_t user, Time now) override {
        if (const auto back = histories_.came(user, now)) expectation_.returned(*back);
    }
    void left(std::uint32_t user, Time now) override { histories_.left(user, now); }
    void idle(std::uint32_t user, Time now, Time) override { order_.insert(user, histories_.gaps(user), now); }
    void not_idle(std::uint32_t user) override { order_.erase(user); }
    std::optional<std::uint32_t> victim(Time now) override {
        const auto last = order_.expected_last(
            1, now, [](anvil::Index) { return true; }, 1);
        if (last.empty()) return std::nullopt;
        return last.front();
    }

private:
    anvil::Histories histories_;
    anvil::Expectation expectation_;
    anvil::ReturnOrder order_{expectation_};
};

} // namespace

std::string_view name(Rule rule) {
    switch (rule) {
    case Rule::longest_idle: return "longest-idle";
    case Rule::fixed_time: return "fixed 5 min";
    case Rule::least_expected: return "least-expected";
    case Rule::belady: return "Belady";
    }
    return "?";
}

std::unique_ptr<Policy> make_policy(Rule rule, std::uint32_t users) {
    switch (rule) {
    case Rule::longest_idle: return std::make_unique<LongestIdle>(users);
    case Rule::fixed_time: return std::make_unique<FixedTime>(users);
    case Rule::least_expected: return std::make_unique<LeastExpected>();
    case Rule::belady: return std::make_unique<Belady>(users);
    }
    return nullptr;
}

} // namespace hearth::simulate
