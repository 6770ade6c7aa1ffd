// SPDX-License-Identifier: Apache-2.0
// A million random events, honest and dishonest, against the model.
#include "model.hpp"

#include <cstdlib>
#include <numeric>
#include <random>

using namespace hearth;
using namespace hearth::anvil;
using namespace hearth::anvil::testing;

namespace {

#if defined(NDEBUG) && !defined(__SANITIZE_ADDRESS__)
constexpr int events = 1'000'000;
constexpr int verify_every = 16;
#else
constexpr int events = 30'000;
constexpr int verify_every = 1;
#endif
constexpr int events_per_world = 5'000;

std::uint64_t seed() {
    const char* text = std::getenv("HEARTH_SEED");
    return text != nullptr ? std::strtoull(text, nullptr, 10) : std::random_device{}();
}

class Run {
public:
    Run(std::uint64_t seed, std::uint32_t userip_limit)
        : ledger_({test_key(), 1, userip_limit}), random_(seed), least_expected_(maybe(50)) {
        model_.userip_limit = userip_limit;
        ledger_.roster({1, 0, 1, {}}, now_);
        limits();
    }

    void step(bool verify) {
        now_ += std::chrono::milliseconds(pick(20));
        const auto dice = pick(100);
        if (dice < 4)
            start();
        else if (dice < 6)
            exit();
        else if (dice < 42)
            report();
        else if (dice < 67)
            lookup();
        else if (dice < 80)
            none_took();
        else if (dice < 88)
            cancel();
        else if (dice < 90)
            silent();
        else if (dice < 92)
            limits();
        else if (dice < 96)
            evictable();
        else if (dice == 96)
            close();
        else
            pass();
        compare(verify);
    }

    [[nodiscard]] const Counters& counters() const { return ledger_.counters(); }
    [[nodiscard]] const Model& model() const { return model_; }
    [[nodiscard]] std::uint64_t with_excess() const { return with_excess_; }

private:
    std::uint32_t pick(std::uint32_t bound) { return static_cast<std::uint32_t>(random_() % bound); }
    bool maybe(std::uint32_t percent) { return pick(100) < percent; }
    std::string user() { return "user" + std::to_string(pick(5)); }
    std::string ip() { return "192.0.2." + std::to_string(pick(3)); }
    protocol::IdentityHash identity(const std::string& name) { return identity_of(name, maybe(15) ? 1 : 0); }
    std::uint32_t pid() { return 1 + pick(14); }
    StreamId stream() { return 1 + pick(3); }

