// SPDX-License-Identifier: Apache-2.0
// The ledger's rules once more, as plainly as can be: maps, loops, nothing kept that could be counted. Slow, one
// service. Where it and the ledger differ, one of them is wrong.
#pragma once

#include "world.hpp"

#include <algorithm>
#include <set>

namespace hearth::anvil::testing {

class Model {
public:
    std::uint32_t process_limit = 0, generation = 0, userip_limit = 0;
    std::uint64_t memory_limit_kib = 0;
    bool shedding = false;
    std::map<std::string, wire::ExitReason> ends; // why each user's last worker ended
    std::uint64_t hits = 0, taken_back = 0;
    std::map<wire::Cold, std::uint64_t> misses;
    std::vector<Answer> answers;

    struct Worker {
        std::string user;
        protocol::IdentityHash identity{};
        std::uint32_t generation = 0, served = 0, client_limit = 1;
        std::uint64_t sequence = 0;
        bool accepts = false, leaving = false, silent = false, yielded = false, named = false;
        Time reserved_until{};
        std::uint32_t memory_kib = 0;
        std::uint64_t placed = 0, idled = 0; // when it came into its place: greater is later
        int chain = -1;                      // which place: 0 idle, 1 active, 2 out
        bool evictable = false;
    };
    struct Session {
        std::string user, ip;
        std::uint32_t owner = 0;
        std::optional<std::pair<StreamId, std::uint32_t>> lease;
    };
    struct Lookup {
        std::string user, ip;
        protocol::IdentityHash identity{};
        SessionId session;
        Stage stage = Stage::trying;
        bool warm = false;
        wire::Cold why = wire::Cold::first;
        std::uint32_t reporter = 0;
        std::uint64_t arrival = 0;
        Time queue_deadline{}, deadline{};
    };
    using Key = std::pair<StreamId, std::uint32_t>;
    std::map<std::uint32_t, Worker> workers;
    std::map<SessionId, Session> sessions;
    std::map<Key, Lookup> lookups;

    void started(std::uint32_t pid, Time now) {
        if (workers.try_emplace(pid).second) settle(now);
    }
    void exited(std::uint32_t pid, wire::ExitReason reason, Time now) {
        if (!workers.contains(pid)) return;
        if (const auto& user = workers[pid].user; !user.empty()) ends[user] = reason;
        workers.erase(pid);
        for (auto& [id, session] : sessions)
            if (session.owner == pid) session.owner = 0;
        tidy();
        settle(now);
    }
    void limits(std::uint32_t limit, std::uint32_t new_generation, std::uint64_t memory_limit, Time now) {
        process_limit = limit;
        memory_limit_kib = memory_limit / 1024;
        generation = new_generation;
        settle(now);
    }

    Reception report(const wire::WorkerReport& report, std::uint32_t pid, Time now) {
        if (!workers.contains(pid)) return Reception::unknown_pid;
        auto& worker = workers[pid];
        if (report.user.empty()) return Reception::no_user;
        if (report.service != "imap") return Reception::wrong_service;
        if (report.tag != protocol::identity_tag(test_key(), "imap", report.identity, report.user))
            return Reception::wrong_tag;
        if (!worker.user.empty() && (worker.user != report.user || worker.identity != report.identity))
            return Reception::identity_changed;
        if (report.sequence <= worker.sequence) return Reception::old_sequence;
        const bool used = worker.served != report.served;
        worker.user = report.user;
        worker.identity = report.identity;
        worker.generation = report.generation;
        worker.served = report.served;
        worker.client_limit = report.client_limit;
        worker.sequence = report.sequence;
        worker.accepts = report.accepts;
        worker.leaving = report.leaving;
        worker.silent = worker.yielded = worker.named = false;
        if (report.memory_kib != 0) worker.memory_kib = report.memory_kib;
        worker.reserved_until = {};
        for (const auto& id : report.ended) {
            const auto session = sessions.find(id);
            if (session != sessions.end() && session->second.user == worker.user && session->second.owner == 0)
                fulfil(session->second, pid);
        }
        tidy();
        std::set<SessionId> listed;
        for (const auto& active : report.sessions) {
            auto& session =
                sessions.try_emplace(active.id, Session{worker.user, active.remote_ip, 0, {}}).first->second;
            if (session.user != worker.user) continue;
            const auto former = std::exchange(session.owner, pid);
            if (former != 0 && former != pid) place(former, false);
            listed.insert(active.id);
            fulfil(session, pid);
        }
        for (auto& [id, session] : sessions)
            if (session.owner == pid && !listed.contains(id)) session.owner = 0;
        tidy();
        place(pid, used);
        offer_to_waiting(pid, now);
        settle(now);
        return Reception::applied;
    }

