// SPDX-License-Identifier: Apache-2.0
#include "maildir_fixture.hpp"

#include <fcntl.h>
#include <poll.h>

using namespace hearth;
using namespace hearth::store;

TEST_CASE("opening gives UIDs in the order of delivery and moves new mail to cur") {
    Maildir disk;
    disk.deliver("20.b.host");
    disk.deliver("3.a.host");
    disk.deliver("100.c.host:2,FS", "x", "cur/");
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    CHECK(uids(*inbox) == Uids{1, 2, 3});
    CHECK(inbox->uidnext() == 4);
    CHECK(inbox->uidvalidity() != 0);
    CHECK(inbox->rows()[0].recent);
    CHECK(inbox->rows()[1].recent);
    CHECK_FALSE(inbox->rows()[2].recent);
    CHECK(inbox->rows()[2].flags.has(mail::Flag::flagged));
    CHECK(disk.has("cur/3.a.host:2,"));
    CHECK_FALSE(disk.has("new/3.a.host"));
    CHECK(disk.read("dovecot-uidlist").find("\n1 :3.a.host\n2 :20.b.host\n3 :100.c.host\n") != std::string::npos);
    CHECK_FALSE(disk.has("dovecot-uidlist.lock"));
    CHECK(disk.warnings.empty());
}

TEST_CASE("two accounts on the same mail agree on UIDs, whoever comes first") {
    Maildir disk;
    MaildirAccount one(disk.settings()), two(disk.settings());
    disk.deliver("1.a");
    const auto first = open_or_fail(one, "INBOX"), second = open_or_fail(two, "INBOX");
    disk.deliver("2.b");
    CHECK(sync(*first)->arrived == Uids{2});
    disk.deliver("3.c");
    CHECK(sync(*second)->arrived == Uids{2, 3});
    CHECK(sync(*first)->arrived == Uids{3});
    CHECK(first->uidvalidity() == second->uidvalidity());
    for (std::size_t i = 0; i < 3; ++i)
        CHECK(first->rows()[i].message == second->rows()[i].message);
    CHECK(Uidlist::parse(disk.read("dovecot-uidlist"))->records.size() == 3);
}

TEST_CASE("only the session that took a message from new sees it as recent") {
    Maildir disk;
    disk.deliver("1.a");
    MaildirAccount account(disk.settings());
    const auto examine = open_or_fail(account, "INBOX", true);
    CHECK(examine->rows()[0].recent);
    CHECK(disk.has("new/1.a"));
    const auto first = open_or_fail(account, "INBOX");
    CHECK(first->rows()[0].recent);
    const auto second = open_or_fail(account, "INBOX");
    CHECK_FALSE(second->rows()[0].recent);
    disk.deliver("2.b");
    CHECK(sync(*second)->arrived == Uids{2});
    CHECK(second->rows()[1].recent);
    CHECK(sync(*first)->arrived == Uids{2});
    CHECK_FALSE(first->rows()[1].recent);
    CHECK(first->rows()[0].recent);
}

TEST_CASE("a view changes only in sync") {
    Maildir disk;
    disk.deliver("1.a");
    MaildirAccount account(disk.settings());
    const auto first = open_or_fail(account, "INBOX"), second = open_or_fail(account, "INBOX");
    disk.deliver("2.b");
    static_cast<void>(sync(*second));
    const std::vector<std::uint32_t> one{1};
    REQUIRE(second->add_seen(one).has_value());
    CHECK(uids(*first) == Uids{1});
    CHECK(first->uidnext() == 2);
    CHECK_FALSE(first->rows()[0].flags.has(mail::Flag::seen));
    const auto changes = sync(*first);
    CHECK(changes->arrived == Uids{2});
    CHECK(changes->flags_changed == Uids{1});
    CHECK(first->rows()[0].flags.has(mail::Flag::seen));
}

TEST_CASE("what other programs rename, delete and deliver shows in sync") {
    Maildir disk;
    for (const auto* name : {"1.a:2,", "2.b:2,", "3.c:2,S"})
        disk.deliver(name, "x\n", "cur/");
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    CHECK(sync(*inbox)->empty());
    disk.rename("cur/1.a:2,", "cur/1.a:2,FR");
    disk.remove("cur/2.b:2,");
    disk.deliver("4.d");
    const auto changes = sync(*inbox);
    REQUIRE(changes.has_value());
    CHECK(changes->vanished == Uids{2});
    CHECK(changes->arrived == Uids{4});
    CHECK(changes->flags_changed == Uids{1});
    CHECK(uids(*inbox) == Uids{1, 3, 4});
    CHECK(inbox->rows()[0].flags.has(mail::Flag::answered));
    CHECK(sync(*inbox)->empty());
}

