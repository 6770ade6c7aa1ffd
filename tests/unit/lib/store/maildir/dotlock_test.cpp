// SPDX-License-Identifier: Apache-2.0
#include "store/maildir/dotlock.hpp"

#include "../maildir_fixture.hpp"

#include <fcntl.h>

using namespace hearth;
using namespace hearth::store;
using namespace std::chrono_literals;

namespace {

struct Directory : Maildir {
    UniqueFd fd{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};

    void make_lock(const std::string& owner, std::int64_t age_seconds) const {
        write("file.lock", owner);
        const timespec time{::time(nullptr) - age_seconds, 0};
        const timespec times[2] = {time, time};
        REQUIRE(::utimensat(AT_FDCWD, (path / "file.lock").c_str(), times, 0) == 0);
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
        const auto lock = Dotlock::acquire(directory.fd.get(), "file", 0ms);
        REQUIRE(lock.has_value());
        CHECK(lock->is_held());
        CHECK(directory.read("file.lock") == std::to_string(::getpid()) + ":" + Directory::host());
        CHECK(Dotlock::acquire(directory.fd.get(), "file", 30ms).error() == make_error_code(Error::in_use));
    }
    CHECK_FALSE(directory.has("file.lock"));
    CHECK(Dotlock::acquire(directory.fd.get(), "file", 0ms).has_value());
}

TEST_CASE("a lock whose process is gone is taken over at once") {
    const Directory directory;
    directory.make_lock(Directory::dead_pid() + ":" + Directory::host(), 5);
    CHECK(Dotlock::acquire(directory.fd.get(), "file", 0ms).has_value());
}

TEST_CASE("a fresh lock of a gone process is left alone for a moment") {
    const Directory directory;
    directory.make_lock(Directory::dead_pid() + ":" + Directory::host(), -1);
    CHECK_FALSE(Dotlock::acquire(directory.fd.get(), "file", 0ms).has_value());
}

TEST_CASE("a lock of a living process is respected however old it is") {
    const Directory directory;
    directory.make_lock("1:" + Directory::host(), 100000);
    CHECK_FALSE(Dotlock::acquire(directory.fd.get(), "file", 0ms).has_value());
}

TEST_CASE("a lock of another host, or without owner, is stale after 120 s without change") {
    for (const auto* owner : {"", "garbage", "7:elsewhere.example"}) {
        const Directory directory;
        directory.make_lock(owner, 100);
        CHECK_FALSE(Dotlock::acquire(directory.fd.get(), "file", 0ms).has_value());
        directory.make_lock(owner, 130);
        directory.write("file", "just changed");
        CHECK_FALSE(Dotlock::acquire(directory.fd.get(), "file", 0ms).has_value());
        directory.remove("file");
        CHECK(Dotlock::acquire(directory.fd.get(), "file", 0ms).has_value());
    }
}

TEST_CASE("a lock that was taken over is not removed by its former holder") {
    const Directory directory;
    {
        const auto lock = Dotlock::acquire(directory.fd.get(), "file", 0ms);
        REQUIRE(lock.has_value());
        directory.rename("file.lock", "old");
        directory.write("file.lock", "7:elsewhere.example");
        CHECK_FALSE(lock->is_held());
    }
    CHECK(directory.has("file.lock"));
}

TEST_CASE("a waiting process gets the lock when the holder lets go") {
    const Directory directory;
    auto lock = std::make_unique<Dotlock>(Dotlock::acquire(directory.fd.get(), "file", 0ms).value());
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    const auto pid = ::fork();
    if (pid == 0) {
        const bool written = ::write(ready[1], "x", 1) == 1;
        ::_exit(written && Dotlock::acquire(directory.fd.get(), "file", 10s).has_value() ? 0 : 1);
    }
    char byte = 0;
    REQUIRE(::read(ready[0], &byte, 1) == 1);
    lock.reset();
    int status = 1;
    ::waitpid(pid, &status, 0);
    CHECK(status == 0);
    ::close(ready[0]);
    ::close(ready[1]);
}
