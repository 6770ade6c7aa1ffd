// SPDX-License-Identifier: Apache-2.0
// One greedy user with 200 connections, each of which comes back as soon as it has ended, beside 50 ordinary ones with one
// connection at a time, at a limit of 64 processes.
//
// The bound. An ordinary user's lookup that waits is served when, since it came, as many workers have become free as
// there were others of the ordinary ones waiting, and one more: at most 50 ends of sessions, whatever the greedy user does.
// Why: with one connection nobody has less; of equals who came first goes first; so only those who waited already are
// before it, each with one lookup. And no free worker goes back to its greedy user while it is needed for them.
#include "world.hpp"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <queue>
#include <random>
#include <set>

using namespace hearth;
using namespace hearth::anvil;
using namespace hearth::anvil::testing;
using wire::Verdict;

namespace {

constexpr std::uint32_t process_limit = 64, ordinary_users = 50, greedy_connections = 200;
#if defined(NDEBUG) && !defined(__SANITIZE_ADDRESS__)
constexpr std::uint32_t arrivals_max = 100'000;
#else
constexpr std::uint32_t arrivals_max = 10'000;
#endif

// The users, their workers and a master who asks idle workers to go while somebody waits.
class Crowd {
public:
    Crowd(std::uint64_t seed, Clock::duration eviction_max)
        : world_(process_limit), random_(seed), eviction_max_(eviction_max) {
        for (std::uint32_t user = 0; user <= ordinary_users; ++user)
            for (std::uint32_t n = 0; n < (user == 0 ? greedy_connections : 1); ++n)
                after(between(0ms, 1000ms), [this, user] { arrive(user); });
    }

    void run() {
        while (arrivals_ < arrivals_max) {
            const auto next = events_.top();
            events_.pop();
            world_.ledger.expire(std::max(world_.now, next.when));
            world_.now = std::max(world_.now, next.when);
            next.what();
            settle();
            if (arrivals_ % 1000 == 0) world_.ledger.verify_invariants();
        }
    }

    struct Wait {
        std::uint32_t before = 0; // ordinary ones who waited already
        std::uint32_t freed = 0;  // workers that became free until it was served
        Clock::duration time{};
    };
    std::vector<Wait> waits;        // of ordinary users
    std::uint64_t served_greedy = 0, served_ordinary = 0, refused_ordinary = 0;

private:
    struct Event {
        Time when;
        std::uint64_t order;
        std::function<void()> what;
        bool operator<(const Event& other) const {
            return when != other.when ? when > other.when : order > other.order;
        }
    };
    struct Client {
        std::uint32_t user = 0;
        bool waits = false;
        std::uint32_t before = 0;
        std::uint64_t freed_at = 0;
        Time since{};
    };

    static std::string name(std::uint32_t user) { return "user" + std::to_string(user); }
    Clock::duration between(std::chrono::milliseconds least, std::chrono::milliseconds most) {
        return std::chrono::microseconds(
            std::uniform_int_distribution<std::int64_t>(least.count() * 1000, most.count() * 1000)(random_));
    }
    void after(Clock::duration time, std::function<void()> what) {
        events_.push({world_.now + time, ++order_, std::move(what)});
    }

