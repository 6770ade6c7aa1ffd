// SPDX-License-Identifier: Apache-2.0
#include "maildir_fixture.hpp"

using namespace hearth;
using namespace hearth::store;

namespace {

std::string describe(const MailboxInfo& info) {
    return info.name + (info.selectable ? "" : " noselect") + (info.has_children ? " children" : "") +
           (info.subscribed ? " subscribed" : "") + (info.exists ? "" : " missing") +
           (info.special_use.empty() ? "" : " " + info.special_use);
}

std::vector<std::string> listed(Account& account) {
    std::vector<std::string> lines;
    const auto mailboxes = account.list();
    REQUIRE(mailboxes.has_value());
    for (const auto& info : *mailboxes)
        lines.push_back(describe(info));
    return lines;
}

using Lines = std::vector<std::string>;

} // namespace

TEST_CASE("list shows folders, missing parents, subscriptions and uses, in order of names") {
    Maildir disk;
    for (const auto* folder : {".Sent", ".Archive.2024", ".Entw&APw-rfe"})
        disk.make(folder);
    std::filesystem::create_directories(disk.path / "hearth");
    std::filesystem::create_directories(disk.path / "plain/cur");
    std::filesystem::create_directories(disk.path / ".bad&name/cur");
    disk.write("subscriptions", "V\t2\n\nINBOX\nArchive\t2024\ngone\n");
    auto settings = disk.settings();
    settings.special_use["Sent"] = "\\Sent";
    MaildirAccount account(std::move(settings));
    CHECK(listed(account) == Lines{"Archive noselect children", "Archive.2024 subscribed", "Entw\xc3\xbcrfe",
                                 "INBOX subscribed", "Sent \\Sent", "gone noselect subscribed missing"});
}

TEST_CASE("the namespace's prefix and separator are those of the settings") {
    Maildir disk;
    disk.make(".Sent");
    disk.make(".a.b");
    auto settings = disk.settings();
    settings.names = {"INBOX/", '/'};
    MaildirAccount account(std::move(settings));
    CHECK(listed(account) == Lines{"INBOX children", "INBOX/Sent", "INBOX/a noselect children", "INBOX/a/b"});
    CHECK(open_or_fail(account, "INBOX/a/b")->rows().empty());
    CHECK(account.open("INBOX/a", false).error() == make_error_code(Error::not_selectable));
    CHECK(account.open("a/b", false).error() == make_error_code(Error::no_such_mailbox));
}

