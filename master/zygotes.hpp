// SPDX-License-Identifier: Apache-2.0
// The zygotes: one per worker service with worker_start = fork, and the starts that are under way in them. Pure, as the
// roster is: events and the clock come in, actions go out.
//
// A start that the roster wants is an *order* with a random number. It is asked of the current zygote; waits a little
// while one is getting ready; and goes by exec when there is none, so that no zygote's trouble keeps anybody waiting. It
// is over with the zygote's answer, with the HELLO of the worker itself (whichever is first), or when nobody has
// answered in time: then the zygote is killed, and the roster tries again.
#pragma once

#include "base/clock.hpp"
#include "throttle.hpp"
#include "zygote_actions.hpp"

#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hearth::master {

/// One zygote, for the administrator.
struct ZygoteView {
    pid_t pid = 0;
    std::string service;
    std::string_view state; ///< "starting", "zygote", "leaving"
    std::uint32_t generation = 0;
    Time started, changed;
    std::optional<Time> asked; ///< when it was told to end
};

class Zygotes {
public:
    static constexpr auto ready_max = std::chrono::seconds(30); ///< to READY, else SIGKILL
    static constexpr auto hold_max = std::chrono::seconds(2);   ///< a start waits no longer for one that gets ready
    static constexpr auto answer_max = std::chrono::seconds(1); ///< to an order: else the zygote is stopped, or hangs
    static constexpr auto orphan_max = std::chrono::milliseconds(250); ///< its death to the HELLO of a worker it had made
    static constexpr auto end_max = std::chrono::seconds(2);    ///< from the link's end to the zygote's
    /// So many deaths of a service's workers by a crash signal in that time: somebody may be learning the layout that
    /// they share, so they get another.
    static constexpr std::size_t crashes_max = 5;
    static constexpr auto crash_window = std::chrono::minutes(10);

    // ---- Events. Each is followed by take_actions().

    /// The services whose workers are forked; again on a reload. Earlier zygotes end when their last order is answered.
    void configure(std::span<const std::string> services, std::uint32_t generation, Time now);
    void launched(const std::string& service, pid_t pid, Time now);
    void launch_failed(const std::string& service, Time now);
    /// A zygote said READY; `speaks`: and that it takes orders.
    void ready(pid_t pid, bool speaks, Time now);
    /// The roster wants a worker; `order` is new and not 0.
    void want(const std::string& service, std::uint64_t order, Time now);
    void ask_failed(std::uint64_t order, Time now);
    void answered(pid_t zygote, std::uint64_t order, pid_t pid, int error, Time now);
    /// A child says that it is the worker of this order. False: nobody waits for it.
    bool hello(std::uint64_t order, pid_t pid, Time now);
    void exited(pid_t zygote, bool clean, Time now);
    /// A worker of the service died of a crash signal.
    void worker_crashed(const std::string& service, Time now);
    void stop(Time now);
    void tick(Time now);

    [[nodiscard]] std::vector<ZygoteAction> take_actions() { return std::exchange(actions_, {}); }
    [[nodiscard]] std::optional<Time> next_deadline() const;

    // ---- Questions.

    [[nodiscard]] bool forks(std::string_view service) const;
    [[nodiscard]] bool knows(pid_t pid) const { return zygotes_.contains(pid); }
    [[nodiscard]] bool is_empty() const { return zygotes_.empty(); }
    [[nodiscard]] std::optional<ZygoteView> zygote(pid_t pid) const;
    [[nodiscard]] std::vector<ZygoteView> zygotes() const;
    [[nodiscard]] std::size_t orders() const { return orders_.size(); }
    /// Throws std::logic_error when the tables contradict one another.
    void verify_invariants() const;

private:
    struct Service {
        bool wanted = false;
        bool refused = false; // its program is no zygote, or can't fork: not tried again before the next configuration
        bool launching = false;
        pid_t current = 0; // 0: none
        Throttle throttle;
        std::deque<Time> crashes; // at most crashes_max
    };
    enum class State : std::uint8_t { starting, ready, retired, closed, killed };
    struct Zygote {
        std::string service;
        State state = State::starting;
        std::uint32_t generation = 0, orders = 0; // orders: unanswered
        Time started, changed;
        std::optional<Time> deadline;
    };
    struct Order {
        std::string service;
        pid_t zygote = 0; // 0: waits for one that gets ready
        std::uint32_t generation = 0;
        Time deadline;
    };
    using Orders = std::map<std::uint64_t, Order>;

    void evaluate(const std::string& name, Service& service, Time now);
    void retire(Service& service, Time now);
    void close_if_done(pid_t pid, Zygote& zygote, Time now);
    void kill(pid_t pid, Zygote& zygote, std::string why);
    void ask(std::uint64_t id, Order& order, pid_t zygote, Time now);
    void by_exec(Orders::iterator order);
    void look_for_strangers();
    void release_held(const std::string& service);
    template <class Outcome> void finish(Orders::iterator order, Outcome outcome, Time now);
    void refuse(const std::string& name, Service& service, const std::string& why, Time now);

    std::map<std::string, Service, std::less<>> services_;
    std::map<pid_t, Zygote> zygotes_;
    Orders orders_;
    std::vector<ZygoteAction> actions_;
    std::uint32_t generation_ = 0;
    bool strangers_ = false; // EndStrangers is due
    bool stopping_ = false;
};

} // namespace hearth::master
