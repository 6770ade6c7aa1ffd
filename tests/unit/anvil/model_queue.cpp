// SPDX-License-Identifier: Apache-2.0
// Who gets which worker, a slot or a place in the queue.
#include "model.hpp"

#include <algorithm>
#include <set>

namespace hearth::anvil::testing {

Pids Model::candidates(
    const std::string& user, const protocol::IdentityHash& identity, Time now, wire::Cold& why, bool without_idle) {
    bool any = false, same = false, current = false, staying = false;
    std::vector<std::tuple<int, Time, std::uint64_t, std::uint32_t>> order; // group, offered when, latest first
    std::vector<std::pair<std::uint64_t, std::uint32_t>> full;
    for (const auto& [pid, worker] : workers) {
        if (worker.user != user) continue;
        any = true;
        staying = staying || worker.chain != 2;
        if (worker.identity != identity) continue;
        same = true;
        if (worker.generation < generation) continue;
        current = true;
        if (worker.leaving || worker.silent) continue;
        const auto busy = sessions_of(pid);
        const bool offered = worker.reserved_until > now;
        if (!worker.accepts || (busy > 0 && busy >= worker.client_limit))
            full.emplace_back(~worker.placed, pid);
        else if (busy > 0 || !without_idle)
            order.emplace_back(
                (busy > 0 ? 2 : 0) + (offered ? 1 : 0), offered ? worker.reserved_until : Time{}, ~worker.placed, pid);
    }
    why = !any       ? why_gone(user)
          : !same    ? wire::Cold::other_identity
          : !current ? wire::Cold::generation
          : !staying ? wire::Cold::ended
                     : wire::Cold::none_idle;
    std::sort(order.begin(), order.end());
    std::sort(full.begin(), full.end());
    Pids pids;
    for (const auto& item : order)
        pids.push_back(std::get<3>(item));
    for (std::size_t i = 0; i < full.size() && i < 4; ++i)
        pids.push_back(full[i].second);
    return pids;
}

wire::Cold Model::why_gone(const std::string& user) const {
    using enum wire::ExitReason;
    static const std::map<wire::ExitReason, wire::Cold> reasons{{idle_kill, wire::Cold::idle_kill},
        {eviction, wire::Cold::evicted}, {memory, wire::Cold::memory},
        {wire::ExitReason::generation, wire::Cold::generation}, {recycling, wire::Cold::recycled},
        {crash, wire::Cold::crash}, {kick, wire::Cold::kicked}, {shutdown, wire::Cold::ended},
        {other, wire::Cold::ended}};
    const auto end = ends.find(user);
    return end == ends.end() ? wire::Cold::first : reasons.at(end->second);
}

void Model::name(Key key, const Pids& pids, Time now) {
    auto& first = workers[pids.front()];
    first.reserved_until = now + offered_time;
    first.named = first.yielded = false;
    auto& lookup = lookups.at(key);
    const auto busy = sessions_of(pids.front());
    lookup.warm = first.accepts && (busy == 0 || busy < first.client_limit);
    lookup.stage = Stage::trying;
    lookup.deadline = now + wire::lease_time;
    say(key, wire::Verdict::candidates, lookup_why(lookup, now), 0, pids);
}

wire::Cold Model::lookup_why(const Lookup& lookup, Time now) {
    wire::Cold why{};
    candidates(lookup.user, lookup.identity, now, why);
    return why;
}

void Model::slot_or_place(Key key, Time now) {
    auto& lookup = lookups.at(key);
    if (has_slot() && in_stage(Stage::waiting) == 0) return give_slot(key, now);
    if (lookup.arrival != 0 && lookup.queue_deadline <= now) {
        say(key, wire::Verdict::refused_queue, lookup.why, process_limit);
        return finish(key);
    }
    if (lookup.arrival == 0) {
        lookup.arrival = ++arrivals_;
        lookup.queue_deadline = now + queue_time;
    }
    lookup.stage = Stage::waiting;
    lookup.deadline = lookup.queue_deadline;
    say(key, wire::Verdict::wait, lookup.why, 0);
}

void Model::give_slot(Key key, Time now) {
    auto& lookup = lookups.at(key);
    lookup.stage = Stage::cold;
    ++misses[lookup.why];
    lookup.deadline = now + wire::lease_time;
    say(key, wire::Verdict::cold, lookup.why, 0);
}

void Model::give_slots(Time now) {
    while (has_slot()) {
        std::map<std::string, std::pair<std::uint64_t, Key>> first; // of each waiting user
        for (const auto& [key, lookup] : lookups) {
            if (lookup.stage != Stage::waiting) continue;
            const auto [item, added] = first.try_emplace(lookup.user, lookup.arrival, key);
            if (!added && lookup.arrival < item->second.first) item->second = {lookup.arrival, key};
        }
        if (first.empty()) return;
        std::set<std::tuple<std::uint32_t, std::uint64_t, Key>> order;
        for (const auto& [user, item] : first)
            order.emplace(load(user), item.first, item.second);
        give_slot(std::get<2>(*order.begin()), now);
    }
}

void Model::offer_to_waiting(std::uint32_t pid, Time now) {
    auto& worker = workers.at(pid);
    const auto busy = sessions_of(pid);
    if (worker.leaving || !worker.accepts || (busy > 0 && busy >= worker.client_limit)) return;
    if (worker.generation < generation) return;
    auto places = worker.client_limit > busy ? worker.client_limit - busy : 1;
    std::map<std::uint64_t, Key> waiting;
    for (const auto& [key, lookup] : lookups)
        if (lookup.stage == Stage::waiting && lookup.user == worker.user && lookup.identity == worker.identity)
            waiting.emplace(lookup.arrival, key);
    if (waits(worker.user) && busy == 0 && must_yield(worker.user, now)) {
        worker.yielded = true;
        return;
    }
    for (const auto& [arrival, key] : waiting) {
        if (places-- == 0) return;
        wire::Cold why{};
        name(key, candidates(worker.user, worker.identity, now, why), now);
    }
}

bool Model::must_yield(const std::string& user, Time now) const {
    std::size_t spare = 0, below = 0;
    for (const auto& [pid, worker] : workers)
        spare += worker.evictable && (worker.named || worker.reserved_until <= now) ? 1 : 0;
    for (const auto& [key, lookup] : lookups)
        below += lookup.stage == Stage::waiting && load(lookup.user) < load(user) ? 1 : 0;
    return below >= std::max<std::size_t>(1, spare);
}

bool Model::take_back(Time now) {
    if (std::none_of(workers.begin(), workers.end(), [](const auto& item) { return item.second.yielded; }))
        return false;
    std::set<std::tuple<std::uint32_t, std::uint64_t, Key>> order; // load, the user's first arrival, lookup
    std::map<std::string, std::uint64_t> first;
    for (const auto& [key, lookup] : lookups) {
        if (lookup.stage != Stage::waiting) continue;
        const auto [item, added] = first.try_emplace(lookup.user, lookup.arrival);
        item->second = std::min(item->second, lookup.arrival);
    }
    for (const auto& [key, lookup] : lookups)
        if (lookup.stage == Stage::waiting) order.emplace(load(lookup.user), first[lookup.user], key);
    std::optional<std::pair<std::uint64_t, Key>> chosen; // the earliest of the user whose turn it is
    std::string user;
    for (const auto& [load, arrival, key] : order) {
        const auto& lookup = lookups.at(key);
        if (chosen && lookup.user != user) break;
        if (must_yield(lookup.user, now)) break;
        const bool own = std::any_of(workers.begin(), workers.end(), [&](const auto& item) {
            const auto& worker = item.second;
            return worker.user == lookup.user && worker.identity == lookup.identity && worker.yielded &&
                   worker.chain == 0 && worker.reserved_until <= now && worker.generation >= generation;
        });
        if (!own) continue;
        user = lookup.user;
        if (!chosen || best_worker(key, now) > best_worker(chosen->second, now) ||
            (best_worker(key, now) == best_worker(chosen->second, now) && lookup.arrival < chosen->first))
            chosen = {lookup.arrival, key};
    }
    if (!chosen) return false;
    wire::Cold why{};
    const auto& lookup = lookups.at(chosen->second);
    name(chosen->second, candidates(lookup.user, lookup.identity, now, why), now);
    return true;
}

std::uint64_t Model::best_worker(Key key, Time now) const {
    const auto& lookup = lookups.at(key);
    std::uint64_t best = 0;
    for (const auto& [pid, worker] : workers)
        if (worker.user == lookup.user && worker.identity == lookup.identity && worker.yielded && worker.chain == 0 &&
            worker.reserved_until <= now && worker.generation >= generation)
            best = std::max(best, worker.placed);
    return best;
}

void Model::settle(Time now) {
    give_slots(now);
    while (take_back(now))
        ++taken_back;
    note_memory(now);
}

bool Model::has_slot() const {
    std::uint32_t used = in_stage(Stage::cold);
    for (const auto& [pid, worker] : workers)
        used += worker.user.empty() ? 0 : 1;
    return used < process_limit;
}

bool Model::waits(const std::string& user) const {
    return std::any_of(lookups.begin(), lookups.end(),
        [&](const auto& item) { return item.second.user == user && item.second.stage == Stage::waiting; });
}

} // namespace hearth::anvil::testing