TEST_CASE("a message that vanished and came back keeps its UID") {
    Maildir disk;
    disk.deliver("1.a:2,", "x\n", "cur/");
    disk.deliver("2.b:2,", "x\n", "cur/");
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    disk.rename("cur/2.b:2,", "tmp/kept");
    CHECK(sync(*inbox)->vanished == Uids{2});
    disk.rename("tmp/kept", "cur/2.b:2,S");
    CHECK(sync(*inbox)->arrived == Uids{2});
    CHECK(uids(*inbox) == Uids{1, 2});
}

TEST_CASE("a message that comes back below others is for the next session: this one's numbers stay") {
    Maildir disk;
    for (const auto* name : {"1.a:2,", "2.b:2,", "3.c:2,"})
        disk.deliver(name, "x\n", "cur/");
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    disk.rename("cur/2.b:2,", "away");
    CHECK(sync(*inbox)->vanished == Uids{2});
    disk.rename("away", "cur/2.b:2,");
    CHECK(sync(*inbox)->arrived.empty());
    disk.deliver("4.d:2,", "x\n", "cur/");
    CHECK(sync(*inbox)->arrived == Uids{4});
    CHECK(uids(*inbox) == Uids{1, 3, 4});
    CHECK(uids(*open_or_fail(account, "INBOX")) == Uids{1, 2, 3, 4});
}

TEST_CASE("directories that haven't changed for long aren't read again") {
    Maildir disk;
    disk.deliver("1.a:2,", "x\n", "cur/");
    MaildirAccount account(disk.settings());
    disk.age();
    const auto inbox = open_or_fail(account, "INBOX");
    disk.deliver("2.b:2,", "x\n", "cur/");
    disk.age(); // the same old time: nothing to be seen
    CHECK(sync(*inbox)->empty());
    disk.deliver("3.c:2,", "x\n", "cur/");
    CHECK(sync(*inbox)->arrived == Uids{2, 3});
}

TEST_CASE("UIDs that another program appended are taken from the uidlist") {
    Maildir disk;
    disk.deliver("1.a:2,", "x\n", "cur/");
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    disk.deliver("2.b:2,", "x\n", "cur/");
    disk.write("dovecot-uidlist", disk.read("dovecot-uidlist") + "10 W77 Gsomewhere-else :2.b\n");
    CHECK(sync(*inbox)->arrived == Uids{10});
    CHECK(inbox->uidnext() == 11);
    CHECK(inbox->size(10).value() == 77);
}

TEST_CASE("a file whose flags change elsewhere is still found and read") {
    Maildir disk;
    disk.deliver("1.a:2,", "Subject: s\n\nbody\n", "cur/");
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    disk.rename("cur/1.a:2,", "cur/1.a:2,S");
    const auto message = inbox->message(1);
    REQUIRE(message.has_value());
    CHECK((*message)->bytes() == "Subject: s\r\n\r\nbody\r\n");
    CHECK(sync(*inbox)->flags_changed == Uids{1});
}

TEST_CASE("a message that is gone is expunged, and so is one that never was") {
    Maildir disk;
    disk.deliver("1.a:2,", "x\n", "cur/");
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    disk.remove("cur/1.a:2,");
    CHECK(inbox->message(1).error() == make_error_code(Error::expunged));
    CHECK(inbox->size(1).error() == make_error_code(Error::expunged));
    CHECK(inbox->envelope(1).error() == make_error_code(Error::expunged));
    CHECK(inbox->message(2).error() == make_error_code(Error::expunged));
    CHECK(uids(*inbox) == Uids{1});
    CHECK(sync(*inbox)->vanished == Uids{1});
}

TEST_CASE("sizes count CRLF line ends, from the name where it tells them") {
    Maildir disk;
    disk.deliver("1.a:2,", "a\nb\r\n\n", "cur/");
    disk.deliver("2.b,S=1,W=1234:2,", "a\n", "cur/");
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    CHECK(inbox->size(1).value() == 8);
    CHECK(inbox->size(1).value() == (*inbox->message(1))->bytes().size());
    CHECK(inbox->size(2).value() == 1234);
}

TEST_CASE("the internal date is the file's time") {
    Maildir disk;
    disk.deliver("1.a:2,", "x\n", "cur/");
    const timespec times[2] = {{5, 0}, {86400, 0}};
    REQUIRE(::utimensat(AT_FDCWD, (disk.path / "cur/1.a:2,").c_str(), times, 0) == 0);
    MaildirAccount account(disk.settings());
    CHECK(open_or_fail(account, "INBOX")->rows()[0].internal_date == 86400);
}

