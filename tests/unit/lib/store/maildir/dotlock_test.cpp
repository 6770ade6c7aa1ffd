// SPDX-License-Identifier: Apache-2.0
#include "store/maildir/dotlock.hpp"

#include "disk_fixture.hpp"

#include <fcntl.h>

using namespace hearth;
using namespace hearth::store;

namespace {

struct Directory : Disk {
    void make_lock(const std::string& owner, std::int64_t age_seconds) const {
        write("file.lock", owner);
        set_age("file.lock", age_seconds);
    }
    [[nodiscard]] static std::string host() {
        char name[256] = {};
        ::gethostname(name, sizeof name - 1);
        return name;
    }
    // A pid that no process has.
    [[nodiscard]] static std::string dead_pid() {
        const auto pid = ::fork();
        if (pid == 0) ::_exit(0);
        ::waitpid(pid, nullptr, 0);
        return std::to_string(pid);
    }
};

} // namespace

TEST_CASE("a lock names its owner, keeps others out, and ends with its object") {
    const Directory directory;
    {
        const auto lock = Dotlock::acquire(directory.fd.get(), "file");
        REQUIRE(lock.has_value());
        CHECK(lock->is_held());
        CHECK(directory.read("file.lock") == std::to_string(::getpid()) + ":" + Directory::host());
        CHECK(Dotlock::acquire(directory.fd.get(), "file").error() == make_error_code(Error::busy));
    }
    CHECK_FALSE(directory.has("file.lock"));
    CHECK(Dotlock::acquire(directory.fd.get(), "file").has_value());
}

TEST_CASE("a lock whose process is gone is taken over at once") {
    const Directory directory;
    directory.make_lock(Directory::dead_pid() + ":" + Directory::host(), 5);
    CHECK(Dotlock::acquire(directory.fd.get(), "file").has_value());
}

TEST_CASE("a fresh lock of a gone process is left alone for a moment") {
    const Directory directory;
    directory.make_lock(Directory::dead_pid() + ":" + Directory::host(), -1);
    CHECK_FALSE(Dotlock::acquire(directory.fd.get(), "file").has_value());
}

TEST_CASE("a lock of a gone process from before the clock was set back is taken over") {
    const Directory directory;
    directory.make_lock(Directory::dead_pid() + ":" + Directory::host(), -3600);
    CHECK(Dotlock::acquire(directory.fd.get(), "file").has_value());
}

TEST_CASE("an empty lock from before the clock was set back is taken over, one with an owner elsewhere is not") {
    const Directory directory;
    directory.make_lock("7:elsewhere.example", -3600);
    CHECK_FALSE(Dotlock::acquire(directory.fd.get(), "file").has_value());
    directory.make_lock("", -3600);
    CHECK(Dotlock::acquire(directory.fd.get(), "file").has_value());
}

TEST_CASE("a lock of a living process is respected however old it is") {
    const Directory directory;
    directory.make_lock("1:" + Directory::host(), 100000);
    CHECK_FALSE(Dotlock::acquire(directory.fd.get(), "file").has_value());
}

TEST_CASE("a lock of another host, or without owner, is stale after 120 s without change") {
    for (const auto* owner : {"", "garbage", "7:elsewhere.example"}) {
        const Directory directory;
        directory.make_lock(owner, 100);
        CHECK_FALSE(Dotlock::acquire(directory.fd.get(), "file").has_value());
        directory.make_lock(owner, 130);
        directory.write("file", "just changed");
        CHECK_FALSE(Dotlock::acquire(directory.fd.get(), "file").has_value());
        directory.remove("file");
        CHECK(Dotlock::acquire(directory.fd.get(), "file").has_value());
    }
}

TEST_CASE("a lock that was taken over is not removed by its former holder") {
    const Directory directory;
    {
        const auto lock = Dotlock::acquire(directory.fd.get(), "file");
        REQUIRE(lock.has_value());
        directory.rename("file.lock", "old");
        directory.write("file.lock", "7:elsewhere.example");
        CHECK_FALSE(lock->is_held());
    }
    CHECK(directory.has("file.lock"));
}

TEST_CASE("whoever tries again gets the lock when the holder lets go") {
    const Directory directory;
    auto lock = std::make_unique<Dotlock>(Dotlock::acquire(directory.fd.get(), "file").value());
    const auto in_child = [&] {
        const auto pid = ::fork();
        if (pid == 0) ::_exit(Dotlock::acquire(directory.fd.get(), "file").has_value() ? 0 : 1);
        int status = 1;
        ::waitpid(pid, &status, 0);
        return status == 0;
    };
    CHECK_FALSE(in_child());
    lock.reset();
    CHECK(in_child());
}

TEST_CASE("processes that try again and again are never two at once") {
    const Directory directory;
    std::vector<pid_t> children;
    for (int i = 0; i < 4; ++i) {
        const auto pid = ::fork();
        if (pid == 0) {
            bool alone = true;
            for (int round = 0; round < 100;) {
                const auto lock = Dotlock::acquire(directory.fd.get(), "file");
                if (!lock) continue;
                ++round;
                const UniqueFd mark(::openat(directory.fd.get(), "inside", O_CREAT | O_EXCL | O_CLOEXEC, 0600));
                alone = alone && mark && ::unlinkat(directory.fd.get(), "inside", 0) == 0;
            }
            ::_exit(alone ? 0 : 1);
        }
        children.push_back(pid);
    }
    for (const auto pid : children) {
        int status = 1;
        ::waitpid(pid, &status, 0);
        CHECK(status == 0);
    }
    CHECK_FALSE(directory.has("file.lock"));
}
