// SPDX-License-Identifier: Apache-2.0
#include "notify.hpp"
#include "net/unix_socket.hpp"
#include "temporary_directory.hpp"

#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace hearth;
using namespace hearth::master;

TEST_CASE("a notice is read from the lines of an sd_notify datagram") {
    CHECK(parse_notice("READY=1") == Notice{.ready = true});
    CHECK(parse_notice("READY=1\nSTATUS=hello\n").ready);
    CHECK(parse_notice("HEARTH_STATE=bound").bound);
    const auto leaving = parse_notice("HEARTH_STATE=leaving\nHEARTH_REASON=idle_kill\nHEARTH_SEQ=4294967295");
    CHECK(leaving.leaving);
    CHECK(leaving.sequence == 4294967295);
    CHECK(leaving.reason == "idle_kill");
    CHECK(parse_notice("READY=1\nHEARTH_STATE=zygote") == Notice{.ready = true, .zygote = true, .reason = ""});
    CHECK(parse_notice("HEARTH_HELLO=18446744073709551615").hello == 18446744073709551615U);
    CHECK(parse_notice("HEARTH_MEMORY=512").memory_kib == 512);
    CHECK(parse_notice("HEARTH_ANSWER=staying\nHEARTH_SEQ=7") == Notice{.staying = true, .sequence = 7, .reason = ""});
}

TEST_CASE("nonsense from a child says nothing") {
    for (const auto* text : {"", "\n\n", "READY=10", "READY=", "HEARTH_HELLO=-1", "HEARTH_HELLO=x", "HEARTH_MEMORY=4294967296", "HEARTH_SEQ=4294967296", "HEARTH_SEQ=-1", "HEARTH_STATE=boundless", " READY=1"})
        CHECK(parse_notice(text) == Notice{});
    CHECK(parse_notice("HEARTH_REASON=a\x01" "b").reason == "a\\x01b");
    CHECK(parse_notice("HEARTH_REASON=" + std::string(100'000, 'x')).reason.size() < 1000);
}

TEST_CASE("the kernel names the sender, and a word of the dead is heard") {
    test::WorkingDirectory directory;
    boost::asio::io_context io(1);
    std::vector<std::pair<pid_t, Notice>> heard;
    {
        NotifySocket socket(io.get_executor(), [&](pid_t pid, const Notice& notice) { heard.emplace_back(pid, notice); });
        REQUIRE(socket.open("notify", 0600).has_value());
        const auto child = ::fork();
        if (child == 0) {
            const auto connected = net::connect_unix("notify", net::datagram);
            ::_exit(connected && net::send_message(connected->get(), "HEARTH_STATE=bound") ? 0 : 1);
        }
        int status = 1;
        REQUIRE(::waitpid(child, &status, 0) == child);
        REQUIRE(status == 0);
        socket.drain();
        REQUIRE(heard.size() == 1);
        CHECK(heard[0].first == child);
        CHECK(heard[0].second.bound);
        io.poll(); // the coroutine waits now, so that closing the socket ends it
    }
    io.restart();
    io.poll();
}
