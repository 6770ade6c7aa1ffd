// SPDX-License-Identifier: Apache-2.0
#include "fake_instance.hpp"
#include "net/unix_socket.hpp"
#include "temporary_directory.hpp"
#include "worker/gate.hpp"

#include <cstdlib>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace hearth;
using namespace hearth::worker;

namespace {

struct Directory : test::TemporaryDirectory {
    [[nodiscard]] std::string gate() const { return *this / "imap-1"; }
    [[nodiscard]] mode_t mode() const {
        struct stat node {};
        REQUIRE(::lstat(gate().c_str(), &node) == 0);
        return node.st_mode & 07777;
    }
};

} // namespace

TEST_CASE("a gate is born shut, opens to exactly its mode and shuts again, in both ways") {
    for (const auto way : {Gate::Way::fchmodat2, Gate::Way::proc}) {
        const Directory directory;
        Gate gate(directory.gate(), 0200, way);
        CHECK(directory.mode() == 0);
        CHECK_FALSE(gate.is_open());
        CHECK(gate.open().has_value());
        CHECK(gate.is_open());
        CHECK(directory.mode() == 0200);
        CHECK(gate.shut().has_value());
        CHECK(directory.mode() == 0);
    }
}

TEST_CASE("the mode follows the node, whatever its name has become") {
    const Directory directory;
    Gate gate(directory.gate(), 0200);
    REQUIRE(::rename(directory.gate().c_str(), (directory / "aside").c_str()) == 0);
    const UniqueFd other(::open(directory.gate().c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    CHECK(gate.open().has_value());
    CHECK(directory.mode() == 0600);
}

TEST_CASE("a leftover node with our pid's name is replaced") {
    const Directory directory;
    { const Gate dead(directory.gate(), 0200); }
    CHECK_NOTHROW(Gate(directory.gate(), 0200));
}

TEST_CASE("a gate that can't be made throws") {
    CHECK_THROWS(Gate("/nonexistent/imap-1", 0200));
}

TEST_CASE("refuse_for_good is strict: nobody new, and who is queued can still be accepted") {
    const Directory directory;
    Gate gate(directory.gate(), 0200);
    REQUIRE(gate.open().has_value());
    const auto queued = net::connect_unix(directory.gate(), net::sequenced);
    REQUIRE(queued.has_value());
    gate.refuse_for_good();
    CHECK_FALSE(net::connect_unix(directory.gate(), net::sequenced).has_value());
    REQUIRE(gate.listen_again().has_value());
    CHECK_FALSE(net::connect_unix(directory.gate(), net::sequenced).has_value());
    CHECK(UniqueFd(::accept4(gate.listener(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)).get() >= 0);
    CHECK(UniqueFd(::accept4(gate.listener(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)).get() == -1);
}

TEST_CASE("the backlog is short, and a full one says EAGAIN") {
    const Directory directory;
    Gate gate(directory.gate(), 0200);
    REQUIRE(gate.open().has_value());
    std::vector<UniqueFd> waiting;
    for (;;) {
        auto next = net::connect_unix(directory.gate(), net::sequenced);
        if (!next) {
            CHECK(next.error().value() == EAGAIN);
            break;
        }
        waiting.push_back(std::move(*next));
        REQUIRE(waiting.size() < 64);
    }
    CHECK(waiting.size() <= Gate::backlog + 1);
}

TEST_CASE("gate_path puts the pid in") {
    CHECK(gate_path("login/imap-%{pid}", 42) == "login/imap-42");
    CHECK(gate_path("login/imap", 42) == "login/imap");
}
