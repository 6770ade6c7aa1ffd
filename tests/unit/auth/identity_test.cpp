// SPDX-License-Identifier: Apache-2.0
#include "identity.hpp"
#include "protocol/limits.hpp"

#include <doctest/doctest.h>

using namespace hearth::auth;
using hearth::protocol::Identity;
using hearth::protocol::auth::Failure;

namespace {

Instance managed() {
    Instance instance;
    instance.managed = true;
    instance.uid = 990;
    instance.gid = 990;
    return instance;
}

Instance private_one() {
    Instance instance;
    instance.uid = instance.gid = 1234;
    return instance;
}

UserRecord alice() {
    UserRecord record;
    record.user = "alice";
    record.uid = record.gid = 1000;
    record.fields = parse_fields("home=/home/alice mail=maildir:~/Maildir");
    return record;
}

Refusal refused(const UserRecord& record, const Instance& instance) {
    const auto result = make_identity(record, instance);
    REQUIRE(std::holds_alternative<Refusal>(result));
    return std::get<Refusal>(result);
}

Identity accepted(const UserRecord& record, const Instance& instance) {
    const auto result = make_identity(record, instance);
    if (const auto* refusal = std::get_if<Refusal>(&result)) FAIL(refusal->reason);
    return std::get<Identity>(result);
}

} // namespace

TEST_CASE("an identity has what the userdb said, and policy is what has no place of its own") {
    auto record = alice();
    record.groups = {3000, 2000, 2000};
    record.fields.merge(parse_fields("quota_rule=*:storage=1G acl=x nice=10 uid=1000 allow_all_users=yes"));
    const auto identity = accepted(record, managed());
    CHECK(identity.user == "alice");
    CHECK(identity.uid == 1000);
    CHECK(identity.home == "/home/alice");
    CHECK(identity.mail_location == "maildir:~/Maildir");
    CHECK(identity.groups == std::vector<std::uint32_t>{2000, 3000});
    CHECK(identity.policy ==
          std::vector<std::pair<std::string, std::string>>{{"acl", "x"}, {"quota_rule", "*:storage=1G"}});
}

TEST_CASE("uid 0, gid 0, ids out of range and auth's own uid are disabled, with setting and value") {
    auto record = alice();
    record.uid = 0;
    CHECK(refused(record, managed()).why == Failure::disabled);
    record.uid = 499;
    CHECK(refused(record, managed()).reason == "its uid 499 is below first_valid_uid = 500");
    CHECK(refused(record, managed()).why == Failure::disabled);
    record.uid = 990;
    CHECK(refused(record, managed()).why == Failure::disabled);
    record = alice();
    record.gid = 0;
    CHECK(refused(record, managed()).why == Failure::disabled);
    auto bounded = managed();
    bounded.last_valid_uid = 999;
    CHECK(refused(alice(), bounded).reason == "its uid 1000 is above last_valid_uid = 999");
    bounded = managed();
    bounded.first_valid_gid = 2000;
    CHECK(refused(alice(), bounded).reason == "its gid 1000 is below first_valid_gid = 2000");
    bounded.first_valid_uid = 0;
    record = alice();
    record.uid = 0;
    CHECK(refused(record, bounded).why == Failure::disabled);
}

TEST_CASE("a managed instance needs a uid and a gid") {
    auto record = alice();
    record.uid.reset();
    CHECK(refused(record, managed()).why == Failure::temporary);
    record = alice();
    record.gid.reset();
    CHECK(refused(record, managed()).why == Failure::temporary);
}

TEST_CASE("in a private instance everybody is the instance's own uid, and another one is a fault of the userdb") {
    auto record = alice();
    CHECK(refused(record, private_one()).why == Failure::temporary);
    CHECK(refused(record, private_one()).reason.find("can't become another") != std::string::npos);
    record.uid.reset();
    CHECK(refused(record, private_one()).why == Failure::temporary); // the gid differs still
    record.gid.reset();
    record.groups = {2000};
    const auto identity = accepted(record, private_one());
    CHECK(identity.uid == 1234);
    CHECK(identity.gid == 1234);
    CHECK(identity.groups.empty());
    record.uid = 1234;
    record.gid = 1234;
    CHECK(accepted(record, private_one()).uid == 1234);
}

TEST_CASE("groups out of range are left out, too many are refused") {
    auto record = alice();
    auto instance = managed();
    instance.first_valid_gid = 500;
    record.groups = {0, 4, 27, 600};
    CHECK(accepted(record, instance).groups == std::vector<std::uint32_t>{600});
    record.groups.clear();
    for (std::uint32_t i = 0; i <= hearth::protocol::groups_max; ++i)
        record.groups.push_back(1000 + i);
    CHECK(refused(record, instance).why == Failure::temporary);
}

TEST_CASE("fields that Hearth would have to obey and can't are refused, and so is what doesn't fit") {
    for (const auto* fields : {"user=bob", "chroot=/x", "fail", "home=relative", "home=~/x"}) {
        auto record = alice();
        for (const auto& [key, value] : parse_fields(fields))
            record.fields[key] = value;
        CAPTURE(fields);
        CHECK(refused(record, managed()).why == Failure::temporary);
    }
    auto record = alice();
    record.fields["long"] = std::string(600, 'x');
    CHECK(refused(record, managed()).why == Failure::temporary);
    record = alice();
    record.fields["home"] = "/" + std::string(5000, 'x');
    CHECK(refused(record, managed()).why == Failure::temporary);
    record = alice();
    for (int i = 0; i < 40; ++i)
        record.fields["f" + std::to_string(i)] = "x";
    CHECK(refused(record, managed()).why == Failure::temporary);
}

TEST_CASE("passdb fields that narrow are honoured, or the login fails") {
    CHECK_FALSE(refuse_by_fields(parse_fields("nodelay userdb_home=/x quota=1"), "192.0.2.1"));
    CHECK_FALSE(refuse_by_fields(parse_fields("allow_nets=192.0.2.0/24"), "192.0.2.1"));
    CHECK(refuse_by_fields(parse_fields("allow_nets=192.0.2.0/24"), "198.51.100.1")->why == Failure::credentials);
    CHECK(refuse_by_fields(parse_fields("allow_nets="), "198.51.100.1")->why == Failure::credentials);
    CHECK(refuse_by_fields(parse_fields("allow_real_nets=10.0.0.1"), "198.51.100.1")->why == Failure::credentials);
    // As in Dovecot a field counts whatever its value is.
    CHECK(refuse_by_fields(parse_fields("nologin=no"), "192.0.2.1")->why == Failure::disabled);
    for (const auto* field :
        {"proxy", "proxy_maybe=y", "host=10.0.0.1", "user=bob", "delay_until=1", "noauthenticate"}) {
        CAPTURE(field);
        CHECK(refuse_by_fields(parse_fields(field), "192.0.2.1")->why == Failure::temporary);
    }
}