    void arrive(std::uint32_t user) {
        ++arrivals_;
        const auto id = ++last_id_;
        clients_[id] = Client{user, false, 0, 0, world_.now};
        world_.ledger.lookup(
            1, {id, "imap", name(user), "192.0.2.1", identity_of(name(user)), session_id(id)}, world_.now);
    }
    void settle() {
        for (bool quiet = false; !quiet;) {
            const auto answers = world_.ledger.take_answers();
            for (const auto& answer : answers)
                answered(answer.route);
            quiet = answers.empty() && !evict();
        }
    }
    void answered(const wire::Route& route) {
        auto& client = clients_.at(route.id);
        switch (route.verdict) {
        case Verdict::wait:
            if (client.waits) return;
            client = {client.user, true, waiting_ordinary_, freed_, world_.now};
            waiting_ordinary_ += client.user != 0 ? 1 : 0;
            return;
        case Verdict::candidates:
            for (const auto pid : route.pids)
                if (!busy_.contains(pid) && world_.reports.contains(pid)) return serve(route.id, pid);
            return world_.ledger.none_took(1, route.id, world_.now);
        case Verdict::cold: {
            const auto pid = ++last_pid_;
            world_.ledger.started({pid, "imap"}, world_.now);
            return serve(route.id, pid);
        }
        case Verdict::refused_user:
        case Verdict::refused_queue:
            if (client.waits && client.user != 0) --waiting_ordinary_;
            refused_ordinary += client.user != 0 ? 1 : 0;
            after(1s, [this, user = client.user] { arrive(user); });
            clients_.erase(route.id);
        }
    }
    void serve(std::uint32_t id, std::uint32_t pid) {
        const auto client = clients_.at(id);
        clients_.erase(id);
        if (client.user != 0 && client.waits) {
            --waiting_ordinary_;
            waits.push_back({client.before, static_cast<std::uint32_t>(freed_ - client.freed_at), world_.now - client.since});
        }
        ++(client.user == 0 ? served_greedy : served_ordinary);
        busy_.insert(pid);
        auto& report = world_.worker(pid, name(client.user));
        report.sessions = {{session_id(id), "192.0.2.1"}};
        report.accepts = false;
        ++report.served;
        say(pid);
        after(between(50ms, 500ms), [this, pid, user = client.user] {
            ++freed_;
            busy_.erase(pid);
            auto& own = world_.reports.at(pid);
            own.ended = {own.sessions.front().id};
            own.sessions.clear();
            own.accepts = true;
            say(pid);
            after(user == 0 ? Clock::duration{} : between(0ms, 2000ms), [this, user] { arrive(user); });
        });
    }
    void say(std::uint32_t pid) {
        auto& report = world_.reports.at(pid);
        ++report.sequence;
        CHECK(world_.ledger.report(report, pid, world_.now) == Reception::applied);
    }
    // True if somebody went at once.
    bool evict() {
        bool went = false;
        for (const auto pid : world_.ledger.evictable("imap", world_.ledger.waiting(), world_.now)) {
            if (eviction_max_ == Clock::duration{}) {
                leave(pid);
                went = true;
            } else {
                after(between(0ms, std::chrono::duration_cast<std::chrono::milliseconds>(eviction_max_)),
                    [this, pid] { leave(pid); });
            }
        }
        return went;
    }
    void leave(std::uint32_t pid) {
        if (busy_.contains(pid) || !world_.reports.contains(pid)) return; // it took a client meanwhile: it stays
        world_.reports.at(pid).leaving = true;
        say(pid);
        world_.ledger.exited({pid, wire::ExitReason::eviction}, world_.now);
        world_.reports.erase(pid);
    }

    World world_;
    std::mt19937_64 random_;
    Clock::duration eviction_max_;
    std::priority_queue<Event> events_;
    std::map<std::uint32_t, Client> clients_;
    std::set<std::uint32_t> busy_;
    std::uint64_t order_ = 0, freed_ = 0;
    std::uint32_t arrivals_ = 0, last_id_ = 0, last_pid_ = 0, waiting_ordinary_ = 0;
};

std::uint64_t seed() {
    const char* text = std::getenv("HEARTH_SEED");
    return text != nullptr ? std::strtoull(text, nullptr, 10) : std::random_device{}();
}

double milliseconds(Clock::duration time) {
    return std::chrono::duration<double, std::milli>(time).count();
}

void tell(const char* what, Crowd& crowd) {
    std::uint32_t freed = 0;
    std::vector<double> times;
    for (const auto& wait : crowd.waits) {
        freed = std::max(freed, wait.freed);
        times.push_back(milliseconds(wait.time));
    }
    std::sort(times.begin(), times.end());
    MESSAGE(std::string(what), ": ordinary users waited ", times.size(), " times, at most for ", freed,
        " ends of sessions; ms p50 ", times[times.size() / 2], ", p99 ", times[times.size() * 99 / 100], ", max ",
        times.back(), "; served ordinary ", crowd.served_ordinary, ", greedy ", crowd.served_greedy);
}

} // namespace

TEST_CASE("beside a greedy user an ordinary one never waits behind more than his share of jobs") {
    const auto start = seed();
    MESSAGE("HEARTH_SEED=", start);
    Crowd crowd(start, Clock::duration{});
    crowd.run();
    tell("eviction takes no time", crowd);
    CHECK(crowd.waits.size() > 1000); // else this proves nothing
    CHECK(crowd.served_greedy > arrivals_max / 4);
    for (const auto& wait : crowd.waits) {
        REQUIRE(wait.before < ordinary_users);
        REQUIRE(wait.freed <= wait.before + 1);
    }
    CHECK(crowd.refused_ordinary == 0);
}

// Now a worker's own user may be back before the master has asked it to go, and who waits, waits on.
TEST_CASE("and when an eviction takes its time, he waits for not much more, and is never refused") {
    const auto start = seed();
    MESSAGE("HEARTH_SEED=", start);
    Crowd crowd(start, 20ms);
    crowd.run();
    tell("eviction takes up to 20 ms", crowd);
    CHECK(crowd.waits.size() > 1000);
    CHECK(crowd.refused_ordinary == 0);
    for (const auto& wait : crowd.waits)
        REQUIRE(wait.time < 1s);
}
