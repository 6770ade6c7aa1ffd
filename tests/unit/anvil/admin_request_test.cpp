// SPDX-License-Identifier: Apache-2.0
#include "admin_request.hpp"
#include "world.hpp"

#include <boost/json/parse.hpp>

using namespace hearth;
using namespace hearth::anvil;
using namespace hearth::anvil::testing;

TEST_CASE("the administrator's requests are told apart, and what is none is explained") {
    CHECK(std::holds_alternative<WhoRequest>(*parse_admin_request(R"({"cmd":"who"})")));
    CHECK(std::holds_alternative<StatsRequest>(*parse_admin_request(R"({"cmd":"stats"})")));
    CHECK(std::holds_alternative<ServicesRequest>(*parse_admin_request(R"({"cmd":"services"})")));
    CHECK(std::get<TopRequest>(*parse_admin_request(R"({"cmd":"top","limit":7})")).limit == 7);
    CHECK(std::get<TopRequest>(*parse_admin_request(R"({"cmd":"top","limit":100000000})")).limit == top_users_max);
    const auto kick = parse_admin_request(R"({"cmd":"kick","user":"a*","ip":"192.0.2.0/24"})");
    REQUIRE(kick.has_value());
    CHECK(std::get<KickRequest>(*kick).user == "a*");
    CHECK(std::get<KickRequest>(*kick).address.matches("192.0.2.9"));
    for (const auto* bad : {"", "who", "[]", "{}", R"({"cmd":1})", R"({"cmd":"eat"})", R"({"cmd":"kick"})",
             R"({"cmd":"kick","ip":"x/9"})", R"({"cmd":"top"})", R"({"cmd":"top","limit":-1})",
             R"({"cmd":"top","limit":"5"})"})
        CHECK(parse_admin_request(bad).has_error());
}

TEST_CASE("who shows each bound worker with its sessions") {
    World world;
    world.warm(11, "alice");
    world.now += 2s;
    world.busy(11, "alice", session_id(5), "2001:db8::1");
    world.now += 3s;
    world.start(12);
    CHECK(world.ledger.bound_pids() == Pids{11});
    const auto line = to_line(*world.ledger.view(11, world.now));
    CHECK(line.back() == '\n');
    const auto json = boost::json::parse(line).as_object();
    CHECK(json.at("user").as_string() == "alice");
    CHECK(json.at("pid").to_number<int>() == 11);
    CHECK(json.at("state").as_string() == "busy");
    CHECK(json.at("age_ms").to_number<int>() == 5000);
    CHECK(json.at("idle_ms").to_number<int>() == 0);
    const auto& session = json.at("sessions").as_array().at(0).as_object();
    CHECK(session.at("id").as_string() == session_id(5).text());
    CHECK(session.at("ip").as_string() == "2001:db8::1");
    CHECK(session.at("since_ms").to_number<int>() == 3000);
    world.idle(11);
    world.now += 4s;
    const auto idle = boost::json::parse(to_line(*world.ledger.view(11, world.now))).as_object();
    CHECK(idle.at("state").as_string() == "idle");
    CHECK(idle.at("idle_ms").to_number<int>() == 4000);
}

TEST_CASE("a name that is no UTF-8 still makes a JSON line") {
    World world;
    world.warm(11, "al\xff\"ice");
    CHECK(boost::json::parse(to_line(*world.ledger.view(11, world.now))).is_object());
}

TEST_CASE("kick finds the sessions that user and address mask mean, with their workers") {
    World world;
    world.start(11);
    world.start(12);
    world.busy(11, "alice", session_id(0x01020304), "192.0.2.1");
    world.busy(12, "bob", session_id(2), "198.51.100.1");
    const auto all = [](std::string_view) { return true; };
    const auto alice = [](std::string_view user) { return user == "alice"; };
    const auto here = [](std::string_view address) { return address == "198.51.100.1"; };
    CHECK(world.ledger.sessions_of(all, all).size() == 2);
    const auto kicks = world.ledger.sessions_of(alice, all);
    REQUIRE(kicks.size() == 1);
    CHECK(kicks[0].pid == 11);
    CHECK(kicks[0].session_word == 0x01020304);
    CHECK(world.ledger.sessions_of(alice, here).empty());
    CHECK(world.ledger.sessions_of(all, here).at(0).pid == 12);
}

TEST_CASE("services and top are lines with the names of the documentation") {
    World world;
    world.warm(11, "alice");
    world.worker(11).memory_kib = 600;
    world.say(11);
    world.ask(1, "bob");
    auto json = boost::json::parse(to_line(world.ledger.services(world.now).front())).as_object();
    for (const auto* name : {"process_limit", "bound", "peak", "idle", "cold_slots", "waiting", "longest_waiting_ms",
             "excess", "memory_kib", "measured", "memory_limit_kib"})
        CHECK_MESSAGE(json.at(name).is_number(), name);
    CHECK(json.at("memory_kib").to_number<int>() == 600);
    for (const auto* span : {"total", "minute", "hour"}) {
        const auto& tally = json.at(span).as_object();
        CHECK(tally.at("misses").as_object().at("first").to_number<int>() == 1);
        for (const auto* name : {"hits", "hit_ratio", "waited", "longest_wait_ms", "refused_user", "refused_queue"})
            CHECK_MESSAGE(tally.at(name).is_number(), name);
    }
    const auto top = world.ledger.top(10, world.now);
    REQUIRE(top.size() == 2);
    json = boost::json::parse(to_line(top.at(1))).as_object();
    CHECK(json.at("user").as_string() == "alice");
    CHECK(json.at("pid").to_number<int>() == 11);
    for (const auto* name : {"workers", "sessions", "waiting", "served", "memory_kib", "idle_ms"})
        CHECK_MESSAGE(json.at(name).is_number(), name);
}

TEST_CASE("who tells why the worker before ended, where that is known") {
    World world;
    world.warm(11, "alice");
    CHECK_FALSE(boost::json::parse(to_line(*world.ledger.view(11, world.now))).as_object().contains("before"));
    world.exit(11, wire::ExitReason::idle_kill);
    world.warm(12, "alice");
    CHECK(boost::json::parse(to_line(*world.ledger.view(12, world.now))).as_object().at("before") == "idle-kill");
}

TEST_CASE("stats is one line with every counter") {
    World world;
    world.ask(1, "alice");
    const auto json = boost::json::parse(stats_line(world.ledger)).as_object();
    CHECK(json.at("lookups").to_number<int>() == 1);
    CHECK(json.at("cold").as_object().at("first").to_number<int>() == 1);
    CHECK(json.at("reports_dropped").as_object().at("wrong-tag").to_number<int>() == 0);
    CHECK(json.at("leases").to_number<int>() == 1);
    CHECK(boost::json::parse(end_line()).as_object().at("end").as_bool());
    CHECK(boost::json::parse(error_line("no\n\"")).as_object().contains("error"));
    CHECK(boost::json::parse(kicked_line(3)).as_object().at("kicked").to_number<int>() == 3);
}
