// SPDX-License-Identifier: Apache-2.0
#include "fake_instance.hpp"
#include "net/unix_socket.hpp"
#include "temporary_directory.hpp"
#include "worker/grant_check.hpp"

#include <cstdlib>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace hearth;
using namespace hearth::worker;
using hearth::worker::fake::Instance;
using protocol::OfferReply;
using namespace std::chrono_literals;

namespace {

const Time now{10h};

protocol::Grant good_grant() {
    protocol::Grant grant;
    grant.service = "imap";
    grant.identity.user = "alice";
    grant.identity.uid = 1000;
    grant.identity.gid = 1000;
    grant.generation = 5;
    grant.expires = now + 1s;
    return grant;
}

GrantRules rules() {
    GrantRules rules;
    rules.service = "imap";
    rules.auth_uid = ::geteuid();
    rules.generation = 5;
    rules.managed = true;
    rules.valid_uids = {500, 60000};
    rules.valid_gids = {100, 60000};
    rules.login_gid = 600;
    return rules;
}

// What the answer would be: taken if the grant is good.
OfferReply verdict(int fd, const GrantRules& by = rules(), Time at = now) {
    const auto read = read_grant(fd, by, at);
    if (const auto* refusal = std::get_if<Refusal>(&read)) return refusal->reply;
    return OfferReply::taken;
}

OfferReply verdict(const protocol::Grant& grant, const GrantRules& by = rules(), Time at = now) {
    return verdict(Instance::issue(grant).get(), by, at);
}

} // namespace

TEST_CASE("a good grant is read once, and then it is used up") {
    const auto fd = Instance::issue(good_grant());
    CHECK(verdict(fd.get()) == OfferReply::taken);
    CHECK(verdict(fd.get()) == OfferReply::no_grant);
}

