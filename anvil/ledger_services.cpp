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
    service.has_limits = true;
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
    if (known != none) forget_worker(known);
    workers_.add(started.pid, *service, now);
    settle(now);
    return counted(Reception::applied);
}

Reception Ledger::exited(std::uint32_t pid, Time now) {
    if (phase_ == Phase::awaiting_roster) return counted(Reception::not_restored);
    const auto worker = workers_.find(pid);
    if (worker == none) return counted(Reception::unknown_pid);
    forget_worker(worker);
    end_gathering_if_complete(now);
    settle(now);
    return counted(Reception::applied);
}

void Ledger::forget_worker(Index worker) {
    auto& self = workers_[worker];
    auto& service = services_[self.service];
    while (!self.sessions.empty())
        drop_from_owner(self.sessions.first);
    if (self.user != none) --service.bound;
    if (self.awaited) --awaited_;
    workers_.remove(worker, service.idle);
}

std::vector<std::uint32_t> Ledger::evictable(std::string_view name, std::size_t count, Time now) {
    std::vector<std::uint32_t> pids;
    const auto index = find_service(name);
    if (!index) return pids;
    std::size_t walked = 0;
    for (auto worker = services_[*index].idle.last; worker != none && pids.size() < count && walked < count + walk_max;
         worker = workers_[worker].of_idle.previous, ++walked) {
        auto& self = workers_[worker];
        if (self.reserved_until > now) continue;
        pids.push_back(self.pid);
        self.reserved_until = now + evictee_time;
    }
    return pids;
}

std::vector<wire::Demand> Ledger::take_demands() {
    std::vector<wire::Demand> changed;
    for (auto& service : services_) {
        const auto waiting = static_cast<std::uint32_t>(service.queue.size());
        if (service.told_cold == service.cold && service.told_waiting == waiting) continue;
        service.told_cold = service.cold;
        service.told_waiting = waiting;
        changed.push_back(wire::Demand{service.name, service.cold, waiting});
    }
    return changed;
}

void Ledger::forget_told_demands() {
    // What a new link to the master assumes of services it hears nothing of.
    for (auto& service : services_)
        service.told_cold = service.told_waiting = 0;
}

} // namespace hearth::anvil