    void start() {
        const auto fresh = pid();
        sequences_.try_emplace(fresh, 0);
        ledger_.started({fresh, "imap"}, now_);
        model_.started(fresh, now_);
    }
    void exit() {
        const auto gone = pid();
        const auto reason = static_cast<wire::ExitReason>(pick(wire::exit_reason_count));
        ledger_.exited({gone, reason}, now_);
        model_.exited(gone, reason, now_);
        sequences_.erase(gone);
        reports_.erase(gone);
    }
    void limits() {
        const auto limit = 1 + pick(9);
        if (maybe(5)) ++generation_;
        if (maybe(5)) least_expected_ = !least_expected_;
        const std::uint64_t memory = maybe(30) ? 0 : 1024 * (1 + pick(3000));
        const auto order = least_expected_ ? wire::EvictOrder::least_expected : wire::EvictOrder::longest_idle;
        ledger_.limits({"imap", limit, 1, generation_, memory, order}, now_);
        model_.limits(limit, generation_, memory, now_);
    }
    // Mostly what an honest worker says next: it takes a session that was promised, or ends one.
    void report() {
        const auto self = pid();
        auto report = reports_[self];
        if (report.user.empty()) {
            std::string name = user();
            auto hash = identity(name);
            for (const auto& [key, lookup] : model_.lookups) {
                if (lookup.stage != Stage::cold || maybe(50)) continue;
                name = lookup.user;
                hash = lookup.identity;
            }
            report.service = "imap";
            report.user = name;
            report.identity = hash;
            report.tag = protocol::identity_tag(test_key(), "imap", hash, name);
            report.client_limit = 1 + pick(2);
            report.generation = generation_ - (maybe(10) ? 1 : 0);
        }
        report.sequence = ++sequences_[self];
        if (maybe(50)) take_session(report);
        if (maybe(50) && !report.sessions.empty()) {
            report.ended.push_back(report.sessions.back().id);
            report.sessions.pop_back();
        }
        if (report.ended.size() > 5) report.ended.erase(report.ended.begin());
        report.accepts = !report.leaving && (report.sessions.size() < report.client_limit) != maybe(5);
        if (maybe(2)) report.leaving = true;
        report.memory_kib = maybe(30) ? 0 : 300 + pick(700);
        auto sent = report;
        if (maybe(2)) sent.sequence -= pick(3);
        if (maybe(2)) sent.tag[3] ^= 1;
        if (maybe(1)) sent.user.clear();
        if (maybe(1)) sent.service = "jmap";
        if (maybe(2)) World::name(sent, user(), 0);
        const auto reception = ledger_.report(sent, self, now_);
        REQUIRE(reception == model_.report(sent, self, now_));
        if (reception == Reception::applied)
            reports_[self] = sent;
        else if (model_.workers.contains(self))
            reports_[self] = report;
    }
    void take_session(wire::WorkerReport& report) {
        if (maybe(5)) return report.sessions.push_back({session_id(pick(200)), ip()});
        for (const auto& [key, lookup] : model_.lookups) {
            if (lookup.user != report.user || lookup.identity != report.identity || maybe(60)) continue;
            if (report.sessions.size() < 3) report.sessions.push_back({lookup.session, lookup.ip});
            ++report.served;
            return;
        }
    }
    void lookup() {
        const auto name = user();
        const auto id = maybe(3) ? pick(200) : 1000 + (++session_ % 4000);
        const wire::Lookup request{1 + pick(25), "imap", name, ip(), identity(name), session_id(id)};
        const auto from = stream();
        ledger_.lookup(from, request, now_);
        model_.lookup(from, request, now_);
    }
    std::pair<StreamId, std::uint32_t> some_lookup() {
        if (model_.lookups.empty() || maybe(5)) return {stream(), 1 + pick(25)};
        return std::next(model_.lookups.begin(), pick(static_cast<std::uint32_t>(model_.lookups.size())))->first;
    }
    void none_took() {
        const auto [from, id] = some_lookup();
        ledger_.none_took(from, id, now_);
        model_.none_took(from, id, now_);
    }
    void cancel() {
        const auto [from, id] = some_lookup();
        ledger_.cancel(from, id, now_);
        model_.cancel(from, id, now_);
    }
    void silent() {
        const auto quiet = pid();
        ledger_.silent(quiet, now_);
        model_.silent(quiet);
    }
    void close() {
        const auto gone = stream();
        ledger_.stream_closed(gone, now_);
        model_.stream_closed(gone, now_);
    }
    void evictable() {
        const auto count = pick(4);
        const auto pids = ledger_.evictable("imap", count, now_);
        if (!least_expected_)
            REQUIRE(pids == model_.evictable(count, now_));
        else // in an order that is tested elsewhere: but as many, and of the same workers
            REQUIRE(model_.names(pids, count, now_));
    }
    void pass() {
        now_ += std::chrono::milliseconds(pick(2500));
        ledger_.expire(now_);
        model_.expire(now_);
    }

