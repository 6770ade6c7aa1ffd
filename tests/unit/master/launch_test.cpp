// SPDX-License-Identifier: Apache-2.0
#include "launch.hpp"
#include "child_program.hpp"
#include "own_descriptors.hpp"
#include "temporary_directory.hpp"

#include <csignal>
#include <doctest/doctest.h>
#include <linux/capability.h>
#include <set>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace hearth;
using namespace hearth::master;

namespace {

struct Fixture {
    test::WorkingDirectory directory;
    UniqueFd program = test::open_own_program();
    UniqueFd null{::open("/dev/null", O_RDWR | O_CLOEXEC)};
    UniqueFd output, output_end;
    Launcher launcher;

    Fixture() {
        int ends[2];
        REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
        output.reset(ends[0]);
        output_end.reset(ends[1]);
    }
    LaunchSpec spec(const std::string& part) {
        LaunchSpec result;
        result.program = program.get();
        result.arguments = {"hearth/test"};
        result.environment = {std::string(test::part_variable) + "=" + part, "HEARTH_SERVICE=test"};
        result.input = null.get();
        result.output = output_end.get();
        result.directory = directory.path();
        return result;
    }
    // What the child wrote until its end, by lines.
    std::set<std::string> lines(pid_t pid) {
        output_end.reset();
        std::string text;
        char part[4096];
        for (ssize_t got = 0; (got = ::read(output.get(), part, sizeof part)) > 0;) text.append(part, static_cast<std::size_t>(got));
        int status = 0;
        CHECK(::waitpid(pid, &status, 0) == pid);
        CHECK(WIFEXITED(status));
        std::set<std::string> result;
        std::istringstream in(text);
        for (std::string line; std::getline(in, line);) result.insert(line);
        return result;
    }
};

std::size_t count_prefixed(const std::set<std::string>& lines, std::string_view prefix) {
    std::size_t count = 0;
    for (const auto& line : lines) count += line.starts_with(prefix) ? 1 : 0;
    return count;
}

} // namespace

TEST_CASE("a program gets exactly its descriptors, in order from 3 on, whatever numbers they had") {
    Fixture fixture;
    std::vector<UniqueFd> files;
    for (const auto* name : {"one", "two", "three"}) {
        fixture.directory.write(name, "");
        files.emplace_back(::open(name, O_RDONLY | O_CLOEXEC));
    }
    const UniqueFd forgotten(::open("one", O_RDONLY)); // no O_CLOEXEC: somebody else's mistake
    auto spec = fixture.spec("report");
    // In an order in which naive dup2() calls overwrite what comes later.
    spec.descriptors = {{"c", files[2].get()}, {"a", files[0].get()}, {"b", files[1].get()}, {"again", files[0].get()}};
    const auto pid = fixture.launcher.launch(spec);
    REQUIRE(pid.has_value());
    const auto lines = fixture.lines(*pid);
    const auto base = fixture.directory.path();
    CHECK(lines.contains("fd 0 /dev/null"));
    CHECK(lines.contains("fd 3 " + base + "/three"));
    CHECK(lines.contains("fd 4 " + base + "/one"));
    CHECK(lines.contains("fd 5 " + base + "/two"));
    CHECK(lines.contains("fd 6 " + base + "/one"));
    CHECK(count_prefixed(lines, "fd ") == 7);
    CHECK(lines.contains("env LISTEN_FDS=4"));
    CHECK(lines.contains("env LISTEN_FDNAMES=c:a:b:again"));
    CHECK(lines.contains("env LISTEN_PID=" + std::to_string(*pid)));
    CHECK(lines.contains("pid " + std::to_string(*pid)));
}

TEST_CASE("a program gets exactly its environment, limits, directory and clean signals") {
    ::setenv("HEARTH_SECRET_OF_THE_MASTER", "1", 1);
    sigset_t blocked;
    ::sigemptyset(&blocked);
    ::sigaddset(&blocked, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &blocked, nullptr);
    ::signal(SIGHUP, SIG_IGN);
    Fixture fixture;
    auto spec = fixture.spec("report");
    spec.open_files = 123;
    spec.core_bytes = 0;
    const auto pid = fixture.launcher.launch(spec);
    ::signal(SIGHUP, SIG_DFL);
    ::sigprocmask(SIG_UNBLOCK, &blocked, nullptr);
    ::unsetenv("HEARTH_SECRET_OF_THE_MASTER");
    REQUIRE(pid.has_value());
    const auto lines = fixture.lines(*pid);
    CHECK(count_prefixed(lines, "env ") == 5); // two of the spec, three of LISTEN_*
    CHECK(lines.contains("nofile 123 123"));
    CHECK(lines.contains("core 0"));
    CHECK(lines.contains("cwd " + fixture.directory.path()));
    CHECK(lines.contains("umask 77"));
    CHECK(lines.contains("signals open default"));
    CHECK(lines.contains("leader yes"));
}

