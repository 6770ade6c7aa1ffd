// SPDX-License-Identifier: Apache-2.0
// What the stop points are for, tried where it matters most; the failure table's tests do it with real logins. In a
// normal build there are none, and nothing here.
#include "worker/stop_point.hpp"

#ifdef HEARTH_STOP_POINTS

#include "fake_instance.hpp"
#include "net/unix_socket.hpp"

#include <csignal>
#include <cstdio>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace hearth;
using namespace hearth::worker;
using namespace hearth::worker::fake;
using protocol::OfferReply;

namespace {

void arm(const Instance& instance, std::string_view order) {
    const auto path = instance.directory() + "/stop-at";
    const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
    REQUIRE(::fchmod(file.get(), 0666) == 0);
    REQUIRE(::write(file.get(), order.data(), order.size()) == static_cast<ssize_t>(order.size()));
}

void wait_until_stopped(pid_t pid) {
    int status = 0;
    REQUIRE(::waitpid(pid, &status, WUNTRACED) == pid);
    REQUIRE(WIFSTOPPED(status));
}

} // namespace

TEST_CASE("killed before it read the grant, a worker leaves it to the next") {
    Instance instance;
    instance.start();
    arm(instance, "offer-received kill\n");
    const auto grant = instance.grant();
    const auto grant_fd = Instance::issue(grant);
    const auto offered = Instance::offer(instance.connect_shared(), grant, grant_fd.get());
    CHECK(offered.answer()->reply == OfferReply::accepted);
    CHECK_FALSE(offered.answer().has_value());
    CHECK(instance.exit_code() == -SIGKILL);
    instance.start(); // the order has disarmed itself
    CHECK(Instance::offer(instance.connect_shared(), grant, grant_fd.get()).reply() == OfferReply::taken);
}

TEST_CASE("killed between grant and TAKEN, a worker has used the grant up and said nothing to the client") {
    for (const auto* point : {"grant-read", "bound-before-report", "before-taken"}) {
        Instance instance;
        instance.start();
        arm(instance, std::string(point) + " kill");
        const auto grant = instance.grant();
        const auto grant_fd = Instance::issue(grant);
        const auto offered = Instance::offer(instance.connect_shared(), grant, grant_fd.get(), "ECHO never\n");
        CHECK(offered.answer()->reply == OfferReply::accepted);
        CHECK_FALSE(offered.answer().has_value());
        CHECK(instance.exit_code() == -SIGKILL);
        CHECK(net::receive_message(grant_fd.get(), 8192)->bytes.empty());
        CHECK(offered.client.read_to_end().empty());
    }
}

TEST_CASE("stopped between publishing and its last bytes, a worker is free already and its client has read nothing") {
    Instance instance;
    instance.start();
    const auto offered = instance.offer_shared(instance.grant());
    REQUIRE(offered.reply() == OfferReply::taken);
    arm(instance, "published-before-final-bytes stop");
    offered.client.send("QUIT\n");
    wait_until_stopped(instance.pid());
    CHECK(net::receive_message(offered.client.near.get(), 64).error().value() == EAGAIN);
    CHECK(instance.gate_is_open());
    (void)instance.report_where([](const auto& r) { return r.accepts && r.sessions.empty(); });
    REQUIRE(::kill(instance.pid(), SIGCONT) == 0);
    CHECK(offered.client.read_to_end() == "BYE\n");
}

TEST_CASE("who is queued behind a leaving worker's gate is told LEAVING, who comes later is refused by the kernel") {
    Instance instance;
    instance.start();
    const auto first = instance.offer_shared(instance.grant());
    first.client.send("QUIT\n");
    REQUIRE(first.client.read_to_end() == "BYE\n");
    arm(instance, "leaving-before-drain stop");
    instance.signal(SIGTERM);
    wait_until_stopped(instance.pid());
    CHECK_FALSE(net::connect_unix(instance.gate_path(), net::sequenced).has_value());
    REQUIRE(::kill(instance.pid(), SIGCONT) == 0);
    CHECK(instance.exit_code() == 0);
}

#endif