TEST_CASE("a new user's INBOX is made at the first use") {
    Maildir disk;
    auto settings = disk.settings();
    settings.location.root = settings.location.inbox = settings.location.control =
        (disk.path / "home/new/Maildir").string();
    MaildirAccount account(std::move(settings));
    CHECK(listed(account) == Lines{"INBOX"});
    CHECK(open_or_fail(account, "inbox")->rows().empty());
    CHECK(disk.has("home/new/Maildir/cur"));
    CHECK(disk.has("home/new/Maildir/tmp"));
    struct stat status {};
    REQUIRE(::stat((disk.path / "home/new").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0700);
}

TEST_CASE("control files and INBOX may be elsewhere") {
    Maildir disk;
    disk.make("box");
    disk.make("mail/.Sent");
    disk.deliver("1.a", "x\n", "new/", "box");
    auto settings = disk.settings();
    settings.location.root = (disk.path / "mail").string();
    settings.location.inbox = (disk.path / "box").string();
    settings.location.control = (disk.path / "control").string();
    MaildirAccount account(std::move(settings));
    CHECK(uids(*open_or_fail(account, "INBOX")) == Uids{1});
    static_cast<void>(open_or_fail(account, "Sent"));
    CHECK(disk.has("control/dovecot-uidlist"));
    CHECK(disk.has("control/.Sent/dovecot-uidlist"));
    CHECK_FALSE(disk.has("box/dovecot-uidlist"));
}

TEST_CASE("symbolic links below the root lead nowhere") {
    Maildir disk, other;
    other.deliver("1.secret:2,", "x\n", "cur/");
    std::filesystem::create_symlink(other.path, disk.path / ".link");
    MaildirAccount account(disk.settings());
    CHECK(listed(account) == Lines{"INBOX"});
    CHECK(account.open("link", true).error() == make_error_code(Error::not_permitted));
    CHECK(disk.warned("symbolic links"));
    disk.make(".box");
    std::filesystem::remove_all(disk.path / ".box/cur");
    std::filesystem::create_symlink(other.path / "cur", disk.path / ".box/cur");
    CHECK_FALSE(account.open("box", true).has_value());
}

TEST_CASE("names that aren't there, and names that can't be") {
    Maildir disk;
    MaildirAccount account(disk.settings());
    for (const auto* name : {"x", "", "..", "../x", "a/b", "a..b", "a\xff", "\x01"})
        CHECK_MESSAGE(account.open(name, true).error() == make_error_code(Error::no_such_mailbox), name);
    std::filesystem::create_directories(disk.path / ".nocur");
    CHECK(account.open("nocur", true).error() == make_error_code(Error::not_selectable));
}

TEST_CASE("status counts without taking new mail") {
    Maildir disk;
    disk.make(".Box");
    disk.deliver("1.a:2,S", "x\n", "cur/", ".Box");
    disk.deliver("2.b:2,", "x\n", "cur/", ".Box");
    disk.deliver("3.c", "x\n", "new/", ".Box");
    MaildirAccount account(disk.settings());
    const auto status = patiently([&] { return account.status("Box"); });
    REQUIRE(status.has_value());
    CHECK(status->messages == 3);
    CHECK(status->unseen == 2);
    CHECK(status->recent == 1);
    CHECK(status->uidnext == 4);
    CHECK(status->uidvalidity == open_or_fail(account, "Box")->uidvalidity());
    CHECK(patiently([&] { return account.status("Box"); })->recent == 0);
    CHECK(patiently([&] { return account.status("nope"); }).error() == make_error_code(Error::no_such_mailbox));
}

TEST_CASE("nothing of a session is left for the next one") {
    Maildir disk;
    disk.deliver("1.a");
    MaildirAccount account(disk.settings());
    {
        const auto inbox = open_or_fail(account, "INBOX");
        CHECK(inbox->rows()[0].recent);
        CHECK(inbox->watch_descriptor() >= 0);
    }
    account.went_idle();
    const auto inbox = open_or_fail(account, "INBOX");
    CHECK_FALSE(inbox->rows()[0].recent);
    CHECK_FALSE(inbox->read_only());
}

TEST_CASE("a warm account notices that a folder was deleted and made again") {
    Maildir disk;
    disk.make(".Box");
    disk.deliver("1.a:2,", "x\n", "cur/", ".Box");
    MaildirAccount account(disk.settings());
    CHECK(uids(*open_or_fail(account, "Box")) == Uids{1});
    disk.rename(".Box", ".Other");
    CHECK(account.open("Box", true).error() == make_error_code(Error::no_such_mailbox));
    disk.make(".Box");
    CHECK(open_or_fail(account, "Box")->rows().empty());
    CHECK(uids(*open_or_fail(account, "Other")) == Uids{1});
}

TEST_CASE("more folders than are kept warm work all the same") {
    Maildir disk;
    MaildirAccount account(disk.settings());
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < 20; ++i) {
            const auto name = "f" + std::to_string(i);
            if (round == 0) disk.make("." + name);
            if (round == 0) disk.deliver("1.a:2,", "x\n", "cur/", "." + name);
            CHECK(uids(*open_or_fail(account, name)) == Uids{1});
        }
        account.went_idle();
    }
}

TEST_CASE("with LAYOUT=fs a dot in the name of a subscribed mailbox is one") {
    Maildir disk;
    disk.make("v1.0/sub");
    disk.write("subscriptions", "V\t2\n\nv1.0\tsub\n");
    auto settings = disk.settings();
    settings.location.layout = Layout::fs;
    settings.names = {"", '/'};
    MaildirAccount account(std::move(settings));
    CHECK(listed(account) == Lines{"INBOX", "v1.0 noselect children", "v1.0/sub subscribed"});
    REQUIRE(patiently([&] { return account.subscribe("v1.0/sub", false); }).has_value());
    REQUIRE(patiently([&] { return account.subscribe("a.b/c", true); }).has_value());
    CHECK(disk.read("subscriptions") == "V\t2\n\na.b\tc\n");
}

TEST_CASE("the index's directory is a mailbox to nobody") {
    Maildir disk;
    auto settings = disk.settings();
    SUBCASE("Maildir++: its name has no dot") {
        MaildirAccount account(std::move(settings));
        static_cast<void>(open_or_fail(account, "INBOX"));
        CHECK(disk.has("hearth/index.db"));
        CHECK_FALSE(disk.has(".hearth"));
    }
    SUBCASE("LAYOUT=fs: it has one") {
        settings.location.layout = Layout::fs;
        settings.names = {"", '/'};
        MaildirAccount account(std::move(settings));
        static_cast<void>(open_or_fail(account, "INBOX"));
        CHECK(disk.has(".hearth/index.db"));
        CHECK(listed(account) == Lines{"INBOX"});
    }
}
