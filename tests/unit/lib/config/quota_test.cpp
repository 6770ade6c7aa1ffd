// SPDX-License-Identifier: Apache-2.0
#include "config/quota_rule.hpp"
#include "tests/unit/lib/config/loading.hpp"

#include <doctest/doctest.h>

using namespace hearth::config;

namespace {

std::string limits_of(std::string_view text) {
    const auto settings = good(std::string(text));
    return std::string(settings.text("quota_root")) + "|" + std::string(settings.text("quota_storage_size")) + "|" +
           std::string(settings.text("quota_message_count")) + "|" + std::string(settings.text("quota_mail_size"));
}

} // namespace

TEST_CASE("quota rules have Dovecot's units") {
    const auto rule = parse_quota_rule("*:storage=1G:messages=1000");
    REQUIRE(rule.has_value());
    CHECK(rule->is_for_all());
    CHECK(rule->bytes == std::uint64_t{1} << 30);
    CHECK(rule->messages == 1000);
    CHECK(parse_quota_rule("*:storage=10")->bytes == 10240);
    CHECK(parse_quota_rule("*:storage=5 MB")->bytes == 5 << 20);
    CHECK(parse_quota_rule("?:bytes=10")->bytes == 10);
    CHECK(parse_quota_rule("?:bytes=0")->bytes == 0);
    CHECK(parse_quota_rule("Trash:storage=+10%%")->is_relative);
    CHECK(parse_quota_rule("Trash:storage=+100M")->mailbox == "Trash");
    CHECK(parse_quota_rule("Junk:ignore")->is_ignored);
    for (const auto* wrong : {"", "*", ":storage=1", "*:", "*:storage", "*:storage=x", "*:size=1",
             "*:storage=99999999999999T", "*:messages=1K", "*:storage=1X"})
        CHECK_FALSE(parse_quota_rule(wrong).has_value());
}

TEST_CASE("quota can be set as in Dovecot 2.3, as in 2.4, and plainly") {
    CHECK(limits_of("") == "|unlimited|unlimited|128M");
    CHECK(limits_of(
              "mail_plugins = quota\nplugin {\n quota = maildir:User quota\n quota_rule = *:storage=1G:messages=1000\n"
              " quota_max_mail_size = 50M\n}\n") == "User quota|1G|1000|50M");
    CHECK(limits_of("plugin {\n quota = maildir\n quota_rule = *:bytes=10M\n quota_rule2 = *:messages=5\n}\n"
                    "protocol imap { mail_plugins = $mail_plugins imap_quota quota }\n") == "User quota|10M|5|128M");
    CHECK(limits_of("quota \"The quota\" {\n driver = count\n storage_size = 2G\n quota_message_count = 7\n}\n") ==
          "The quota|2G|7|128M");
    CHECK(limits_of("quota_storage_size = 3M\nquota_mail_size = 1M\n") == "|3M|unlimited|1M");
    // As in Dovecot: without the plugin there are no limits.
    CHECK(limits_of("plugin {\n quota = maildir\n quota_rule = *:bytes=10M\n}\n") == "|unlimited|unlimited|128M");
    CHECK(limits_of("mail_plugins = quota\nplugin {\n quota_rule = *:bytes=10M\n}\n") == "|unlimited|unlimited|128M");
    CHECK(limits_of("mail_plugins = quota\nplugin {\n quota = maildir\n quota_rule = *:bytes=0\n}\n") ==
          "User quota|unlimited|unlimited|128M");
}

TEST_CASE("what of a quota isn't built is refused where it narrows, and noted where it doesn't") {
    for (const std::string line : {"quota_rule = *:storage=x", "quota_rule = *:storage=+1G",
             "quota_rule2 = Junk:ignore", "quota_rule2 = Trash:storage=100M", "quota2 = maildir:Other",
             "quota = imapc:Remote", "quota = maildir:U:noenforcing", "quota_max_mail_size = huge"}) {
        CAPTURE(line);
        const auto loaded = load_text("mail_plugins = quota\nplugin {\n quota = maildir:User\n " + line + "\n}\n");
        REQUIRE(loaded.errors.size() == 1);
        CHECK(!loaded.errors[0].hint.empty());
        CHECK(loaded.errors[0].line.find(line) != std::string::npos);
    }
    CHECK(notes_of("mail_plugins = quota\nplugin {\n quota = count:User\n quota_rule2 = Trash:storage=+10%%\n"
                   " quota_warning = storage=95%% quota-warning 95 %u\n quota_grace = 10%%\n}\n")
              .find("counted in the maildirsize file") != std::string::npos);
    CHECK(load_text("plugin {\n zlib_save = bz2\n}\n").errors.size() == 1);
    CHECK(load_text("mail_plugins = zlib\nplugin {\n zlib_save = gz\n}\n").errors.empty());
    CHECK(load_text("quota_storage_size = 1M\nmail_plugins = quota\nplugin {\n quota = maildir\n quota_rule = "
                    "*:storage=2M\n}\n")
              .errors.size() == 1);
}
