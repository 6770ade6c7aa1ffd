// SPDX-License-Identifier: Apache-2.0
#include "protocol/anvil.hpp"
#include "samples.hpp"

using namespace hearth;
using namespace hearth::protocol;
using namespace hearth::protocol::anvil;
using namespace hearth::protocol::testing;

namespace {

WorkerReport worker_report(Samples& samples) {
    WorkerReport report;
    report.sequence = samples.number<std::uint64_t>();
    report.generation = samples.number<std::uint32_t>();
    report.service = samples.text(service_bytes_max);
    report.user = samples.text(user_bytes_max);
    report.identity = samples.bytes<16>();
    report.tag = samples.bytes<32>();
    report.accepts = samples.coin();
    report.leaving = samples.coin();
    report.served = samples.number<std::uint32_t>();
    report.client_limit = samples.number<std::uint32_t>();
    report.memory_kib = samples.number<std::uint32_t>();
    for (auto n = samples.below(6); n > 0; --n)
        report.sessions.push_back({samples.id(), samples.ip()});
    for (auto n = samples.below(ended_per_report_max + 1); n > 0; --n)
        report.ended.push_back(samples.id());
    return report;
}

Roster roster(Samples& samples) {
    Roster result{
        samples.number<std::uint64_t>(), samples.number<std::uint16_t>(), samples.number<std::uint16_t>(), {}};
    for (auto n = samples.below(20); n > 0; --n)
        result.processes.push_back({samples.number<std::uint32_t>(), samples.text(service_bytes_max)});
    return result;
}

std::vector<std::uint32_t> pids(Samples& samples, std::uint32_t limit) {
    std::vector<std::uint32_t> result(samples.below(limit + 1));
    for (auto& pid : result)
        pid = samples.number<std::uint32_t>();
    return result;
}

std::string encode_report(const Report& report) {
    return encode(report);
}
std::string encode_login_message(const LoginMessage& message) {
    return encode(message);
}
std::string encode_route(const Route& route) {
    return encode(route);
}
std::string encode_master_message(const MasterMessage& message) {
    return encode(message);
}
std::string encode_push(const MasterPush& push) {
    return encode(push);
}

} // namespace

TEST_CASE("a worker's report is read as it was written") {
    Samples samples;
    MESSAGE("HEARTH_SEED=", samples.seed_used());
    for (int round = 0; round < rounds; ++round) {
        const auto report = worker_report(samples);
        const auto bytes = encode(Report(report));
        check_round_trip(bytes, decode_report, encode_report);
        const auto read = std::get<WorkerReport>(*decode_report(bytes));
        CHECK(read.sequence == report.sequence);
        CHECK(read.generation == report.generation);
        CHECK(read.service == report.service);
        CHECK(read.user == report.user);
        CHECK(read.identity == report.identity);
        CHECK(read.tag == report.tag);
        CHECK(read.accepts == report.accepts);
        CHECK(read.leaving == report.leaving);
        CHECK(read.served == report.served);
        CHECK(read.client_limit == report.client_limit);
        CHECK(read.memory_kib == report.memory_kib);
        CHECK(read.sessions == report.sessions);
        CHECK(read.ended == report.ended);
    }
}

