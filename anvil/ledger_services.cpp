// SPDX-License-Identifier: Apache-2.0
// The master's words: which services there are, which processes live, how many there may be.
#include "ledger.hpp"

namespace hearth::anvil {

Ledger::Ledger(const Options& options) : options_(options) {}

Reception Ledger::counted(Reception reception) {
    ++counters_.reports[static_cast<std::size_t>(reception)];
    return reception;
}

std::optional<ServiceIndex> Ledger::find_service(std::string_view name) const {
    for (std::size_t i = 0; i < services_.size(); ++i)
        if (services_[i].name == name) return static_cast<ServiceIndex>(i);
    return std::nullopt;
}

Index Ledger::acquire_user(ServiceIndex service, std::string_view name) {
    return users_.acquire(service, name, history_key(services_[service].name, name));
}

/// Puts the worker where its flags and sessions belong, in both orders of its service's idle ones.
void Ledger::place(Index worker, bool used, Time now) {
    auto& service = services_[workers_[worker].service];
    workers_.place(worker, service.idle, used, now);
    if (!service.least_expected) return;
    const auto& self = workers_[worker];
    const bool belongs = is_evictable(self), ordered = service.returns.contains(worker);
    if (ordered && (!belongs || used)) service.returns.erase(worker);
    if (belongs && (!ordered || used)) service.returns.insert(worker, histories_.gaps(users_[self.user].key), now);
}

void Ledger::order_idle(Service& service, bool least_expected, Time now) {
    if (service.least_expected == least_expected) return;
    service.least_expected = least_expected;
    for (const auto worker : members<&Worker::of_idle>(workers_.items(), service.idle.chain)) {
        if (!least_expected)
            service.returns.erase(worker);
        else // as if it went idle now: how long it is idle already is lost, once
            service.returns.insert(worker, histories_.gaps(users_[workers_[worker].user].key), now);
    }
}

std::optional<ServiceIndex> Ledger::intern_service(std::string_view name) {
    if (const auto known = find_service(name)) return known;
    if (services_.size() == services_max || name.empty()) return std::nullopt;
    services_.emplace_back().name = name;
    return static_cast<ServiceIndex>(services_.size() - 1);
}

Reception Ledger::roster(const wire::Roster& roster, Time now) {
    if (roster.epoch != options_.epoch) return counted(Reception::not_restored);
    if (roster.parts == 0 || roster.part >= roster.parts) return counted(Reception::malformed);
    if (roster_parts_.empty()) roster_parts_.resize(roster.parts);
    if (roster_parts_.size() != roster.parts || roster_parts_[roster.part]) return counted(Reception::malformed);
    for (const auto& process : roster.processes) {
        const auto service = intern_service(process.service);
        if (!service || workers_.find(process.pid) != none) continue;
        workers_[workers_.add(process.pid, *service, now)].awaited = true;
        ++awaited_;
    }
    roster_parts_[roster.part] = true;
    if (phase_ != Phase::live) {
        gathered_by_ = now + gather_time;
        phase_ = Phase::gathering;
    }
    end_gathering_if_complete(now);
    return counted(Reception::applied);
}

void Ledger::end_gathering_if_complete(Time now) {
    if (phase_ != Phase::gathering) return;
    for (const auto came : roster_parts_)
        if (!came) return;
    if (awaited_ > 0) return;
    phase_ = Phase::live;
    release_held(now);
}

Reception Ledger::limits(const wire::ServiceLimits& limits, Time now) {
    if (phase_ == Phase::awaiting_roster) return counted(Reception::not_restored);
    const auto index = intern_service(limits.service);
    if (!index) return counted(Reception::malformed);
    auto& service = services_[*index];
    service.process_limit = limits.process_limit;
    service.generation = limits.generation;
    service.memory.set_limit(limits.idle_memory_limit);
    order_idle(service, limits.evict_order == wire::EvictOrder::least_expected, now);
    service.has_limits = true;
    end_reservations(now);
    release_held(now);
    settle(now);
    return counted(Reception::applied);
}

Reception Ledger::user_limit(const wire::UserLimit& limit) {
    if (phase_ == Phase::awaiting_roster) return counted(Reception::not_restored);
    options_.userip_limit = limit.userip_limit;
    return counted(Reception::applied);
}

Reception Ledger::started(const wire::Started& started, Time now) {
    if (phase_ == Phase::awaiting_roster) return counted(Reception::not_restored);
    const auto service = intern_service(started.service);
    if (!service) return counted(Reception::malformed);
    const auto known = workers_.find(started.pid);
    // The roster may name it already. Under another service it can only be a process whose end we missed.
    if (known != none && workers_[known].service == *service) return counted(Reception::applied);
    end_reservations(now);
    if (known != none) forget_worker(known, wire::ExitReason::other, now);
    workers_.add(started.pid, *service, now);
    settle(now);
    return counted(Reception::applied);
}

Reception Ledger::exited(const wire::Exited& exited, Time now) {
    if (phase_ == Phase::awaiting_roster) return counted(Reception::not_restored);
    const auto worker = workers_.find(exited.pid);
    if (worker == none) return counted(Reception::unknown_pid);
    end_reservations(now);
    forget_worker(worker, exited.reason, now);
    end_gathering_if_complete(now);
    settle(now);
    return counted(Reception::applied);
}

void Ledger::forget_worker(Index worker, wire::ExitReason reason, Time now) {
    auto& self = workers_[worker];
    auto& service = services_[self.service];
    while (!self.sessions.empty())
        drop_from_owner(self.sessions.first, now);
    if (self.user != none) {
        histories_.ended(users_[self.user].key, reason);
        --service.bound;
    }
    if (self.leaving) --service.leaving;
    if (self.awaited) --awaited_;
    service.returns.erase(worker);
    workers_.remove(worker, service.idle);
}

std::vector<std::uint32_t> Ledger::evictable(std::string_view name, std::size_t count, Time now) {
    std::vector<std::uint32_t> pids;
    const auto index = find_service(name);
    if (!index) return pids;
    end_reservations(now);
    auto& service = services_[*index];
    const auto is_free = [&](Index worker) { return workers_[worker].reserved_until <= now; };
    const auto chosen = service.least_expected ? service.returns.expected_last(count, now, is_free, count + walk_max)
                                               : longest_idle(service, count, now);
    for (const auto worker : chosen) {
        pids.push_back(workers_[worker].pid);
        workers_.name(worker, service.idle, now + evictee_time);
        named_.push_back({now + evictee_time, worker});
    }
    attend(service, now);
    return pids;
}

std::vector<Index> Ledger::longest_idle(const Service& service, std::size_t count, Time now) const {
    std::vector<Index> chosen;
    std::size_t walked = 0;
    for (auto worker = service.idle.chain.last; worker != none && chosen.size() < count && walked < count + walk_max;
         worker = workers_[worker].of_idle.previous, ++walked)
        if (workers_[worker].reserved_until <= now) chosen.push_back(worker);
    return chosen;
}

void Ledger::end_reservations(Time now) {
    end_reservations(offered_, now);
    end_reservations(named_, now);
}

// A worker that spoke since, or was reserved anew, has another time; one that exited has none.
void Ledger::end_reservations(std::deque<Reservation>& queue, Time now) {
    for (; !queue.empty() && queue.front().until <= now; queue.pop_front()) {
        const auto [until, worker] = queue.front();
        if (workers_[worker].reserved_until == until) workers_.release(worker, idle_of(worker));
    }
}

/// What a service's numbers lead to, other than answers to logins: which idle workers are too many, what the log says.
void Ledger::attend(Service& service, Time now) {
    service.memory.excess(service.idle);
    const auto busy = service.bound - service.leaving - service.idle.count + service.cold;
    const bool nearly_all = service.has_limits && service.watch.busy_due(busy, service.process_limit, now);
    const auto refusals = service.watch.refusals_due(now);
    if (!nearly_all && !refusals) return;
    const auto measured = service.idle.measured;
    remarks_.push_back({service.name, refusals, service.process_limit, service.bound, busy, service.peak,
        static_cast<std::uint32_t>(service.queue.size()), measured == 0 ? 0 : service.idle.memory_kib / measured});
}

std::vector<wire::Demand> Ledger::take_demands() {
    std::vector<wire::Demand> changed;
    for (auto& service : services_) {
        const auto waiting = static_cast<std::uint32_t>(service.queue.size());
        const auto excess = service.memory.excess();
        const auto spare = service.idle.spare();
        // The master asks again when it had none to ask to go.
        const bool news = waiting > 0 && spare > service.told_spare;
        service.told_spare = spare;
        if (!news && service.told_cold == service.cold && service.told_waiting == waiting &&
            service.told_excess == excess)
            continue;
        service.told_cold = service.cold;
        service.told_waiting = waiting;
        service.told_excess = excess;
        changed.push_back(wire::Demand{service.name, service.cold, waiting, excess});
    }
    return changed;
}

void Ledger::forget_told_demands() {
    // What a new link to the master assumes of services it hears nothing of.
    for (auto& service : services_)
        service.told_cold = service.told_waiting = service.told_excess = service.told_spare = 0;
}

} // namespace hearth::anvil