TEST_CASE("the bounding set is what was asked for, and the user too") {
    if (::geteuid() != 0) return; // nobody else can
    Fixture fixture;
    REQUIRE(::chmod(fixture.directory.path().c_str(), 0755) == 0);
    auto spec = fixture.spec("report");
    spec.capabilities = (1ULL << CAP_SETUID) | (1ULL << CAP_CHOWN);
    spec.user = LaunchSpec::User{65534, 65534, {}};
    const auto pid = fixture.launcher.launch(spec);
    REQUIRE(pid.has_value());
    const auto lines = fixture.lines(*pid);
    CHECK(lines.contains("bounding 0 7"));
    CHECK(lines.contains("uid 65534 gid 65534"));
}

TEST_CASE("a program below a directory that its user can't enter is executed all the same") {
    if (::geteuid() != 0) return;
    Fixture fixture;
    std::filesystem::create_directory("closed");
    std::filesystem::copy_file("/proc/self/exe", "closed/program");
    std::filesystem::permissions("closed/program", std::filesystem::perms(0755));
    std::filesystem::permissions("closed", std::filesystem::perms(0700));
    REQUIRE(::chmod(fixture.directory.path().c_str(), 0755) == 0);
    fixture.program.reset(::open("closed/program", O_PATH | O_CLOEXEC));
    auto spec = fixture.spec("report");
    spec.user = LaunchSpec::User{65534, 65534, {}};
    const auto pid = fixture.launcher.launch(spec);
    REQUIRE(pid.has_value());
    CHECK(fixture.lines(*pid).contains("uid 65534 gid 65534"));
}

TEST_CASE("a failed exec is told with its reason, leaves no zombie, and runs nothing of the master in the child") {
    Fixture fixture;
    const int exit_guard = ::getpid();
    static int guarded_pid = 0;
    guarded_pid = exit_guard;
    std::atexit([] {
        if (::getpid() != guarded_pid) ::unlink("canary"); // what a child's exit() would do
    });
    fixture.directory.write("canary", "");
    fixture.directory.write("text", "not a program");
    std::filesystem::permissions("text", std::filesystem::perms(0755));
    fixture.program.reset(::open("text", O_PATH | O_CLOEXEC));
    const auto pid = fixture.launcher.launch(fixture.spec("report"));
    REQUIRE_FALSE(pid.has_value());
    CHECK(pid.error().value() == ENOEXEC);
    CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
    CHECK(errno == ECHILD);
    CHECK(std::filesystem::exists("canary"));

    auto nowhere = fixture.spec("report");
    nowhere.directory = "/nonexistent/directory";
    const auto lost = fixture.launcher.launch(nowhere);
    REQUIRE_FALSE(lost.has_value());
    CHECK(lost.error().value() == ENOENT);
}

TEST_CASE("a script is a program too") {
    Fixture fixture;
    fixture.directory.write("script", "#!/bin/sh\necho argument $1\n");
    std::filesystem::permissions("script", std::filesystem::perms(0755));
    fixture.program.reset(::open("script", O_PATH | O_CLOEXEC));
    auto spec = fixture.spec("report");
    spec.program_path = fixture.directory.path() + "/script";
    spec.arguments.emplace_back("one");
    const auto pid = fixture.launcher.launch(spec);
    REQUIRE(pid.has_value());
    CHECK(fixture.lines(*pid).contains("argument one"));
}

TEST_CASE("no descriptor is kept for a process, and nobody reaps it behind our back") {
    Fixture fixture;
    const auto first = fixture.launcher.launch(fixture.spec("crash")); // makes the launcher's own few
    REQUIRE(first.has_value());
    const auto before = test::own_descriptors();
    std::vector<pid_t> pids{*first};
    for (int i = 0; i < 5; ++i) {
        const auto pid = fixture.launcher.launch(fixture.spec("crash"));
        REQUIRE(pid.has_value());
        pids.push_back(*pid);
    }
    CHECK(test::own_descriptors() == before);
    for (const auto pid : pids) {
        int status = 0;
        CHECK(::waitpid(pid, &status, 0) == pid);
        CHECK(WEXITSTATUS(status) == 77);
    }
}

TEST_CASE("a descriptor's name without letters or with a colon is refused before anything is forked") {
    Fixture fixture;
    auto spec = fixture.spec("report");
    spec.descriptors = {{"a:b", 0}};
    CHECK_THROWS(static_cast<void>(fixture.launcher.launch(spec)));
    spec.descriptors = {{"", 0}};
    CHECK_THROWS(static_cast<void>(fixture.launcher.launch(spec)));
    spec.descriptors.assign(passed_descriptors_max + 1, {"x", 0});
    CHECK_THROWS(static_cast<void>(fixture.launcher.launch(spec)));
}
