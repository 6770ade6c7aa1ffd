// SPDX-License-Identifier: Apache-2.0
#include "bench.hpp"
#include "user_directory.hpp"

#include <doctest/doctest.h>

using namespace hearth;
using namespace hearth::auth;
using namespace std::chrono_literals;

namespace {

Variables alice() {
    Variables variables;
    variables.user = "alice@example.org";
    return variables;
}

} // namespace

TEST_CASE("complete_fields expands templates once, and home first") {
    Database database;
    database.default_fields = parse_fields("mail=maildir:%h/Maildir uid=500 gid=500");
    database.override_fields = parse_fields("gid=600 home=/override/%n");
    const auto fields =
        complete_fields(database, parse_fields("home=/literal/%u uid=1000"), parse_fields("x=%d"), alice());
    REQUIRE(fields.has_value());
    CHECK(*fields == Fields{{"gid", "600"}, {"home", "/override/alice"}, {"mail", "maildir:/override/alice/Maildir"},
                         {"uid", "1000"}, {"x", "example.org"}});
}

TEST_CASE("what a driver gives literally is not expanded, also where others refer to it") {
    Database database;
    database.default_fields = parse_fields("mail=%h/m");
    const auto fields = complete_fields(database, parse_fields("home=/100%u"), {}, alice());
    REQUIRE(fields.has_value());
    CHECK(fields->at("home") == "/100%u");
    CHECK(fields->at("mail") == "/100%u/m");
    database.default_fields = parse_fields("mail=%Q");
    CHECK(complete_fields(database, {}, {}, alice()).has_error());
}

TEST_CASE("names that were resolved are numbers for a minute") {
    KnownIds ids;
    const Time start{1000s};
    const auto resolved = [&](std::string name, Time now) {
        ids.replace(name, now);
        return name;
    };
    CHECK(resolved("vmail", start) == "vmail");
    ids.remember("vmail", 5000, start);
    ids.remember("77", 78, start);
    CHECK(resolved("vmail", start + 59s) == "5000");
    CHECK(resolved("vmail", start + 60s) == "vmail");
    CHECK(resolved("77", start) == "77");
    for (std::size_t i = 0; i < 3 * KnownIds::names_max; ++i)
        ids.remember("u" + std::to_string(i), 1, start);
    CHECK(resolved("u" + std::to_string(3 * KnownIds::names_max - 1), start) == "1");
}

TEST_CASE("userdbs are walked in order, the later one's fields count") {
    Bench bench;
    auto first = *parse_userdb("static", "uid=1000 gid=1000 home=/first/%n");
    first.rule.on_success = Then::go_on_ok;
    bench.settings.userdbs = {
        first, bench.passwd_file("second", "alice@example.org::::: /second::userdb_home=/second/%n\n")};
    PasswdFiles files;
    VerifierPool pool(1);
    UserDirectory directory(bench.settings, bench.instance, pool, files);
    const auto found = run_until_done(bench.io, directory.find(alice(), {}));
    REQUIRE(std::holds_alternative<protocol::Identity>(found));
    CHECK(std::get<protocol::Identity>(found).home == "/second/alice");
    CHECK(std::get<protocol::Identity>(found).uid == 1000);
}

TEST_CASE("mail_access_groups are resolved once, and one that doesn't exist is named") {
    Bench bench;
    bench.settings.mail_access_groups = {"nogroup", "no-such-group-on-any-system", "1500"};
    bench.settings.userdbs = {*parse_userdb("static", "uid=1000 gid=1000 home=/srv/%n")};
    PasswdFiles files;
    VerifierPool pool(1);
    UserDirectory directory(bench.settings, bench.instance, pool, files);
    REQUIRE(directory.prepare().size() == 1);
    const auto found = run_until_done(bench.io, directory.find(alice(), {}));
    REQUIRE(std::holds_alternative<protocol::Identity>(found));
    CHECK(std::get<protocol::Identity>(found).groups == std::vector<std::uint32_t>{1500, 65534});
}
