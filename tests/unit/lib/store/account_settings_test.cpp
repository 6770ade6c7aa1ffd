// SPDX-License-Identifier: Apache-2.0
#include "store/account_settings.hpp"

#include <doctest/doctest.h>

using namespace hearth;
using namespace hearth::store;

namespace {

Checked<store::AccountSettings> settings_of(std::string_view text, const std::string& own_location = "") {
    const auto snapshot = config::Snapshot::parse(text);
    REQUIRE(snapshot.has_value());
    return store::account_settings(*snapshot, "alice", "/home/alice", own_location);
}

} // namespace

TEST_CASE("the user's own mail location precedes the setting") {
    CHECK(settings_of("mail_location=maildir:~/Maildir\n")->location.root == "/home/alice/Maildir");
    CHECK(settings_of("mail_location=maildir:~/Maildir\n", "maildir:/var/mail/%u")->location.root == "/var/mail/alice");
}

TEST_CASE("names and special uses come from the namespace that has INBOX") {
    const auto settings = settings_of(
        "mail_location=maildir:~/Maildir\nnamespace.0.name=other\nnamespace.0.inbox=no\nnamespace.0.prefix=x/\n"
        "namespace.1.name=inbox\nnamespace.1.inbox=yes\nnamespace.1.prefix=INBOX/\nnamespace.1.separator=/\n"
        "namespace.1.mailbox.0.name=Sent\nnamespace.1.mailbox.0.special_use=\\\\Sent\nnamespace.1.mailbox.1.name="
        "Plain\n");
    REQUIRE(settings.has_value());
    CHECK(settings->names.prefix == "INBOX/");
    CHECK(settings->names.separator == '/');
    CHECK(settings->special_use == std::map<std::string, std::string>{{"INBOX/Sent", "\\Sent"}});
}

TEST_CASE("a location that isn't served is refused with a sentence") {
    const auto settings = settings_of("mail_location=mbox:~/mail\n");
    REQUIRE(settings.has_error());
    CHECK(!settings.error().text.empty());
}
