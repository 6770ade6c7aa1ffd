// SPDX-License-Identifier: Apache-2.0
#include "config/schema.hpp"
#include "config/snapshot.hpp"
#include "settings.hpp"

#include <doctest/doctest.h>

using namespace hearth::auth;
using hearth::config::Snapshot;

namespace {

Settings read(std::string_view text) {
    const auto snapshot = Snapshot::parse(text);
    REQUIRE(snapshot.has_value());
    auto settings = read_settings(*snapshot);
    if (!settings) FAIL(settings.error().text);
    return *settings;
}

std::string complaint(std::string_view text) {
    const auto snapshot = Snapshot::parse(text);
    REQUIRE(snapshot.has_value());
    const auto settings = read_settings(*snapshot);
    REQUIRE_FALSE(settings.has_value());
    return settings.error().text;
}

} // namespace

TEST_CASE("nothing configured: Dovecot's defaults, and a warning that nobody can log in") {
    const auto settings = read("");
    CHECK(settings.failure_delay == std::chrono::seconds(2));
    CHECK(settings.mechanisms == std::vector<std::string>{"PLAIN", "LOGIN"});
    CHECK(settings.disable_plaintext_auth);
    CHECK(settings.usernames.format == "%Lu");
    CHECK(settings.usernames.chars == username_chars_default);
    CHECK(settings.first_valid_uid == 500);
    CHECK(settings.cache.ttl == std::chrono::hours(1));
    REQUIRE(settings.warnings.size() == 1);
}

TEST_CASE("a passwd-file's args are options and a path that may hold blanks") {
    const auto settings =
        read("passdb.0.driver=passwd-file\n"
             "passdb.0.args=scheme=ssha512 username_format=%Ln /etc/my mail/%d/users\n"
             "passdb.0.result_failure=return-fail\npassdb.0.mechanisms=plain\npassdb.0.username_filter=*@a.org, !x*\n"
             "userdb.0.driver=static\nuserdb.0.args=uid=vmail gid=vmail home=/srv/%d/%n\n"
             "userdb.0.default_fields=mail=maildir:%h/M\nuserdb.0.skip=found\n");
    REQUIRE(settings.passdbs.size() == 1);
    const auto& passdb = settings.passdbs[0];
    CHECK(passdb.path == "/etc/my mail/%d/users");
    CHECK(passdb.scheme == "SSHA512");
    CHECK(passdb.username_format == "%Ln");
    CHECK(passdb.rule.on_failure == Then::return_fail);
    CHECK(passdb.rule.on_success == Then::return_ok);
    CHECK(passdb.mechanisms == std::vector<std::string>{"PLAIN"});
    CHECK(passdb.username_filter == std::vector<std::string>{"*@a.org", "!x*"});
    REQUIRE(settings.userdbs.size() == 1);
    CHECK(settings.userdbs[0].fields.at("home") == "/srv/%d/%n");
    CHECK(settings.userdbs[0].default_fields.at("mail") == "maildir:%h/M");
    CHECK(settings.userdbs[0].rule.skip == Skip::after_success);
}

TEST_CASE("args that can't work are refused with the section's place") {
    CHECK(complaint("passdb.0.driver=passwd-file\n").find("passdb 1 (passwd-file): args must end with") == 0);
    CHECK(complaint("passdb.0.driver=passwd-file\npassdb.0.args=shceme=x /etc/users\n")
              .find("unknown argument \"shceme=x\"") != std::string::npos);
    CHECK(complaint("passdb.0.driver=passwd-file\npassdb.0.args=scheme=plain-md5 /etc/users\n").find("unsalted MD5") !=
          std::string::npos);
    CHECK(complaint("passdb.0.driver=passwd-file\npassdb.0.args=/etc/%q/users\n").find("unknown variable %q") !=
          std::string::npos);
    CHECK(complaint("passdb.0.driver=static\npassdb.0.args=uid=1\n").find("password=") != std::string::npos);
    CHECK(complaint("passdb.0.driver=passwd\n").find("/etc/shadow") != std::string::npos);
    CHECK(complaint("passdb.0.driver=sql\n").find("no driver of a passdb") != std::string::npos);
    CHECK(complaint("userdb.0.driver=sql\n").find("no driver of a userdb") != std::string::npos);
    CHECK(complaint("userdb.0.driver=passwd\nuserdb.0.args=blocking=no\n").find("takes no args") != std::string::npos);
    CHECK(complaint("auth_mechanisms=plain cram-md5\n").find("CRAM-MD5 is not built in") != std::string::npos);
    CHECK(complaint("auth_username_format=%Q\n").find("auth_username_format") == 0);
}

TEST_CASE("a master passdb is left out with a warning, pass and deny are understood") {
    const auto settings = read("passdb.0.driver=static\npassdb.0.args=password=x\npassdb.0.master=yes\n"
                               "passdb.1.driver=passwd-file\npassdb.1.args=/etc/deny\npassdb.1.deny=yes\n"
                               "passdb.2.driver=static\npassdb.2.args=nopassword=y\npassdb.2.pass=yes\n");
    REQUIRE(settings.passdbs.size() == 2);
    CHECK(settings.passdbs[0].deny);
    CHECK(settings.passdbs[1].rule.on_success == Then::go_on);
    CHECK(settings.warnings.size() == 1);
}

TEST_CASE("auth asks for no setting that it isn't told") {
    // A snapshot with its first line ends the process when one is asked for that this kind of service doesn't get.
    std::string text = "hearth-snapshot=auth\n";
    for (const auto& spec : hearth::config::global_settings()) {
        if ((spec.audience & hearth::config::for_auth) == 0) continue;
        text += std::string(spec.name) + "=" + std::string(spec.default_value) + "\n";
    }
    CHECK(read(text).failure_delay == std::chrono::seconds(2));
}

TEST_CASE("deny passdbs are asked first, wherever they stand") {
    const auto settings = read("passdb.0.driver=static\npassdb.0.args=password=x\n"
                               "passdb.1.driver=passwd-file\npassdb.1.args=/etc/deny\npassdb.1.deny=yes\n");
    REQUIRE(settings.passdbs.size() == 2);
    CHECK(settings.passdbs[0].deny);
    CHECK(settings.passdbs[0].label == "passdb 2 (passwd-file)");
}
