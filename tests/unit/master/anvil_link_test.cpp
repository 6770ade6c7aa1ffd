// SPDX-License-Identifier: Apache-2.0
#include "anvil_link.hpp"
#include "net/unix_socket.hpp"
#include "temporary_directory.hpp"

#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace hearth;
using namespace hearth::master;
namespace anvil = protocol::anvil;
using namespace std::chrono_literals;

namespace {

// Anvil's end of both ways.
struct Anvil {
    test::WorkingDirectory directory;
    UniqueFd reports, links, link;
    boost::asio::io_context io{1};
    std::vector<anvil::MasterPush> pushed;
    int flushed = 0, lost = 0;
    AnvilLink master{io.get_executor(),
        {.pushed = [this](const auto& push) { pushed.push_back(push); },
            .flushed = [this] { ++flushed; },
            .lost = [this] { ++lost; },
            .stuck = [] {}}};

    Anvil() {
        reports = std::move(*net::listen_unix("anvil-report", net::datagram, 0600, 0));
        REQUIRE(net::want_credentials(reports.get()).has_value());
        links = std::move(*net::listen_unix("anvil-master", net::stream, 0600, 4));
    }
    void start(std::vector<anvil::Report> first = {}) {
        REQUIRE(master.start(std::move(first)).has_value());
        link.reset(::accept4(links.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        REQUIRE(link);
    }
    std::vector<anvil::Report> read_all() {
        std::vector<anvil::Report> result;
        for (;;) {
            const auto received = net::receive_message(reports.get(), 160 * 1024);
            if (!received) return result;
            CHECK(received->sender->pid == ::getpid());
            auto report = anvil::decode_report(received->bytes);
            REQUIRE(report.has_value());
            result.push_back(std::move(*report));
        }
    }
    ~Anvil() {
        master.end();
        io.poll();
    }
};

} // namespace

TEST_CASE("a roster is sent in parts that fit, an empty one too") {
    const auto empty = roster_parts(7, {});
    REQUIRE(empty.size() == 1);
    CHECK(std::get<anvil::Roster>(empty[0]).parts == 1);
    std::vector<anvil::Roster::Process> many(2 * roster_part_processes + 1, {1, "imap"});
    const auto parts = roster_parts(7, many);
    REQUIRE(parts.size() == 3);
    std::size_t sum = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto& part = std::get<anvil::Roster>(parts[i]);
        CHECK(part.epoch == 7);
        CHECK(part.part == i);
        CHECK(part.parts == 3);
        sum += part.processes.size();
        CHECK(anvil::encode(parts[i]).size() < 64 * 1024);
    }
    CHECK(sum == many.size());
}

TEST_CASE("reports wait in order while anvil's queue is full, and the master is told when they are through") {
    Anvil test;
    test.start(roster_parts(1, {}));
    for (std::uint32_t pid = 1; pid <= 2000; ++pid) test.master.report(anvil::Exited{pid});
    CHECK_FALSE(test.master.is_flushed());
    CHECK(test.flushed == 0);
    std::vector<anvil::Report> all;
    while (all.size() < 2001) {
        auto some = test.read_all();
        all.insert(all.end(), some.begin(), some.end());
        test.io.poll();
    }
    CHECK(test.master.is_flushed());
    CHECK(test.flushed == 1);
    REQUIRE(std::holds_alternative<anvil::Roster>(all[0]));
    for (std::uint32_t pid = 1; pid <= 2000; ++pid) CHECK(std::get<anvil::Exited>(all[pid]).pid == pid);
}

TEST_CASE("without an anvil nothing is owed") {
    Anvil test;
    test.master.report(anvil::Exited{1});
    CHECK(test.master.is_flushed());
    test.start();
    for (std::uint32_t pid = 1; pid <= 2000; ++pid) test.master.report(anvil::Exited{pid});
    CHECK_FALSE(test.master.is_flushed());
    test.master.end();
    CHECK(test.master.is_flushed());
    CHECK_FALSE(test.master.has_stream());
}

TEST_CASE("anvil's words come through; nonsense and its end are told once") {
    Anvil test;
    test.start();
    const auto frame = [](const std::string& bytes) {
        const auto size = static_cast<std::uint32_t>(bytes.size());
        std::string result{static_cast<char>(size >> 24), static_cast<char>(size >> 16), static_cast<char>(size >> 8), static_cast<char>(size)};
        return result + bytes;
    };
    REQUIRE(net::send_message(test.link.get(), frame(anvil::encode(anvil::Demand{"imap", 3, 1}))).has_value());
    test.io.run_for(10ms);
    REQUIRE(test.pushed.size() == 1);
    CHECK(std::get<anvil::Demand>(test.pushed[0]).cold == 3);
    REQUIRE(net::send_message(test.link.get(), frame("nonsense")).has_value());
    test.io.restart();
    test.io.run_for(10ms);
    CHECK(test.lost == 1);
    CHECK_FALSE(test.master.has_stream());
}

TEST_CASE("the next anvil starts afresh: what was owed to the dead one is forgotten, its stream's end is no loss") {
    Anvil test;
    test.start();
    for (std::uint32_t pid = 1; pid <= 2000; ++pid) test.master.report(anvil::Exited{pid});
    test.read_all();
    test.start(roster_parts(2, {}));
    test.io.run_for(10ms);
    const auto reports = test.read_all();
    REQUIRE(reports.size() == 1);
    CHECK(std::get<anvil::Roster>(reports[0]).epoch == 2);
    CHECK(test.lost == 0);
}