    void lookup(StreamId stream, const wire::Lookup& request, Time now) {
        const Key key{stream, request.id};
        finish(key);
        const auto known = sessions.find(request.session);
        const bool foreign =
            known != sessions.end() && (known->second.user != request.user || known->second.lease.has_value());
        if (foreign) {
            say(key, wire::Verdict::refused_queue, wire::Cold::first, 0);
        } else if (known == sessions.end() && userip_limit != 0 &&
                   count(request.user, request.remote_ip) >= userip_limit) {
            say(key, wire::Verdict::refused_user, wire::Cold::first, userip_limit);
        } else {
            auto& lookup = lookups[key];
            lookup = Lookup{request.user, request.remote_ip, request.identity, request.session};
            lookup.deadline = now + wire::lease_time;
            hold(key);
            const bool yields = must_yield(lookup.user, now);
            const auto found = candidates(lookup.user, lookup.identity, now, lookup.why, yields);
            if (yields) {
                for (auto& [pid, worker] : workers)
                    if (worker.chain == 0 && worker.user == lookup.user && worker.identity == lookup.identity &&
                        worker.reserved_until <= now)
                        worker.yielded = true;
            }
            if (found.empty())
                slot_or_place(key, now);
            else
                name(key, found, now);
        }
        settle(now);
    }
    void none_took(StreamId stream, std::uint32_t id, Time now) {
        const Key key{stream, id};
        const auto found = lookups.find(key);
        if (found == lookups.end()) return say(key, wire::Verdict::refused_queue, wire::Cold::first, 0);
        auto& lookup = found->second;
        if (lookup.stage == Stage::waiting) return say(key, wire::Verdict::wait, lookup.why, 0);
        if (lookup.stage == Stage::cold) {
            lookup.deadline = now + wire::lease_time;
            return say(key, wire::Verdict::cold, lookup.why, 0);
        }
        const auto session = sessions.find(lookup.session);
        if (session != sessions.end() && session->second.lease != key &&
            (session->second.user != lookup.user || session->second.lease)) {
            say(key, wire::Verdict::refused_queue, wire::Cold::first, 0);
            finish(key);
        } else {
            candidates(lookup.user, lookup.identity, now, lookup.why);
            const bool has_worker = std::any_of(workers.begin(), workers.end(),
                [&](const auto& item) { return item.second.user == lookup.user; });
            if (lookup.warm && has_worker && (lookup.why == wire::Cold::none_idle || lookup.why == wire::Cold::ended))
                lookup.why = wire::Cold::raced;
            hold(key);
            slot_or_place(key, now);
        }
        settle(now);
    }
    void cancel(StreamId stream, std::uint32_t id, Time now) {
        finish({stream, id});
        settle(now);
    }
    void stream_closed(StreamId stream, Time now) {
        std::vector<Key> keys;
        for (const auto& [key, lookup] : lookups)
            if (key.first == stream) keys.push_back(key);
        for (const auto& key : keys)
            finish(key);
        settle(now);
    }
    void silent(std::uint32_t pid) {
        const auto worker = workers.find(pid);
        if (worker == workers.end() || worker->second.user.empty()) return;
        worker->second.silent = true;
        place(pid, false);
    }
    void expire(Time now) {
        std::vector<Key> due;
        for (const auto& [key, lookup] : lookups)
            if (lookup.deadline <= now) due.push_back(key);
        for (const auto& key : due) {
            if (lookups[key].stage == Stage::waiting)
                say(key, wire::Verdict::refused_queue, lookups[key].why, process_limit);
            finish(key);
        }
        settle(now);
    }
    Pids evictable(std::size_t count, Time now) {
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
    // Whether these are workers that may be named, all different, and as many as possible.
    bool names(const Pids& pids, std::size_t count, Time now) {
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
    // How many more should go: counted one by one.
    std::uint32_t excess() const {
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
    std::uint32_t count(const std::string& user, const std::string& ip) const {
        std::uint32_t sum = 0;
        for (const auto& [id, session] : sessions)
            sum += session.user == user && session.ip == ip ? 1 : 0;
        return sum;
    }
    std::uint32_t in_stage(Stage stage) const {
        std::uint32_t sum = 0;
        for (const auto& [key, lookup] : lookups)
            sum += lookup.stage == stage ? 1 : 0;
        return sum;
    }

private:
    std::uint64_t arrivals_ = 0, placements_ = 0;
    Time settled_at_{}; // of the last event that changed something

    void say(Key key, wire::Verdict verdict, wire::Cold why, std::uint32_t limit, Pids pids = {}) {
        answers.push_back({key.first, {key.second, verdict, why, limit, std::move(pids)}});
    }
    std::uint32_t load(const std::string& user) const {
        std::uint32_t sum = 0;
        for (const auto& [id, session] : sessions)
            sum += session.user == user ? 1 : 0;
        return sum;
    }
    std::uint32_t sessions_of(std::uint32_t pid) const {
        std::uint32_t sum = 0;
        for (const auto& [id, session] : sessions)
            sum += session.owner == pid ? 1 : 0;
        return sum;
    }
    bool waits(const std::string& user) const {
        return std::any_of(lookups.begin(), lookups.end(), [&](const auto& item) {
            return item.second.user == user && item.second.stage == Stage::waiting;
        });
    }
    bool has_slot() const {
        std::uint32_t used = in_stage(Stage::cold);
        for (const auto& [pid, worker] : workers)
            used += worker.user.empty() ? 0 : 1;
        return used < process_limit;
    }
    void tidy() {
        std::erase_if(sessions, [](const auto& item) { return item.second.owner == 0 && !item.second.lease; });
    }
    void note_memory(Time now) {
        settled_at_ = now;
        std::uint64_t sum = 0;
        for (const auto& [pid, worker] : workers)
            sum += worker.evictable ? worker.memory_kib : 0;
        if (memory_limit_kib == 0 || sum <= memory_limit_kib - memory_limit_kib / 16)
            shedding = false;
        else if (sum > memory_limit_kib)
            shedding = true;
    }
    // Idle workers that nobody was promised, and those who wait with fewer sessions than the user has.
    bool must_yield(const std::string& user, Time now) const {
        std::size_t spare = 0, below = 0;
        for (const auto& [pid, worker] : workers)
            spare += worker.evictable && (worker.named || worker.reserved_until <= now) ? 1 : 0;
        for (const auto& [key, lookup] : lookups)
            below += lookup.stage == Stage::waiting && load(lookup.user) < load(user) ? 1 : 0;
        return below >= std::max<std::size_t>(1, spare);
    }
    void fulfil(Session& session, std::uint32_t pid) {
        if (!session.lease) return;
        auto& lookup = lookups.at(*session.lease);
        if (lookup.stage == Stage::waiting || lookup.reporter == pid) return;
        if (lookup.stage == Stage::trying) ++hits;
        lookup.stage = Stage::reported;
        lookup.reporter = pid;
        session.lease.reset();
    }
    void finish(Key key) {
        const auto found = lookups.find(key);
        if (found == lookups.end()) return;
        const auto session = sessions.find(found->second.session);
        if (session != sessions.end() && session->second.lease == key) session->second.lease.reset();
        lookups.erase(found);
        tidy();
    }
    void hold(Key key) {
        const auto& lookup = lookups.at(key);
        auto& session = sessions.try_emplace(lookup.session, Session{lookup.user, lookup.ip, 0, {}}).first->second;
        session.lease = key;
    }
    void slot_or_place(Key key, Time now) {
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
    void give_slot(Key key, Time now) {
        auto& lookup = lookups.at(key);
        lookup.stage = Stage::cold;
        ++misses[lookup.why];
        lookup.deadline = now + wire::lease_time;
        say(key, wire::Verdict::cold, lookup.why, 0);
    }
    void name(Key key, const Pids& pids, Time now) {
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
    wire::Cold lookup_why(const Lookup& lookup, Time now) {
        wire::Cold why{};
        candidates(lookup.user, lookup.identity, now, why);
        return why;
    }
    void settle(Time now) {
        give_slots(now);
        while (take_back(now))
            ++taken_back;
        note_memory(now);
    }
    // The waiting user with the fewest sessions who has a yielded worker, if it isn't needed for others.
    bool take_back(Time now) {
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
    // When the latest of the user's yielded workers that can serve the lookup came into its place.
    std::uint64_t best_worker(Key key, Time now) const {
        const auto& lookup = lookups.at(key);
        std::uint64_t best = 0;
        for (const auto& [pid, worker] : workers)
            if (worker.user == lookup.user && worker.identity == lookup.identity && worker.yielded &&
                worker.chain == 0 && worker.reserved_until <= now && worker.generation >= generation)
                best = std::max(best, worker.placed);
        return best;
    }
    void give_slots(Time now) {
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
    int chain_of(std::uint32_t pid, const Worker& worker) const {
        if (worker.user.empty()) return -1;
        if (worker.leaving || worker.silent) return 2;
        return worker.accepts && sessions_of(pid) == 0 ? 0 : 1;
    }
    // `used`: it goes to the front of wherever it belongs.
    void place(std::uint32_t pid, bool used) {
        auto& worker = workers.at(pid);
        const auto chain = chain_of(pid, worker);
        if (chain != worker.chain || used) worker.placed = ++placements_;
        worker.chain = chain;
        const bool evictable = !worker.user.empty() && !worker.leaving && sessions_of(pid) == 0;
        if (evictable && (!worker.evictable || used)) worker.idled = ++placements_;
        worker.evictable = evictable;
    }
    Pids candidates(const std::string& user, const protocol::IdentityHash& identity, Time now, wire::Cold& why,
        bool without_idle = false) {
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
                order.emplace_back((busy > 0 ? 2 : 0) + (offered ? 1 : 0), offered ? worker.reserved_until : Time{},
                    ~worker.placed, pid);
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
    wire::Cold why_gone(const std::string& user) const {
        using enum wire::ExitReason;
        static const std::map<wire::ExitReason, wire::Cold> reasons{{idle_kill, wire::Cold::idle_kill},
            {eviction, wire::Cold::evicted}, {memory, wire::Cold::memory}, {wire::ExitReason::generation, wire::Cold::generation},
            {recycling, wire::Cold::recycled}, {crash, wire::Cold::crash}, {kick, wire::Cold::kicked},
            {shutdown, wire::Cold::ended}, {other, wire::Cold::ended}};
        const auto end = ends.find(user);
        return end == ends.end() ? wire::Cold::first : reasons.at(end->second);
    }
    void offer_to_waiting(std::uint32_t pid, Time now) {
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
};

} // namespace hearth::anvil::testing