TEST_CASE("add_seen writes the letter and shows at once") {
    Maildir disk;
    for (const auto* name : {"1.a:2,F", "2.b:2,S", "3.c:2,"})
        disk.deliver(name, "x\n", "cur/");
    disk.deliver("4.d");
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    disk.rename("cur/3.c:2,", "cur/3.c:2,R");
    const std::vector<std::uint32_t> wanted{4, 3, 1, 2, 99};
    REQUIRE(inbox->add_seen(wanted).has_value());
    for (const auto& row : inbox->rows())
        CHECK(row.flags.has(mail::Flag::seen));
    CHECK(disk.has("cur/1.a:2,FS"));
    CHECK(disk.has("cur/3.c:2,RS"));
    CHECK(disk.has("cur/4.d:2,S"));
    CHECK(inbox->rows()[3].recent);
    CHECK_FALSE(inbox->rows()[2].flags.has(mail::Flag::answered)); // the R that somebody else had set
    CHECK(sync(*inbox)->flags_changed == Uids{3});
    CHECK(inbox->rows()[2].flags.has(mail::Flag::answered));
    CHECK(inbox->rows()[3].recent);
    CHECK(sync(*inbox)->empty());
}

TEST_CASE("add_seen is refused in a mailbox that was opened read-only") {
    Maildir disk;
    disk.deliver("1.a:2,", "x\n", "cur/");
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX", true);
    const std::vector<std::uint32_t> one{1};
    CHECK(inbox->read_only());
    CHECK(inbox->add_seen(one).error() == make_error_code(Error::not_permitted));
    CHECK(disk.has("cur/1.a:2,"));
}

TEST_CASE("keywords come from dovecot-keywords, also when it changes later") {
    Maildir disk;
    disk.write("dovecot-keywords", "0 $Forwarded\n1 Junk\n");
    disk.deliver("1.a:2,Sb", "x\n", "cur/");
    disk.deliver("2.b:2,c", "x\n", "cur/");
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    REQUIRE(inbox->keywords().size() == 2);
    CHECK(inbox->keywords()[1] == "Junk");
    CHECK(inbox->rows()[0].keywords == 0b10);
    CHECK(inbox->rows()[1].keywords == 0);
    disk.write("dovecot-keywords", "0 $Forwarded\n1 Junk\n2 $Label1\n");
    const auto changes = sync(*inbox);
    CHECK(changes->keywords_added);
    CHECK(changes->flags_changed == Uids{2});
    CHECK(inbox->rows()[1].keywords == 0b100);
}

TEST_CASE("envelopes come from the header alone, long headers too") {
    Maildir disk;
    disk.deliver("1.a:2,", "Subject: one\nFrom: a@b\n\nSubject: not this\n", "cur/");
    disk.deliver("2.b:2,", "X: " + std::string(40000, 'x') + "\nSubject: two\n\nbody\n", "cur/");
    disk.deliver("3.c:2,", "Subject: three", "cur/");
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    CHECK((*inbox->envelope(1))->subject == "one");
    CHECK((*inbox->envelope(2))->subject == "two");
    CHECK((*inbox->envelope(3))->subject == "three");
    for (const std::uint32_t uid : {1U, 2U, 3U})
        CHECK(**inbox->envelope(uid) == (*inbox->message(uid))->envelope());
}

TEST_CASE("the watch becomes readable for a delivery and is cleared") {
    Maildir disk;
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    const int fd = inbox->watch_descriptor();
    REQUIRE(fd >= 0);
    CHECK(inbox->watch_descriptor() == fd);
    pollfd watched{fd, POLLIN, 0};
    CHECK(::poll(&watched, 1, 0) == 0);
    disk.deliver("1.a");
    CHECK(::poll(&watched, 1, 5000) == 1);
    inbox->clear_watch();
    CHECK(::poll(&watched, 1, 0) == 0);
    disk.rename("new/1.a", "cur/1.a:2,S");
    CHECK(::poll(&watched, 1, 5000) == 1);
}

TEST_CASE("things in cur that are no mail are left alone and never wait") {
    Maildir disk;
    disk.deliver("1.a:2,", "x\n", "cur/");
    std::filesystem::create_directories(disk.path / "cur/2.directory");
    REQUIRE(::mkfifo((disk.path / "cur/3.fifo").c_str(), 0600) == 0);
    std::filesystem::create_symlink("/etc/passwd", disk.path / "cur/4.link");
    disk.write("cur/.hidden", "x");
    disk.write("cur/:2,S", "x");
    disk.write("cur/5.line\nend", "x");
    MaildirAccount account(disk.settings());
    CHECK(uids(*open_or_fail(account, "INBOX")) == Uids{1});
}

TEST_CASE("a mail that turns into a link or a pipe isn't read") {
    Maildir disk;
    disk.deliver("1.a:2,", "x\n", "cur/");
    disk.deliver("2.b:2,", "x\n", "cur/");
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    disk.remove("cur/1.a:2,");
    disk.remove("cur/2.b:2,");
    std::filesystem::create_symlink("/etc/passwd", disk.path / "cur/1.a:2,");
    REQUIRE(::mkfifo((disk.path / "cur/2.b:2,").c_str(), 0600) == 0);
    CHECK_FALSE(inbox->message(1).has_value());
    CHECK_FALSE(inbox->message(2).has_value());
}
