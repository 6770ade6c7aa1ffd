// SPDX-License-Identifier: Apache-2.0
// \Recent (RFC 3501 section 2.3.2): one session gets each message, wherever it came from.
#include "maildir_fixture.hpp"

using namespace hearth;
using namespace hearth::store;

namespace {

Uids recent(const Mailbox& mailbox) {
    Uids uids;
    for (const auto& row : mailbox.rows())
        if (row.recent) uids.push_back(row.uid);
    CHECK(mailbox.recent_count() == uids.size());
    return uids;
}

void append(Account& account, std::string_view mailbox) {
    const auto intake = patiently([&] { return account.intake(mailbox); });
    REQUIRE(intake.has_value());
    REQUIRE((*intake)->begin({}).has_value());
    REQUIRE((*intake)->write("Subject: x\r\n\r\nbody\r\n").has_value());
    REQUIRE((*intake)->finish().has_value());
    REQUIRE(patiently([&] { return (*intake)->commit(); }).has_value());
}

std::uint32_t recent_in_status(Account& account, std::string_view mailbox) {
    return patiently([&] { return account.status(mailbox); })->recent;
}

} // namespace

TEST_CASE("what is appended is recent for the first session that may write, and for no other") {
    Maildir disk;
    MaildirAccount account(disk.settings()), other(disk.settings());
    append(account, "INBOX");
    append(account, "INBOX");
    CHECK(recent_in_status(account, "INBOX") == 2);
    const auto looker = open_or_fail(other, "INBOX", true);
    CHECK(recent(*looker) == Uids{1, 2});
    const auto first = open_or_fail(other, "INBOX"), second = open_or_fail(account, "INBOX");
    CHECK(recent(*first) == Uids{1, 2});
    CHECK(recent(*second).empty());
    CHECK(recent_in_status(account, "INBOX") == 0);
    CHECK(recent(*open_or_fail(account, "INBOX", true)).empty());
}

TEST_CASE("a session that is open claims what comes, if it is the first to look") {
    Maildir disk;
    MaildirAccount account(disk.settings());
    const auto first = open_or_fail(account, "INBOX"), second = open_or_fail(account, "INBOX");
    append(account, "INBOX");
    CHECK(sync(*second)->arrived == Uids{1});
    CHECK(sync(*first)->arrived == Uids{1});
    append(account, "INBOX");
    disk.deliver("5.x");
    CHECK(sync(*first)->arrived == Uids{2, 3});
    CHECK(sync(*second)->arrived == Uids{2, 3});
    CHECK(recent(*first) == Uids{2, 3});
    CHECK(recent(*second) == Uids{1});
}

TEST_CASE("copies are recent in their mailbox, and a file that others put into cur is too") {
    Maildir disk;
    disk.make(".Box");
    disk.deliver("1.a:2,S", "x\n", "cur/");
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    CHECK(recent(*inbox).empty());
    CHECK(recent(*open_or_fail(account, "Box")).empty());
    const auto intake = patiently([&] { return account.intake("Box"); });
    REQUIRE((*intake)->take(*inbox, 1).has_value());
    REQUIRE(patiently([&] { return (*intake)->commit(); }).has_value());
    disk.deliver("7.z:2,S", "x\n", "cur/", ".Box");
    CHECK(recent(*open_or_fail(account, "Box")) == Uids{1, 2});
    CHECK(recent(*open_or_fail(account, "Box")).empty());
}

TEST_CASE("a new index makes nothing recent but what lies in new, and knows no claims that were not made") {
    Maildir disk;
    disk.deliver("1.a", "x\n", "new/");
    disk.deliver("2.b:2,S", "x\n", "cur/");
    disk.deliver("3.c", "x\n", "new/");
    MaildirAccount account(disk.settings());
    CHECK(recent_in_status(account, "INBOX") == 2);
    CHECK(recent(*open_or_fail(account, "INBOX", true)) == Uids{1, 3});
    CHECK(recent_in_status(account, "INBOX") == 2);
    CHECK(recent(*open_or_fail(account, "INBOX")) == Uids{1, 3});
    CHECK(recent(*open_or_fail(account, "INBOX")).empty());
}

TEST_CASE("what is expunged unseen isn't counted as recent any more") {
    Maildir disk;
    MaildirAccount account(disk.settings());
    append(account, "INBOX");
    append(account, "INBOX");
    {
        MaildirAccount other(disk.settings());
        const auto looker = open_or_fail(other, "INBOX", true);
        disk.remove("cur/" + std::filesystem::directory_iterator(disk.path / "cur")->path().filename().string());
        disk.age();
        CHECK(sync(*looker)->vanished.size() == 1);
    }
    CHECK(recent_in_status(account, "INBOX") == 1);
}

TEST_CASE("the first unseen row is known without a walk, whatever flags do") {
    Maildir disk;
    for (int i = 1; i <= 6; ++i)
        disk.deliver(std::to_string(i) + ".m:2," + (i < 3 ? "S" : ""), "x\n", "cur/");
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    const auto check = [&] { CHECK(inbox->first_unseen() == inbox->Mailbox::first_unseen()); };
    check();
    FlagChange change;
    change.flags.set(mail::Flag::seen);
    for (const std::uint32_t uid : {3U, 5U, 4U, 6U}) {
        CHECK(patiently([&] { return inbox->change_flags(std::array{uid}, change); }).has_value());
        check();
    }
    CHECK(inbox->first_unseen() == 6);
    change.mode = FlagChange::Mode::remove;
    for (const std::uint32_t uid : {5U, 2U, 6U}) {
        CHECK(patiently([&] { return inbox->change_flags(std::array{uid}, change); }).has_value());
        check();
    }
    append(account, "INBOX");
    CHECK(sync(*inbox).has_value());
    check();
}