TEST_CASE("check 1: what isn't one end of a SEQPACKET socketpair is no grant, and isn't read") {
    const auto record = protocol::encode(good_grant());
    SUBCASE("stream") {
        auto pair = net::socket_pair(net::stream).value();
        net::send_message(pair.first.get(), record).value();
        pair.first.reset();
        CHECK(verdict(pair.second.get()) == OfferReply::no_grant);
    }
    SUBCASE("file") {
        const UniqueFd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        CHECK(verdict(file.get()) == OfferReply::no_grant);
    }
    SUBCASE("both ends of a connection through a listener") {
        const test::TemporaryDirectory directory;
        const auto listener = net::listen_unix(directory / "s", net::sequenced, 0600, 4).value();
        {
            auto connected = net::connect_unix(directory / "s", net::sequenced).value();
            UniqueFd accepted(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
            net::send_message(accepted.get(), record).value();
            accepted.reset();
            CHECK(verdict(connected.get()) == OfferReply::no_grant);
            CHECK(net::receive_message(connected.get(), 4096).value().bytes == record);
        }
        auto connected = net::connect_unix(directory / "s", net::sequenced).value();
        const UniqueFd accepted(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        net::send_message(connected.get(), record).value();
        connected.reset();
        CHECK(verdict(accepted.get()) == OfferReply::no_grant);
    }
}

TEST_CASE("check 2: a grant that somebody else than auth made is none") {
    auto by = rules();
    by.auth_uid = ::geteuid() + 1;
    const auto fd = Instance::issue(good_grant());
    CHECK(verdict(fd.get(), by) == OfferReply::no_grant);
    CHECK(verdict(fd.get()) == OfferReply::taken);
}

TEST_CASE("check 3: a record with descriptors, or one that is too long, is refused") {
    auto pair = net::socket_pair(net::sequenced).value();
    SUBCASE("descriptors") {
        const int fd = STDIN_FILENO;
        net::send_message(pair.first.get(), protocol::encode(good_grant()), std::span(&fd, 1)).value();
    }
    SUBCASE("too long") {
        net::send_message(
            pair.first.get(), protocol::encode(good_grant()) + std::string(protocol::grant_bytes_max, 'x'))
            .value();
    }
    pair.first.reset();
    CHECK(verdict(pair.second.get()) == OfferReply::cannot);
}

TEST_CASE("check 4: after the record there must be end of file") {
    auto pair = net::socket_pair(net::sequenced).value();
    net::send_message(pair.first.get(), protocol::encode(good_grant())).value();
    SUBCASE("left open") {}
    SUBCASE("a second record") {
        net::send_message(pair.first.get(), "more").value();
        pair.first.reset();
    }
    CHECK(verdict(pair.second.get()) == OfferReply::cannot);
}

TEST_CASE("check 5: garbage, half a record and another service's grant are refused") {
    const auto record = protocol::encode(good_grant());
    for (std::size_t size = 1; size < record.size(); ++size)
        REQUIRE(verdict(Instance::issue_record(record.substr(0, size)).get()) == OfferReply::cannot);
    CHECK(verdict(Instance::issue_record(record + "x").get()) == OfferReply::cannot);
    CHECK(verdict(Instance::issue_record("hello").get()) == OfferReply::cannot);
    auto other = good_grant();
    other.service = "jmap";
    CHECK(verdict(other) == OfferReply::cannot);
}

TEST_CASE("check 6: an expired grant is refused") {
    CHECK(verdict(good_grant(), rules(), now + 999ms) == OfferReply::taken);
    CHECK(verdict(good_grant(), rules(), now + 1s) == OfferReply::cannot);
}

TEST_CASE("check 7: an offer has a head, and exactly two descriptors of which the first is a stream socket") {
    const auto record = protocol::encode(protocol::Offer{});
    const auto offer_with = [&](std::initializer_list<int> fds) {
        net::Received offer;
        offer.bytes = record;
        for (const int fd : fds)
            offer.fds.push_back(duplicate(fd));
        return offer;
    };
    const fake::Client client;
    const auto grant = Instance::issue(good_grant());
    const int c = client.server.get(), g = grant.get();
    CHECK(check_offer(offer_with({c, g})).has_value());
    CHECK_FALSE(check_offer(offer_with({})).has_value());
    CHECK_FALSE(check_offer(offer_with({c})).has_value());
    CHECK_FALSE(check_offer(offer_with({c, g, g})).has_value());
    CHECK_FALSE(check_offer(offer_with({g, c})).has_value());
    CHECK_FALSE(check_offer(offer_with({STDIN_FILENO, g})).has_value());
    auto cut = offer_with({c, g});
    cut.truncated = true;
    CHECK_FALSE(check_offer(cut).has_value());
    auto garbage = offer_with({c, g});
    garbage.bytes[0] ^= 1;
    CHECK_FALSE(check_offer(garbage).has_value());
}

TEST_CASE(
    "check 8: another user is told apart even if all else is equal, check 9: so is another identity of the user") {
    const auto alice = good_grant().identity;
    CHECK(compare(alice, alice) == Likeness::same);
    auto bob = alice;
    bob.user = "bob";
    CHECK(compare(alice, bob) == Likeness::other_user);
    for (const int part : {0, 1, 2, 3, 4, 5}) {
        auto other = alice;
        if (part == 0) other.uid = 1001;
        if (part == 1) other.gid = 1001;
        if (part == 2) other.groups = {7};
        if (part == 3) other.home = "/elsewhere";
        if (part == 4) other.mail_location = "maildir:~/x";
        if (part == 5) other.policy = {{"master_user", "root"}};
        CHECK(compare(alice, other) == Likeness::other_identity);
    }
}

TEST_CASE("check 10: uids and gids outside the range, root's, auth's and login's are refused whatever auth says") {
    const auto with = [](std::uint32_t uid, std::uint32_t gid, std::vector<std::uint32_t> groups = {}) {
        auto grant = good_grant();
        grant.identity.uid = uid;
        grant.identity.gid = gid;
        grant.identity.groups = std::move(groups);
        return grant;
    };
    CHECK(verdict(with(500, 100, {200})) == OfferReply::taken);
    CHECK(verdict(with(60000, 60000)) == OfferReply::taken);
    CHECK(verdict(with(0, 1000)) == OfferReply::cannot);
    CHECK(verdict(with(499, 1000)) == OfferReply::cannot);
    CHECK(verdict(with(60001, 1000)) == OfferReply::cannot);
    CHECK(verdict(with(1000, 99)) == OfferReply::cannot);
    CHECK(verdict(with(1000, 60001)) == OfferReply::cannot);
    CHECK(verdict(with(1000, 600)) == OfferReply::cannot);
    CHECK(verdict(with(1000, 1000, {600})) == OfferReply::cannot);
    CHECK(verdict(with(1000, 1000, {0})) == OfferReply::cannot);
    auto by = rules();
    by.valid_uids = {0, 0};
    by.valid_gids = {0, 0};
    CHECK(verdict(with(4000000000, 1000), by) == OfferReply::taken);
    CHECK(verdict(with(0, 1000), by) == OfferReply::cannot);
    CHECK(verdict(with(1000, 0), by) == OfferReply::cannot);
}

TEST_CASE("check 10: nobody may be served as auth's own uid") {
    auto by = rules();
    by.valid_uids = {1, 0};
    auto grant = good_grant();
    grant.identity.uid = by.auth_uid;
    CHECK(verdict(grant, by) == OfferReply::cannot);
}

TEST_CASE("check 10: in a private instance only the instance's own uid is served, and never root") {
    auto by = rules();
    by.managed = false;
    by.own_uid = 1000;
    auto grant = good_grant();
    CHECK(verdict(grant, by) == OfferReply::taken);
    grant.identity.uid = 1001;
    CHECK(verdict(grant, by) == OfferReply::cannot);
    grant.identity.uid = by.own_uid = 0;
    CHECK(verdict(grant, by) == OfferReply::cannot);
}

TEST_CASE("check 11: a grant of a newer configuration is refused, one of an older isn't") {
    auto grant = good_grant();
    grant.generation = 4;
    CHECK(verdict(grant) == OfferReply::taken);
    grant.generation = 6;
    const auto fd = Instance::issue(grant);
    const auto read = read_grant(fd.get(), rules(), now);
    REQUIRE(std::holds_alternative<Refusal>(read));
    CHECK(std::get<Refusal>(read).reply == OfferReply::cannot);
    CHECK(std::get<Refusal>(read).outdated);
}