TEST_CASE("the master's words are read as they were written") {
    Samples samples;
    MESSAGE("HEARTH_SEED=", samples.seed_used());
    for (int round = 0; round < rounds; ++round) {
        const auto list = roster(samples);
        const auto read = decode_report(encode(Report(list)));
        REQUIRE(read.has_value());
        CHECK(std::get<Roster>(*read).epoch == list.epoch);
        CHECK(std::get<Roster>(*read).part == list.part);
        CHECK(std::get<Roster>(*read).parts == list.parts);
        REQUIRE(std::get<Roster>(*read).processes.size() == list.processes.size());
        for (std::size_t i = 0; i < list.processes.size(); ++i) {
            CHECK(std::get<Roster>(*read).processes[i].pid == list.processes[i].pid);
            CHECK(std::get<Roster>(*read).processes[i].service == list.processes[i].service);
        }
        const ServiceLimits limits{samples.text(service_bytes_max), 7, 8, 9, samples.number<std::uint64_t>(),
            samples.coin() ? EvictOrder::longest_idle : EvictOrder::least_expected};
        const auto read_limits = std::get<ServiceLimits>(decode_report(encode(Report(limits))).value());
        CHECK(read_limits.service == limits.service);
        CHECK(read_limits.process_limit == 7);
        CHECK(read_limits.client_limit == 8);
        CHECK(read_limits.generation == 9);
        CHECK(read_limits.idle_memory_limit == limits.idle_memory_limit);
        CHECK(read_limits.evict_order == limits.evict_order);
        const UserLimit limit{samples.number<std::uint32_t>()};
        const auto read_limit = std::get<UserLimit>(decode_report(encode(Report(limit))).value());
        CHECK(read_limit.userip_limit == limit.userip_limit);
        const Started started{samples.number<std::uint32_t>(), samples.text(service_bytes_max)};
        const auto read_started = std::get<Started>(decode_report(encode(Report(started))).value());
        CHECK(read_started.pid == started.pid);
        CHECK(read_started.service == started.service);
        const Exited exited{
            samples.number<std::uint32_t>(), static_cast<ExitReason>(samples.below(exit_reason_count))};
        const auto read_exited = std::get<Exited>(decode_report(encode(Report(exited))).value());
        CHECK(read_exited.pid == exited.pid);
        CHECK(read_exited.reason == exited.reason);
        CHECK(name(exited.reason) != "?");
        for (const Report& report : {Report(list), Report(limits), Report(limit), Report(started), Report(exited)})
            check_round_trip(encode(report), decode_report, encode_report);
    }
}

TEST_CASE("a login's messages are read as they were written") {
    Samples samples;
    MESSAGE("HEARTH_SEED=", samples.seed_used());
    for (int round = 0; round < rounds; ++round) {
        const Lookup lookup{samples.number<std::uint32_t>(), samples.text(service_bytes_max),
            samples.text(user_bytes_max), samples.ip(), samples.bytes<16>(), samples.id()};
        const auto read = std::get<Lookup>(decode_login_message(encode(LoginMessage(lookup))).value());
        CHECK(read.id == lookup.id);
        CHECK(read.service == lookup.service);
        CHECK(read.user == lookup.user);
        CHECK(read.remote_ip == lookup.remote_ip);
        CHECK(read.identity == lookup.identity);
        CHECK(read.session == lookup.session);
        const auto id = samples.number<std::uint32_t>();
        CHECK(std::get<NoneTook>(decode_login_message(encode(LoginMessage(NoneTook{id}))).value()).id == id);
        CHECK(std::get<Cancel>(decode_login_message(encode(LoginMessage(Cancel{id}))).value()).id == id);
        CHECK(std::get<Silent>(decode_login_message(encode(LoginMessage(Silent{id}))).value()).pid == id);
        for (const LoginMessage& message :
            {LoginMessage(lookup), LoginMessage(NoneTook{id}), LoginMessage(Cancel{id}), LoginMessage(Silent{id})})
            check_round_trip(encode(message), decode_login_message, encode_login_message);
    }
}

TEST_CASE("a route is read as it was written, and unknown verdicts and reasons are refused") {
    Samples samples;
    for (int verdict = 1; verdict <= 5; ++verdict) {
        for (int why = 1; why < static_cast<int>(cold_count); ++why) {
            const Route route{samples.number<std::uint32_t>(), static_cast<Verdict>(verdict), static_cast<Cold>(why),
                samples.number<std::uint32_t>(), pids(samples, candidates_max)};
            const auto bytes = encode(route);
            check_round_trip(bytes, decode_route, encode_route);
            const auto read = decode_route(bytes).value();
            CHECK(read.id == route.id);
            CHECK(read.verdict == route.verdict);
            CHECK(read.why == route.why);
            CHECK(read.limit == route.limit);
            CHECK(read.pids == route.pids);
            CHECK(name(route.why) != "?");
        }
    }
    for (const int unknown : {0, 6, 255})
        CHECK_FALSE(decode_route(encode(Route{1, static_cast<Verdict>(unknown), Cold::first, 0, {}})));
    for (const int unknown : {0, static_cast<int>(cold_count), 255})
        CHECK_FALSE(decode_route(encode(Route{1, Verdict::cold, static_cast<Cold>(unknown), 0, {}})));
    CHECK_FALSE(decode_route(
        encode(Route{1, Verdict::candidates, Cold::first, 0, std::vector<std::uint32_t>(candidates_max + 1)})));
}

