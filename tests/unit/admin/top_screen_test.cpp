// SPDX-License-Identifier: Apache-2.0
#include "process_cpu.hpp"
#include "top_screen.hpp"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

using namespace hearth::admin;

namespace {

TopData sample() {
    std::vector<boost::json::object> answer;
    for (const char* text :
        {R"({"service":"imap","process_limit":64,"bound":40,"peak":50,"idle":30,"waiting":3,"longest_waiting_ms":2000,
             "measured":10,"memory_kib":6000,"hour":{"refused_queue":5,"refused_user":1,"hits":3,"misses":{"first":1},
             "hit_ratio":0.75},"minute":{},"total":{"hits":3,"misses":{"first":1},"hit_ratio":0.75}})",
            R"({"service":"imap","user":"alice","workers":2,"sessions":1,"waiting":2,"pid":77,"served":9,"memory_kib":600,
             "idle_ms":0})",
            R"({"service":"imap","user":"élodie","workers":1,"sessions":0,"waiting":0,"pid":78,"served":1,"memory_kib":0,
             "idle_ms":61000})"})
        answer.push_back(boost::json::parse(text).as_object());
    auto data = read_top(answer);
    data.cpu_percent[77] = 12.34;
    return data;
}

bool shows(const std::vector<std::string>& lines, std::initializer_list<const char*> words) {
    for (const auto& line : lines) {
        bool all = true;
        for (const auto* word : words)
            all = all && line.find(word) != std::string::npos;
        if (all) return true;
    }
    return false;
}

} // namespace

TEST_CASE("the picture has a head, the services and the users") {
    const auto lines = top_screen(sample(), "head", 0, 0);
    CHECK(lines.front() == "head");
    CHECK(shows(lines, {"imap", "64", "40", "10", "30", "50", "3", "2s", "6", "75.0 %", "5.9M", "600k"}));
    CHECK(shows(lines, {"alice", "imap", "77", "12.3%", "600k"}));
    CHECK(shows(lines, {"élodie", "1m01s", "78"}));
}

TEST_CASE("the picture fits the terminal, whatever its size, and no character is cut in half") {
    for (std::size_t rows = 1; rows < 12; ++rows) {
        for (std::size_t columns = 1; columns < 140; ++columns) {
            const auto lines = top_screen(sample(), "head", rows, columns);
            REQUIRE(lines.size() <= rows);
            for (const auto& line : lines)
                REQUIRE(cut(line, columns) == line);
        }
    }
    CHECK(cut("élodie", 1) == "é");
    CHECK(cut("élodie", 0).empty());
    CHECK(cut("ab", 5) == "ab");
}

TEST_CASE("without an answer the picture says why") {
    TopData data;
    data.complaint = "nobody listens";
    CHECK(shows(top_screen(data, "head", 24, 80), {"nobody listens"}));
}

TEST_CASE("processor time is read behind the process's name, whatever that is") {
    CHECK(cpu_ticks("7 (a) b (c)) S 1 7 7 0 -1 4194560 100 0 0 0 25 17 0 0 20 0") == 42);
    CHECK(cpu_ticks("7 (imap) S 1 7") == 0);
    CHECK(cpu_ticks("") == 0);
}
