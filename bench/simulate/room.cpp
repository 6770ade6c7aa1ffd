// SPDX-License-Identifier: Apache-2.0
#include "room.hpp"

#include <queue>

namespace hearth::simulate {

namespace {

enum class Worker : std::uint8_t { none, busy, idle };

class Room {
public:
    Room(const Trace& trace, std::uint32_t workers, Policy& policy)
        : policy_(policy), limit_(workers), workers_(trace.users, Worker::none) {}

    /// Whether the visitor finds a worker.
    bool visit(const Visit& visit) {
        end_sessions(visit.at);
        while (const auto gone = policy_.expired(visit.at))
            end_worker(*gone);
        policy_.came(visit.user, visit.at);
        ends_.push({visit.at + visit.length, visit.user, visit.next});
        auto& worker = workers_[visit.user];
        if (worker == Worker::idle) {
            policy_.not_idle(visit.user);
            worker = Worker::busy;
            return true;
        }
        if (live_ == limit_)
            if (const auto victim = policy_.victim(visit.at)) end_worker(*victim);
        if (live_ == limit_) return false;
        ++live_;
        worker = Worker::busy;
        return false;
    }

private:
    struct End {
        Time at;
        std::uint32_t user;
        Time next_visit;
        bool operator>(const End& other) const { return at > other.at; }
    };

    void end_sessions(Time now) {
        for (; !ends_.empty() && ends_.top().at <= now; ends_.pop()) {
            const auto& end = ends_.top();
            policy_.left(end.user, end.at);
            if (workers_[end.user] != Worker::busy) continue;
            workers_[end.user] = Worker::idle;
            policy_.idle(end.user, end.at, end.next_visit);
        }
    }
    void end_worker(std::uint32_t user) {
        policy_.not_idle(user);
        workers_[user] = Worker::none;
        --live_;
    }

    Policy& policy_;
    std::uint32_t limit_, live_ = 0;
    std::vector<Worker> workers_;
    std::priority_queue<End, std::vector<End>, std::greater<>> ends_;
};

} // namespace

double hit_ratio(const Trace& trace, std::uint32_t workers, Policy& policy) {
    Room room(trace, workers, policy);
    std::size_t hits = 0;
    for (const auto& visit : trace.visits)
        if (room.visit(visit)) ++hits;
    return static_cast<double>(hits) / static_cast<double>(trace.visits.size());
}

} // namespace hearth::simulate
