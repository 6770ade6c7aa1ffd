// SPDX-License-Identifier: Apache-2.0
// Becoming the user: what a managed worker is before and after it read its first grant. Needs root.
#include "fake_instance.hpp"
#include "net/unix_socket.hpp"
#include "process/start.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

using namespace hearth;
using namespace hearth::worker;
using namespace hearth::worker::fake;
using protocol::OfferReply;

TEST_CASE("a managed worker becomes its user for good, gives it the gate, and shows its uid to who connects") {
    if (!is_root()) {
        MESSAGE("not run: the drop of privileges needs root");
        return;
    }
    Options options;
    options.managed = true;
    Instance instance(options);
    const auto pid = instance.start();
    const auto credentials = [&] { return net::peer_credentials(instance.connect_gate().get()).value(); };
    CHECK(credentials().uid == 0);
    CHECK(credentials().pid == pid);
    auto grant = instance.grant();
    grant.identity.groups = {user_gid, 12400};
    const auto offered = instance.offer_shared(grant);
    REQUIRE(offered.reply() == OfferReply::taken);

    CHECK(credentials().uid == user_uid);
    CHECK(credentials().pid == pid);
    const auto status = process::read_all(
        UniqueFd(::open(fmt::format("/proc/{}/status", pid).c_str(), O_RDONLY | O_CLOEXEC)).get(), 8192);
    CHECK(status.find("\nUid:\t12345\t12345\t12345\t12345\n") != std::string::npos);
    CHECK(status.find("\nGid:\t12347\t12347\t12347\t12347\n") != std::string::npos);
    CHECK(status.find("\nGroups:\t12347 12400 \n") != std::string::npos);
    for (const auto* set : {"CapInh", "CapPrm", "CapEff", "CapAmb"})
        CHECK_MESSAGE(status.find(fmt::format("\n{}:\t0000000000000000\n", set)) != std::string::npos, set);
    CHECK(status.find("\nNoNewPrivs:\t1\n") != std::string::npos);

    struct stat node {};
    REQUIRE(::lstat(instance.gate_path().c_str(), &node) == 0);
    CHECK(node.st_uid == user_uid);
    CHECK(node.st_gid == login_gid);
    CHECK((node.st_mode & 07777) == 0);
    CHECK_FALSE(instance.gate_is_open());
    offered.client.send("QUIT\n");
    CHECK(offered.client.read_to_end() == "BYE\n");
    CHECK(instance.gate_is_open());
    REQUIRE(::lstat(instance.gate_path().c_str(), &node) == 0);
    CHECK((node.st_mode & 07777) == 0020);
    CHECK(instance.offer_gate(grant).reply() == OfferReply::taken);
}

TEST_CASE("a managed worker never becomes a uid out of range") {
    if (!is_root()) {
        MESSAGE("not run: the drop of privileges needs root");
        return;
    }
    Options options;
    options.managed = true;
    Instance instance(options);
    instance.start();
    auto grant = instance.grant();
    for (const uid_t uid : {0U, 1U, 499U}) {
        grant.identity.uid = uid;
        CHECK(instance.offer_shared(grant).reply() == OfferReply::cannot);
    }
    grant.identity.uid = user_uid;
    grant.identity.gid = login_gid;
    CHECK(instance.offer_shared(grant).reply() == OfferReply::cannot);
    CHECK(instance.offer_shared(instance.grant()).reply() == OfferReply::taken);
}
