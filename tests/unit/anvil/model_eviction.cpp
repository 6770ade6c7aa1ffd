// SPDX-License-Identifier: Apache-2.0
// Who has to go, and what is counted for it.
#include "model.hpp"

#include <algorithm>

namespace hearth::anvil::testing {

Pids Model::evictable(std::size_t count, Time now) {
    std::vector<std::pair<std::uint64_t, std::uint32_t>> idle;
    for (const auto& [pid, worker] : workers)
        if (worker.evictable && worker.reserved_until <= now) idle.emplace_back(worker.idled, pid);
    std::sort(idle.begin(), idle.end());
    Pids pids;
    for (const auto& [since, pid] : idle) {
        if (pids.size() == count) break;
        pids.push_back(pid);
        workers[pid].named = true;
        workers[pid].reserved_until = now + evictee_time;
    }
    note_memory(now);
    return pids;
}

bool Model::names(const Pids& pids, std::size_t count, Time now) {
    std::size_t possible = 0;
    for (const auto& [pid, worker] : workers)
        possible += worker.evictable && worker.reserved_until <= now ? 1 : 0;
    for (const auto pid : pids) {
        auto& worker = workers.at(pid);
        if (!worker.evictable || worker.reserved_until > now) return false;
        worker.named = true;
        worker.reserved_until = now + evictee_time;
    }
    note_memory(now);
    return pids.size() == std::min(possible, count);
}

std::uint32_t Model::excess() const {
    if (!shedding) return 0;
    const auto now = settled_at_;
    const auto target = memory_limit_kib - memory_limit_kib / 16;
    std::uint64_t all = 0, count = 0, staying = 0, unnamed = 0;
    for (const auto& [pid, worker] : workers) {
        if (!worker.evictable || worker.memory_kib == 0) continue;
        all += worker.memory_kib;
        ++count;
        if (worker.named && worker.reserved_until > now) continue;
        staying += worker.memory_kib;
        ++unnamed;
    }
    if (staying <= target) return 0;
    std::uint32_t wanted = 0;
    for (auto over = staying - target; over > 0 && wanted < unnamed; ++wanted)
        over -= std::min(over, std::max<std::uint64_t>(1, all / count));
    return wanted;
}

void Model::note_memory(Time now) {
    settled_at_ = now;
    std::uint64_t sum = 0;
    for (const auto& [pid, worker] : workers)
        sum += worker.evictable ? worker.memory_kib : 0;
    if (memory_limit_kib == 0 || sum <= memory_limit_kib - memory_limit_kib / 16)
        shedding = false;
    else if (sum > memory_limit_kib)
        shedding = true;
}

std::uint32_t Model::count(const std::string& user, const std::string& ip) const {
    std::uint32_t sum = 0;
    for (const auto& [id, session] : sessions)
        sum += session.user == user && session.ip == ip ? 1 : 0;
    return sum;
}

std::uint32_t Model::in_stage(Stage stage) const {
    std::uint32_t sum = 0;
    for (const auto& [key, lookup] : lookups)
        sum += lookup.stage == stage ? 1 : 0;
    return sum;
}

std::uint32_t Model::load(const std::string& user) const {
    std::uint32_t sum = 0;
    for (const auto& [id, session] : sessions)
        sum += session.user == user ? 1 : 0;
    return sum;
}

std::uint32_t Model::sessions_of(std::uint32_t pid) const {
    std::uint32_t sum = 0;
    for (const auto& [id, session] : sessions)
        sum += session.owner == pid ? 1 : 0;
    return sum;
}

} // namespace hearth::anvil::testing
