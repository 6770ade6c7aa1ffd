// SPDX-License-Identifier: Apache-2.0
#include "log_format.hpp"
#include "log_output.hpp"
#include "log_sink.hpp"
#include "temporary_directory.hpp"

#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

using namespace hearth;
using namespace hearth::master;

namespace {

const log::Line logged_in{log::Level::info, "(alice)<1234><4f2a>", "Logged in"};
constexpr std::time_t moment = 1763785800; // Nov 22 2025 04:30:00 UTC

struct InUtc {
    InUtc() {
        ::setenv("TZ", "UTC", 1);
        ::tzset();
    }
} const in_utc;

} // namespace

TEST_CASE("a line in a file looks as Dovecot writes it") {
    CHECK(file_line("%b %d %H:%M:%S ", moment, "imap", logged_in) == "Nov 22 04:30:00 imap(alice)<1234><4f2a>: Info: Logged in\n");
    CHECK(file_line("", moment, "master", {log::Level::error, "", "no"}) == "master: Error: no\n");
}

TEST_CASE("a line for the journal has its level in front and no time") {
    CHECK(journal_line("imap", logged_in) == "<6>imap(alice)<1234><4f2a>: Logged in\n");
    CHECK(journal_line("auth", {log::Level::error, "", "no"}) == "<3>auth: Error: no\n");
}

TEST_CASE("a syslog datagram carries facility and level") {
    CHECK(syslog_line(LOG_MAIL, moment, 77, "imap", logged_in) == "<22>Nov 22 04:30:00 hearth[77]: imap(alice)<1234><4f2a>: Logged in");
    CHECK(facility_number("local3") == LOG_LOCAL3);
    CHECK(facility_number("nothing") == LOG_MAIL);
}

TEST_CASE("an endless line is cut to what a pipe takes in one piece") {
    const log::Line endless{log::Level::info, "", std::string(100'000, 'x')};
    CHECK(file_line("", moment, "imap", endless).size() == output_line_bytes_max);
    CHECK(file_line("", moment, "imap", endless).ends_with("x\n"));
}

TEST_CASE("a log file is appended to, and opened again by its name") {
    test::WorkingDirectory directory;
    directory.write("log", "before\n");
    auto output = LogOutput::open(directory.path() + "/log", "", "mail");
    REQUIRE(output.has_value());
    output->write(moment, "imap", {log::Level::info, "", "one"});
    std::filesystem::rename("log", "log.1");
    output->write(moment, "imap", {log::Level::info, "", "two"});
    REQUIRE(output->reopen().has_value());
    output->write(moment, "imap", {log::Level::info, "", "three"});
    CHECK(directory.read("log.1") == "before\nimap: Info: one\nimap: Info: two\n");
    CHECK(directory.read("log") == "imap: Info: three\n");
    CHECK_FALSE(LogOutput::open(directory.path() + "/no/such/directory", "", "mail").has_value());
}

TEST_CASE("what nobody takes is dropped without waiting, counted, and confessed later") {
    test::WorkingDirectory directory;
    REQUIRE(::mkfifo("log", 0600) == 0);
    const UniqueFd reader(::open("log", O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    auto output = LogOutput::open(directory.path() + "/log", "", "mail");
    REQUIRE(output.has_value());
    const log::Line line{log::Level::info, "", std::string(1000, 'x')};
    for (int i = 0; i < 200; ++i) output->write(moment, "imap", line);
    CHECK(output->dropped_total() > 0);
    std::string text(1024 * 1024, '\0');
    while (::read(reader.get(), text.data(), text.size()) > 0) {}
    output->write(moment, "imap", {log::Level::info, "", "again"});
    const auto got = ::read(reader.get(), text.data(), text.size());
    REQUIRE(got > 0);
    text.resize(static_cast<std::size_t>(got));
    CHECK(text == fmt::format("master: Warning: {} log lines were dropped: nobody took them in time\nimap: Info: again\n", output->dropped_total()));
}

TEST_CASE("lines of a service's pipe are taken apart and written with its name; the worst ones are kept") {
    test::WorkingDirectory directory;
    boost::asio::io_context io(1);
    {
        LogSink sink(io.get_executor());
        LogPlan plan;
        plan.path = directory.path() + "/errors";
        plan.info_path = directory.path() + "/infos";
        REQUIRE(sink.configure(plan).has_value());
        const auto pipe = sink.pipe_for("imap");
        REQUIRE(pipe.has_value());
        const std::string text = "<6>(alice)<1><2>\tLogged in\n<3>(bob)<3><4>\tBroken\nhello from a library\nunfini";
        REQUIRE(::write(*pipe, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
        io.poll();
        CHECK(directory.read("infos") == "imap(alice)<1><2>: Info: Logged in\n");
        CHECK(directory.read("errors") == "imap(bob)<3><4>: Error: Broken\nimap: Warning: hello from a library\n");
        REQUIRE(::write(*pipe, "shed\n", 5) == 5);
        sink.drain();
        CHECK(directory.read("errors").ends_with("imap: Warning: unfinished\n"));
        REQUIRE(sink.kept().size() == 3);
        CHECK(sink.kept().front().line.identity == "(bob)<3><4>");
        for (std::size_t i = 0; i < 2 * LogSink::kept_max; ++i) sink.warning("{}", i);
        CHECK(sink.kept().size() == LogSink::kept_max);
        CHECK(*sink.pipe_for("imap") == *pipe);
    }
    io.restart();
    io.poll();
}