TEST_CASE("the master's link: questions, answers and pushes are read as they were written") {
    Samples samples;
    for (int round = 0; round < rounds; ++round) {
        const Evictable question{
            samples.number<std::uint32_t>(), samples.text(service_bytes_max), samples.number<std::uint32_t>()};
        const auto read = std::get<Evictable>(decode_master_message(encode(MasterMessage(question))).value());
        CHECK(read.id == question.id);
        CHECK(read.service == question.service);
        CHECK(read.count == question.count);
        check_round_trip(encode(MasterMessage(question)), decode_master_message, encode_master_message);

        const Evictees answer{samples.number<std::uint32_t>(), pids(samples, 50)};
        const auto read_answer = std::get<Evictees>(decode_master_push(encode(MasterPush(answer))).value());
        CHECK(read_answer.id == answer.id);
        CHECK(read_answer.pids == answer.pids);
        const Demand demand{samples.text(service_bytes_max), 3, 4, 5};
        const auto read_demand = std::get<Demand>(decode_master_push(encode(MasterPush(demand))).value());
        CHECK(read_demand.service == demand.service);
        CHECK(read_demand.cold == 3);
        CHECK(read_demand.waiting == 4);
        CHECK(read_demand.excess == 5);
        const Kick kick{5, 6};
        const auto read_kick = std::get<Kick>(decode_master_push(encode(MasterPush(kick))).value());
        CHECK(read_kick.pid == 5);
        CHECK(read_kick.session_word == 6);
        for (const MasterPush& push : {MasterPush(answer), MasterPush(demand), MasterPush(kick)})
            check_round_trip(encode(push), decode_master_push, encode_push);
    }
}

TEST_CASE("an unknown reason of an exit and an unknown order of eviction are refused") {
    CHECK_FALSE(decode_report(encode(Report(Exited{1, static_cast<ExitReason>(exit_reason_count)}))));
    for (const int unknown : {0, 3, 255})
        CHECK_FALSE(decode_report(encode(Report(ServiceLimits{"imap", 1, 1, 1, 0, static_cast<EvictOrder>(unknown)}))));
}

TEST_CASE("a message of one conversation is none of another") {
    const auto lookup = encode(LoginMessage(Cancel{1}));
    const auto exited = encode(Report(Exited{1}));
    const auto kick = encode(MasterPush(Kick{1, 2}));
    CHECK_FALSE(decode_report(lookup));
    CHECK_FALSE(decode_report(kick));
    CHECK_FALSE(decode_login_message(exited));
    CHECK_FALSE(decode_master_push(lookup));
    CHECK_FALSE(decode_master_message(kick));
    CHECK_FALSE(decode_route(lookup));
}

TEST_CASE("lists above their bounds are refused") {
    WorkerReport report;
    report.ended.resize(ended_per_report_max + 1);
    CHECK_FALSE(decode_report(encode(Report(report))));
    report.ended.clear();
    report.sessions.resize(sessions_per_worker_max);
    CHECK(decode_report(encode(Report(report))));
    report.sessions.emplace_back();
    CHECK_FALSE(decode_report(encode(Report(report))));
    Roster list;
    list.processes.resize(pids_per_message_max + 1);
    CHECK_FALSE(decode_report(encode(Report(list))));
}

TEST_CASE("a report fits a datagram, however many sessions with addresses as long as they get") {
    WorkerReport report;
    for (std::size_t i = 0; i < 2048; ++i)
        report.sessions.push_back({SessionId{}, std::string(ip_bytes_max - 1, 'f')});
    CHECK(encode(Report(report)).size() <= datagram_bytes_max);
}

TEST_CASE("the session word is the id's first four bytes in network order") {
    SessionId id;
    id.bytes = {1, 2, 3, 4, 5};
    CHECK(session_word(id) == 0x01020304);
}