    static std::string text(const Answer& answer) {
        const auto& route = answer.route;
        auto line = std::to_string(answer.stream) + "/" + std::to_string(route.id) + " verdict " +
                    std::to_string(static_cast<int>(route.verdict)) + " " + std::string(wire::name(route.why)) + " limit " +
                    std::to_string(route.limit);
        for (const auto pid : route.pids)
            line += " " + std::to_string(pid);
        return line + "; ";
    }
    static std::vector<std::string> sorted(const std::vector<Answer>& answers) {
        std::vector<std::string> result;
        for (const auto& answer : answers)
            result.push_back(text(answer));
        std::sort(result.begin(), result.end());
        return result;
    }
    void compare(bool verify) {
        const auto expected = sorted(std::exchange(model_.answers, {}));
        const auto answers = sorted(ledger_.take_answers());
        const auto difference = std::accumulate(answers.begin(), answers.end(), std::string("ledger: ")) +
                                std::accumulate(expected.begin(), expected.end(), std::string("model: "));
        CAPTURE(difference);
        REQUIRE(answers == expected);
        if (!verify) return;
        ledger_.verify_invariants();
        REQUIRE(ledger_.session_count() == model_.sessions.size());
        REQUIRE(ledger_.lease_count() == model_.lookups.size());
        REQUIRE(ledger_.worker_count() == model_.workers.size());
        REQUIRE(ledger_.waiting() == model_.in_stage(Stage::waiting));
        REQUIRE(ledger_.cold_slots() == model_.in_stage(Stage::cold));
        const auto view = ledger_.services(now_).front();
        REQUIRE(view.excess == model_.excess());
        with_excess_ += view.excess > 0 ? 1 : 0;
        REQUIRE(view.total.hits == model_.hits);
        for (std::size_t why = 1; why < wire::cold_count; ++why)
            REQUIRE(view.total.misses[why] == model_.misses[static_cast<wire::Cold>(why)]);
        const auto name = user(), from = ip();
        REQUIRE(ledger_.count("imap", name, from) == model_.count(name, from));
    }

    Ledger ledger_;
    Model model_;
    std::mt19937_64 random_;
    Time now_ = Time{} + 1h;
    std::uint32_t generation_ = 1, session_ = 0;
    bool least_expected_;
    std::uint64_t with_excess_ = 0;
    std::map<std::uint32_t, std::uint64_t> sequences_;
    std::map<std::uint32_t, wire::WorkerReport> reports_;
};

// A run that never waits, or never lies, would prove little.
void add(std::map<std::string, std::uint64_t>& seen, const Counters& counters) {
    seen["warm"] += counters.warm;
    seen["busy"] += counters.busy;
    seen["waited"] += counters.waited;
    seen["refused_user"] += counters.refused_user;
    seen["refused_queue"] += counters.refused_queue;
    seen["refused_odd"] += counters.refused_odd;
    seen["leases_expired"] += counters.leases_expired;
    seen["foreign_sessions"] += counters.foreign_sessions;
    seen["silent"] += counters.silent;
    for (std::size_t why = 1; why < wire::cold_count; ++why)
        if (static_cast<wire::Cold>(why) != wire::Cold::restarting)
            seen[std::string(wire::name(static_cast<wire::Cold>(why)))] += counters.cold[why];
    for (const auto what : {Reception::applied, Reception::unknown_pid, Reception::no_user, Reception::old_sequence,
             Reception::wrong_service, Reception::wrong_tag, Reception::identity_changed})
        seen[std::string(name(what))] += counters.reports[static_cast<std::size_t>(what)];
}

} // namespace

TEST_CASE("whatever happens in whatever order, the ledger answers as the model does") {
    const auto start = seed();
    MESSAGE("HEARTH_SEED=", start);
    std::map<std::string, std::uint64_t> seen;
    for (int world = 0; world * events_per_world < events; ++world) {
        CAPTURE(world);
        Run run(start + static_cast<std::uint64_t>(world), world % 3 == 0 ? 0U : static_cast<std::uint32_t>(world % 5));
        for (int event = 0; event < events_per_world; ++event) {
            CAPTURE(event);
            run.step(event % verify_every == 0);
        }
        add(seen, run.counters());
        seen["hits"] += run.model().hits;
        seen["taken back"] += run.model().taken_back;
        seen["excess"] += run.with_excess();
    }
    // With the fewer events of a sanitizer build the rarest may not come up.
    if (events < 1'000'000) return;
    for (const auto& [what, count] : seen) {
        CAPTURE(what);
        CHECK(count > 0);
    }
}
