// SPDX-License-Identifier: Apache-2.0
// What the administrator sees.
#include "ledger.hpp"

#include <queue>
#include <tuple>

namespace hearth::anvil {
namespace {

std::chrono::milliseconds between(Time from, Time to) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(to - from);
}

} // namespace

std::vector<std::uint32_t> Ledger::bound_pids() const {
    std::vector<std::uint32_t> pids;
    workers_.for_each([&](Index, const Worker& worker) {
        if (worker.user != none) pids.push_back(worker.pid);
    });
    return pids;
}

std::optional<WorkerView> Ledger::view(std::uint32_t pid, Time now) const {
    const auto index = workers_.find(pid);
    if (index == none || workers_[index].user == none) return std::nullopt;
    const auto& worker = workers_[index];
    WorkerView view;
    view.service = services_[worker.service].name;
    view.user = users_[worker.user].name;
    view.pid = pid;
    view.generation = worker.generation;
    view.served = worker.served;
    view.standing = worker.standing;
    view.memory_kib = worker.memory_kib;
    if (worker.before != 0) view.before = static_cast<wire::ExitReason>(worker.before - 1);
    view.age = between(worker.started, now);
    if (is_evictable(worker)) view.idle = between(worker.idle_since, now);
    for (const auto session : members<&Session::of_owner>(sessions_.items(), worker.sessions)) {
        const auto& self = sessions_[session];
        view.sessions.push_back({self.id, addresses_.text(self.address), between(self.since, now)});
    }
    return view;
}

std::vector<ServiceView> Ledger::services(Time now) const {
    std::vector<ServiceView> views;
    for (const auto& service : services_) {
        if (!service.has_limits) continue;
        ServiceView view;
        view.service = service.name;
        view.process_limit = service.process_limit;
        view.bound = service.bound;
        view.peak = service.peak;
        view.idle = service.idle.count;
        view.cold = service.cold;
        view.waiting = static_cast<std::uint32_t>(service.queue.size());
        view.excess = service.memory.excess();
        if (const auto oldest = service.queue.oldest(); oldest != none)
            view.longest_waiting = between(leases_[oldest].queue_deadline - queue_time, now);
        view.measured = service.idle.measured;
        view.memory_kib = service.idle.memory_kib;
        view.memory_limit_kib = service.memory.limit_kib();
        view.least_expected = service.least_expected;
        view.total = service.tallies.total();
        view.minute = service.tallies.minute(now);
        view.hour = service.tallies.hour(now);
        views.push_back(std::move(view));
    }
    return views;
}

std::vector<SizingView> Ledger::sizing() const {
    std::vector<std::uint32_t> users(services_.size()); // who have a worker
    users_.for_each([&](Index, const User& user) { users[user.service] += user.workers > 0 ? 1 : 0; });
    std::vector<SizingView> views;
    for (std::size_t i = 0; i < services_.size(); ++i) {
        const auto& service = services_[i];
        if (!service.has_limits) continue;
        SizingView view;
        view.service = service.name;
        view.process_limit = service.process_limit;
        if (users[i] > 0) view.workers_per_user = static_cast<double>(service.bound) / users[i];
        view.visits = service.distances.sessions();
        view.users = service.distances.users();
        if (service.idle.measured > 0) view.average_kib = service.idle.memory_kib / service.idle.measured;
        for (const double factor : {0.5, 1.0, 2.0, 4.0}) {
            const auto limit = static_cast<std::uint32_t>(service.process_limit * factor);
            const auto users_held = static_cast<std::size_t>(limit / view.workers_per_user);
            view.rows.push_back({limit, service.distances.hit_ratio(users_held)});
        }
        views.push_back(std::move(view));
    }
    return views;
}

std::vector<UserView> Ledger::top(std::size_t limit, Time now) const {
    using Rank = std::tuple<std::size_t, std::uint32_t, std::uint32_t, Index>; // what the documentation says, then any
    std::priority_queue<Rank, std::vector<Rank>, std::greater<>> best;         // the least of them on top
    users_.for_each([&](Index index, const User& user) {
        best.emplace(services_[user.service].queue.count_of(index), user.sessions, user.workers, index);
        if (best.size() > limit) best.pop();
    });
    std::vector<UserView> views(best.size());
    for (auto view = views.rbegin(); view != views.rend(); ++view) {
        *view = user_view(std::get<3>(best.top()), now);
        best.pop();
    }
    return views;
}

UserView Ledger::user_view(Index index, Time now) const {
    const auto& user = users_[index];
    UserView view;
    view.service = services_[user.service].name;
    view.user = user.name;
    view.workers = user.workers;
    view.waiting = static_cast<std::uint32_t>(services_[user.service].queue.count_of(index));
    for (const auto* chain : {&user.active, &user.out})
        for (const auto worker : members<&Worker::of_user>(workers_.items(), *chain, walk_max))
            view.sessions += workers_[worker].session_count;
    const auto last = !user.active.empty() ? user.active.first : !user.idle.empty() ? user.idle.first : user.out.first;
    if (last == none) return view;
    const auto& worker = workers_[last];
    view.pid = worker.pid;
    view.served = worker.served;
    view.memory_kib = worker.memory_kib;
    if (is_evictable(worker)) view.idle = between(worker.idle_since, now);
    return view;
}

std::vector<wire::Kick> Ledger::sessions_of(const Filter& user, const Filter& address) const {
    std::vector<wire::Kick> kicks;
    users_.for_each([&](Index, const User& self) {
        if (self.sessions == 0 || !user(self.name)) return;
        for (const auto* chain : {&self.active, &self.out}) {
            for (const auto worker : members<&Worker::of_user>(workers_.items(), *chain)) {
                for (const auto session : members<&Session::of_owner>(sessions_.items(), workers_[worker].sessions)) {
                    if (!address(addresses_.text(sessions_[session].address))) continue;
                    kicks.push_back({workers_[worker].pid, wire::session_word(sessions_[session].id)});
                }
            }
        }
    });
    return kicks;
}

std::size_t Ledger::waiting() const {
    std::size_t sum = 0;
    for (const auto& service : services_)
        sum += service.queue.size();
    return sum;
}

std::size_t Ledger::cold_slots() const {
    std::size_t sum = 0;
    for (const auto& service : services_)
        sum += service.cold;
    return sum;
}

std::uint32_t Ledger::count(std::string_view service, std::string_view user, std::string_view address) const {
    const auto index = find_service(service);
    if (!index) return 0;
    const auto known = users_.find(*index, user);
    const auto from = addresses_.find(address);
    return known == none || from == none ? 0 : sessions_.count(known, from);
}

} // namespace hearth::anvil
