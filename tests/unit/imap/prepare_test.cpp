// SPDX-License-Identifier: Apache-2.0
#include "base/unique_fd.hpp"
#include "config/snapshot.hpp"
#include "prepare.hpp"

#include <cstdint>
#include <doctest/doctest.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace hearth;

namespace {

// What SQLite draws in a process that is forked now.
std::uint64_t drawn_by_a_child() {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const UniqueFd in(ends[0]), out(ends[1]);
    const auto pid = ::fork();
    std::uint64_t number = 0;
    if (pid == 0) {
        ::sqlite3_randomness(sizeof number, &number);
        ::_exit(::write(out.get(), &number, sizeof number) == sizeof number ? 0 : 1);
    }
    CHECK(::read(in.get(), &number, sizeof number) == sizeof number);
    ::waitpid(pid, nullptr, 0);
    return number;
}

} // namespace

TEST_CASE("workers of one zygote don't draw the same random numbers") {
    std::uint64_t seeded = 0;
    ::sqlite3_randomness(sizeof seeded, &seeded);
    imap::prepare(config::Snapshot());
    CHECK(drawn_by_a_child() != drawn_by_a_child());
}
