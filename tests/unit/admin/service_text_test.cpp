// SPDX-License-Identifier: Apache-2.0
#include "service_text.hpp"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

using namespace hearth::admin;

namespace {

boost::json::object json(const char* text) {
    return boost::json::parse(text).as_object();
}

} // namespace

TEST_CASE("counts are named with the greatest first, and those of nothing are none") {
    CHECK(counts_text(json(R"({"idle-kill":3,"eviction":50,"crash":0,"memory":3})")) ==
          "eviction 50, idle-kill 3, memory 3");
    CHECK(counts_text({}) == "none");
}

TEST_CASE("a ratio of nobody is none, and one without hits is nought") {
    CHECK(ratio_text(json(R"({"hits":0,"misses":{},"hit_ratio":0.0})")) == "-");
    CHECK(ratio_text(json(R"({"hits":0,"misses":{"first":1},"hit_ratio":0.0})")) == "0.0 %");
    CHECK(ratio_text(json(R"({"hits":2,"misses":{"first":1},"hit_ratio":0.66667})")) == "66.7 %");
    CHECK(ratio_text({}) == "-");
}

TEST_CASE("service status shows the master's columns and what anvil counts") {
    const auto master = json(R"({"name":"imap","process_limit":100,"ends":{"idle_kill":7,"crash":1}})");
    const auto anvil = json(R"({"service":"imap","bound":40,"idle":30,"peak":60,"waiting":2,"longest_waiting_ms":1500,
        "measured":20,"memory_kib":12000,"memory_limit_kib":0,"excess":0,"evict_order":"longest-idle",
        "total":{"hits":90,"misses":{"first":9,"evicted":1},"hit_ratio":0.9,"refused_queue":4,"refused_user":2,
                 "longest_wait_ms":9000},
        "minute":{},"hour":{"hits":9,"misses":{"evicted":1},"hit_ratio":0.9,"refused_queue":3}})");
    const auto text = service_text(master, anvil);
    for (const char* line : {"name              : imap", "ends              : idle_kill 7, crash 1",
             "used              : 40 bound, 30 of them warm and idle; at most 60 so far",
             "idle_memory       : 11.7M in all, 600k each (20 of 30 measured)", "2 wait, the first for 1s",
             "refused           : 4 (last hour 3, last minute 0)",
             "hit_ratio         : 90.0 % (last hour 90.0 %, last minute -)",
             "misses            : first 9, evicted 1", "misses_last_hour  : evicted 1", "longest_wait      : 9s"})
        CHECK_MESSAGE(text.find(line) != std::string::npos, line );
    CHECK(service_text(master, {}).find("hit_ratio") == std::string::npos);
}

TEST_CASE("a limit of idle memory shows what is to go") {
    const auto text = service_text(json(R"({"name":"imap"})"),
        json(R"({"idle":3,"measured":3,"memory_kib":3072,"memory_limit_kib":2048,"excess":2})"));
    CHECK(text.find("3.0M in all, 1.0M each (3 of 3 measured), limit 2.0M, 2 to go") != std::string::npos);
}
