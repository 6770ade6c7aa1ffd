// SPDX-License-Identifier: Apache-2.0
// What is told to the model.
#include "model.hpp"

#include <algorithm>
#include <set>

namespace hearth::anvil::testing {

void Model::started(std::uint32_t pid, Time now) {
    if (workers.try_emplace(pid).second) settle(now);
}

void Model::exited(std::uint32_t pid, wire::ExitReason reason, Time now) {
    if (!workers.contains(pid)) return;
    if (const auto& user = workers[pid].user; !user.empty()) ends[user] = reason;
    workers.erase(pid);
    for (auto& [id, session] : sessions)
        if (session.owner == pid) session.owner = 0;
    tidy();
    settle(now);
}

void Model::limits(std::uint32_t limit, std::uint32_t new_generation, std::uint64_t memory_limit, Time now) {
    process_limit = limit;
    memory_limit_kib = memory_limit / 1024;
    generation = new_generation;
    settle(now);
}

Reception Model::report(const wire::WorkerReport& report, std::uint32_t pid, Time now) {
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
        auto& session = sessions.try_emplace(active.id, Session{worker.user, active.remote_ip, 0, {}}).first->second;
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

void Model::lookup(StreamId stream, const wire::Lookup& request, Time now) {
    const Key key{stream, request.id};
    finish(key);
    const auto known = sessions.find(request.session);
    const bool foreign =
        known != sessions.end() && (known->second.user != request.user || known->second.lease.has_value());
    if (foreign) {
        say(key, wire::Verdict::refused_queue, wire::Cold::first, 0);
    } else if (known == sessions.end() && userip_limit != 0 && count(request.user, request.remote_ip) >= userip_limit) {
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

void Model::none_took(StreamId stream, std::uint32_t id, Time now) {
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
        const bool has_worker = std::any_of(
            workers.begin(), workers.end(), [&](const auto& item) { return item.second.user == lookup.user; });
        if (lookup.warm && has_worker && (lookup.why == wire::Cold::none_idle || lookup.why == wire::Cold::ended))
            lookup.why = wire::Cold::raced;
        hold(key);
        slot_or_place(key, now);
    }
    settle(now);
}

void Model::cancel(StreamId stream, std::uint32_t id, Time now) {
    finish({stream, id});
    settle(now);
}

void Model::stream_closed(StreamId stream, Time now) {
    std::vector<Key> keys;
    for (const auto& [key, lookup] : lookups)
        if (key.first == stream) keys.push_back(key);
    for (const auto& key : keys)
        finish(key);
    settle(now);
}

void Model::silent(std::uint32_t pid) {
    const auto worker = workers.find(pid);
    if (worker == workers.end() || worker->second.user.empty()) return;
    worker->second.silent = true;
    place(pid, false);
}

void Model::expire(Time now) {
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

void Model::fulfil(Session& session, std::uint32_t pid) {
    if (!session.lease) return;
    auto& lookup = lookups.at(*session.lease);
    if (lookup.stage == Stage::waiting || lookup.reporter == pid) return;
    if (lookup.stage == Stage::trying) ++hits;
    lookup.stage = Stage::reported;
    lookup.reporter = pid;
    session.lease.reset();
}

void Model::finish(Key key) {
    const auto found = lookups.find(key);
    if (found == lookups.end()) return;
    const auto session = sessions.find(found->second.session);
    if (session != sessions.end() && session->second.lease == key) session->second.lease.reset();
    lookups.erase(found);
    tidy();
}

void Model::hold(Key key) {
    const auto& lookup = lookups.at(key);
    auto& session = sessions.try_emplace(lookup.session, Session{lookup.user, lookup.ip, 0, {}}).first->second;
    session.lease = key;
}

void Model::tidy() {
    std::erase_if(sessions, [](const auto& item) { return item.second.owner == 0 && !item.second.lease; });
}

void Model::place(std::uint32_t pid, bool used) {
    auto& worker = workers.at(pid);
    const auto chain = chain_of(pid, worker);
    if (chain != worker.chain || used) worker.placed = ++placements_;
    worker.chain = chain;
    const bool evictable = !worker.user.empty() && !worker.leaving && sessions_of(pid) == 0;
    if (evictable && (!worker.evictable || used)) worker.idled = ++placements_;
    worker.evictable = evictable;
}

int Model::chain_of(std::uint32_t pid, const Worker& worker) const {
    if (worker.user.empty()) return -1;
    if (worker.leaving || worker.silent) return 2;
    return worker.accepts && sessions_of(pid) == 0 ? 0 : 1;
}

void Model::say(Key key, wire::Verdict verdict, wire::Cold why, std::uint32_t limit, Pids pids) {
    answers.push_back({key.first, {key.second, verdict, why, limit, std::move(pids)}});
}

} // namespace hearth::anvil::testing
