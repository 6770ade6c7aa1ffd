// SPDX-License-Identifier: Apache-2.0
// Mailboxes that are made, renamed and removed, and what an account may hold.
#include "maildir_changing.hpp"

using namespace hearth;
using namespace hearth::store;

TEST_CASE("mailboxes are made, renamed with those below, removed; uses and subscriptions are kept") {
    Maildir disk;
    MaildirAccount account(disk.settings());
    CHECK(account.create("INBOX", "").error() == make_error_code(Error::already_exists));
    CHECK(account.create("a..b", "").error() == make_error_code(Error::bad_name));
    REQUIRE(account.create("a", "\\Sent").has_value());
    REQUIRE(account.create("a.b.", "").has_value());
    CHECK(account.create("a", "").error() == make_error_code(Error::already_exists));
    CHECK(append(account, "a", {"x\r\n"}) == Uids{1});
    const auto id = open_or_fail(account, "a")->mailbox_id();
    const auto guid = open_or_fail(account, "a")->facts(1)->guid;
    const auto modseq = open_or_fail(account, "a")->highest_modseq();
    REQUIRE(patiently([&] { return account.rename("a", "z"); }).has_value());
    CHECK(account.open("a", true).error() == make_error_code(Error::no_such_mailbox));
    const auto renamed = open_or_fail(account, "z");
    CHECK(renamed->mailbox_id() == id);
    CHECK(renamed->facts(1)->guid == guid);
    CHECK(renamed->highest_modseq() == modseq);
    CHECK(open_or_fail(account, "z.b")->rows().empty());
    REQUIRE(patiently([&] { return account.subscribe("z", true); }).has_value());
    const auto mailboxes = patiently([&] { return account.list(); });
    REQUIRE(mailboxes->size() == 3);
    CHECK((*mailboxes)[1].name == "z");
    CHECK((*mailboxes)[1].special_use == "\\Sent");
    CHECK((*mailboxes)[1].subscribed);
    CHECK((*mailboxes)[1].has_children);
    REQUIRE(patiently([&] { return account.remove("z"); }).has_value());
    CHECK(account.open("z", true).error() == make_error_code(Error::not_selectable));
    CHECK(account.remove("nope").error() == make_error_code(Error::no_such_mailbox));
    CHECK(account.remove("INBOX").error() == make_error_code(Error::unsupported));
    REQUIRE(account.create("z", "").has_value());
    CHECK(open_or_fail(account, "z")->mailbox_id() != id);
    CHECK(open_or_fail(account, "z")->uidvalidity() != renamed->uidvalidity());
}

TEST_CASE("renaming INBOX moves its messages and leaves it empty") {
    Maildir disk;
    for (int i = 0; i < 250; ++i) disk.deliver(std::to_string(1000 + i) + ".a:2,S", "x\n", "cur/");
    MaildirAccount account(disk.settings());
    REQUIRE(patiently([&] { return account.rename("INBOX", "old"); }).has_value());
    CHECK(open_or_fail(account, "INBOX")->rows().empty());
    const auto old = open_or_fail(account, "old");
    CHECK(old->rows().size() == 250);
    CHECK(old->rows()[0].flags.has(mail::Flag::seen));
    CHECK(files_in(disk, "cur") == 0);
}

TEST_CASE("mailboxes that the settings ask for are made at the first use") {
    Maildir disk;
    auto settings = disk.settings();
    settings.automatic = {{"Trash", AutoMailbox::create}, {"Sent", AutoMailbox::subscribe}};
    MaildirAccount account(std::move(settings));
    const auto mailboxes = patiently([&] { return account.list(); });
    REQUIRE(mailboxes->size() == 3);
    CHECK((*mailboxes)[1].name == "Sent");
    CHECK((*mailboxes)[1].subscribed);
    CHECK((*mailboxes)[2].name == "Trash");
    CHECK_FALSE((*mailboxes)[2].subscribed);
}

TEST_CASE("the quota is counted, kept and enforced") {
    Maildir disk;
    auto settings = disk.settings();
    settings.quota.messages = 2;
    MaildirAccount account(std::move(settings));
    append(account, "INBOX", {"one\r\n", "two\r\n"});
    auto intake = account.intake("INBOX");
    CHECK(patiently([&] { return (*intake)->begin({}); }).error() == make_error_code(Error::over_quota));
    CHECK(patiently([&] { return account.quota(); })->messages == 2);
    const auto inbox = open_or_fail(account, "INBOX");
    expunge(*inbox, {1});
    const auto quota = patiently([&] { return account.quota(); });
    CHECK(quota->messages == 1);
    CHECK(quota->bytes == 4);
    CHECK(quota->messages_limit == 2);
}
