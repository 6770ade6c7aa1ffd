// SPDX-License-Identifier: Apache-2.0
// What happens to UIDs when several processes, crashes and damage meet in one dovecot-uidlist.
#include "maildir_fixture.hpp"

#include <ctime>
#include <map>

using namespace hearth;
using namespace hearth::store;

namespace {

std::string guid_of(Mailbox& mailbox, std::uint32_t uid) {
    const auto facts = patiently([&] { return mailbox.facts(uid); });
    return facts ? facts->guid : "none";
}

} // namespace

TEST_CASE("four processes that deliver and look give every message one UID for ever") {
    Maildir disk;
    constexpr int processes = 4, deliveries = 50;
    std::vector<pid_t> children;
    for (int process = 0; process < processes; ++process) {
        const auto pid = ::fork();
        if (pid == 0) {
            bool good = true;
            std::map<std::string, std::uint32_t> seen; // by GUID
            MaildirAccount account(disk.settings());
            auto inbox = patiently([&] { return account.open("INBOX", false); });
            for (int i = 0; good && inbox && i < deliveries; ++i) {
                disk.deliver(std::to_string(1000 + i) + ".P" + std::to_string(process) + ".host");
                good = sync(**inbox).has_value();
                for (const auto& row : (*inbox)->rows())
                    good = good && seen.emplace(guid_of(**inbox, row.uid), row.uid).first->second == row.uid;
            }
            ::_exit(good && inbox ? 0 : 1);
        }
        children.push_back(pid);
    }
    for (const auto pid : children) {
        int status = 1;
        ::waitpid(pid, &status, 0);
        CHECK(status == 0);
    }
    const auto list = Uidlist::parse(disk.read("dovecot-uidlist"));
    REQUIRE(list.has_value());
    CHECK_FALSE(list->torn);
    CHECK(list->records.size() == processes * deliveries);
    std::set<std::string> bases;
    for (const auto& record : list->records)
        CHECK(bases.insert(record.base).second);
    MaildirAccount account(disk.settings());
    CHECK(open_or_fail(account, "INBOX")->rows().size() == processes * deliveries);
    CHECK_FALSE(disk.has("dovecot-uidlist.lock"));
    CHECK(disk.warnings.empty());
}

TEST_CASE("a damaged uidlist is set aside, and a higher UIDVALIDITY begins") {
    Maildir disk;
    disk.deliver("1.a:2,", "x\n", "cur/");
    disk.write("dovecot-uidlist", "3 V4000000000 N9 G00000000000000000000000000000000\n5 :1.a\ngarbage\n");
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    CHECK(uids(*inbox) == Uids{1});
    CHECK(inbox->uidvalidity() == 4000000001);
    CHECK(disk.warned("line 3"));
    CHECK(disk.warned("set aside"));
    int aside = 0;
    for (const auto& entry : std::filesystem::directory_iterator(disk.path))
        aside += entry.path().filename().string().starts_with("dovecot-uidlist.bad-") ? 1 : 0;
    CHECK(aside == 1);
}

TEST_CASE("no kind of damage stops a mailbox from being opened") {
    for (const std::string& text : {std::string(), std::string("\n"), std::string(5000, '\0'), std::string("3 V1 N1"),
             std::string("\xff\xfe\x00", 3)}) {
        Maildir disk;
        disk.deliver("1.a:2,", "x\n", "cur/");
        disk.write("dovecot-uidlist", text);
        MaildirAccount account(disk.settings());
        CHECK(uids(*open_or_fail(account, "INBOX")) == Uids{1});
        CHECK(Uidlist::parse(disk.read("dovecot-uidlist")).has_value());
    }
}

TEST_CASE("a new UIDVALIDITY is now, or above the counter that Dovecot left") {
    Maildir plain;
    MaildirAccount account(plain.settings());
    const auto before = static_cast<std::uint32_t>(::time(nullptr));
    CHECK(open_or_fail(account, "INBOX")->uidvalidity() >= before);
    Maildir counted;
    counted.write("dovecot-uidvalidity", "fffffff0");
    MaildirAccount other(counted.settings());
    CHECK(open_or_fail(other, "INBOX")->uidvalidity() == 0xfffffff1);
}

TEST_CASE("an open mailbox whose UIDs began anew must be opened again") {
    Maildir disk;
    disk.deliver("1.a:2,", "x\n", "cur/");
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    disk.remove("dovecot-uidlist");
    CHECK(sync(*inbox).error() == make_error_code(Error::corrupt));
    CHECK(open_or_fail(account, "INBOX")->uidvalidity() > inbox->uidvalidity());
}

TEST_CASE("a line that a crash left unfinished is replaced, its UID was never told") {
    Maildir disk;
    disk.deliver("1.a:2,", "x\n", "cur/");
    disk.deliver("2.b:2,", "x\n", "cur/");
    disk.write("dovecot-uidlist", "3 V7 N2 G00000000000000000000000000000000 Xkept\n1 W9 Zkept :1.a\n2 :2.");
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    CHECK(uids(*inbox) == Uids{1, 2});
    CHECK(inbox->uidvalidity() == 7);
    CHECK(disk.read("dovecot-uidlist") == "3 V7 N3 G00000000000000000000000000000000 Xkept\n1 W9 Zkept :1.a\n2 :2.b\n");
    CHECK(disk.warnings.empty());
}

TEST_CASE("the UID of the last message is not used again after it is gone") {
    Maildir disk;
    disk.deliver("1.a:2,", "x\n", "cur/");
    disk.deliver("2.b:2,", "x\n", "cur/");
    {
        MaildirAccount account(disk.settings());
        static_cast<void>(open_or_fail(account, "INBOX"));
    }
    disk.remove("cur/2.b:2,");
    disk.deliver("3.c:2,", "x\n", "cur/");
    MaildirAccount account(disk.settings());
    CHECK(uids(*open_or_fail(account, "INBOX")) == Uids{1, 3});
}

TEST_CASE("dead lines are removed when there are many, and nothing else changes") {
    Maildir disk;
    std::string text = "3 V7 N500 G00000000000000000000000000000000\n";
    for (int uid = 1; uid <= 400; ++uid)
        text += std::to_string(uid) + " Zx" + std::to_string(uid) + " :" + std::to_string(uid) + ".m\n";
    disk.write("dovecot-uidlist", text);
    for (int uid = 2; uid <= 400; uid += 2)
        disk.deliver(std::to_string(uid) + ".m:2,S", "x\n", "cur/");
    disk.deliver("9999.new");
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    CHECK(Uidlist::parse(disk.read("dovecot-uidlist"))->records.size() == 401); // one look is no proof
    disk.deliver("99999.more:2,", "x\n", "cur/");
    REQUIRE(sync(*inbox).has_value());
    const auto list = Uidlist::parse(disk.read("dovecot-uidlist")).value();
    CHECK(list.records.size() == 202);
    CHECK(list.records[0].line() == "2 Zx2 :2.m\n");
    CHECK(list.records.back().line() == "501 :99999.more\n");
    CHECK(list.uidnext == 502);
    CHECK(list.uidvalidity == 7);
    CHECK(inbox->rows().size() == 202);
}

TEST_CASE("a file that is listed twice has its later UID") {
    Maildir disk;
    disk.write("dovecot-uidlist", "3 V7 N4 G00000000000000000000000000000000\n1 :1.a\n3 :1.a\n");
    disk.deliver("1.a:2,", "x\n", "cur/");
    MaildirAccount account(disk.settings());
    CHECK(uids(*open_or_fail(account, "INBOX")) == Uids{3});
}

TEST_CASE("a lock that another process keeps says busy, and costs those who need no UID nothing") {
    Maildir disk;
    disk.deliver("1.a:2,", "x\n", "cur/");
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    disk.write("dovecot-uidlist.lock", "1:elsewhere.example");
    CHECK(sync(*inbox).has_value());
    disk.deliver("2.b:2,", "x\n", "cur/");
    CHECK(inbox->sync().error() == make_error_code(Error::busy));
    CHECK(uids(*inbox) == Uids{1});
    disk.remove("dovecot-uidlist.lock");
    CHECK(sync(*inbox)->arrived == Uids{2});
}

TEST_CASE("the uidlist may be read by those who may read the directory") {
    Maildir disk;
    REQUIRE(::chmod(disk.path.c_str(), 02770) == 0);
    MaildirAccount account(disk.settings());
    static_cast<void>(open_or_fail(account, "INBOX"));
    struct stat status {};
    REQUIRE(::stat((disk.path / "dovecot-uidlist").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0660);
}

TEST_CASE("mail that can't be written is shown with the UIDs it has") {
    Maildir disk;
    disk.deliver("1.a:2,", "x\n", "cur/");
    {
        MaildirAccount account(disk.settings());
        static_cast<void>(open_or_fail(account, "INBOX"));
    }
    disk.deliver("2.b");
    for (const auto* name : {"", "cur", "new"})
        REQUIRE(::chmod((disk.path / name).c_str(), 0555) == 0);
    for (const auto* name : {"dovecot-uidlist", "cur/1.a:2,"})
        REQUIRE(::chmod((disk.path / name).c_str(), 0444) == 0);
    const bool root = ::geteuid() == 0;
    CHECK(in_child(
        [&] {
            MaildirAccount account(disk.settings());
            const auto inbox = patiently([&] { return account.open("INBOX", false); });
            const std::vector<std::uint32_t> one{1};
            return inbox && (*inbox)->read_only() && uids(**inbox) == Uids{1} && (*inbox)->message(1).has_value() &&
                   (*inbox)->add_seen(one).error() == make_error_code(Error::not_permitted) &&
                   disk.warned("can't be written");
        },
        root));
    for (const auto* name : {"", "cur", "new"})
        REQUIRE(::chmod((disk.path / name).c_str(), 0755) == 0);
}

TEST_CASE("mail without uidlist that can't be written is numbered for the session") {
    Maildir disk;
    disk.deliver("2.b:2,", "x\n", "cur/");
    disk.deliver("1.a");
    for (const auto* name : {"", "cur", "new"})
        REQUIRE(::chmod((disk.path / name).c_str(), 0555) == 0);
    CHECK(in_child(
        [&] {
            MaildirAccount account(disk.settings());
            const auto inbox = patiently([&] { return account.open("INBOX", false); });
            return inbox && uids(**inbox) == Uids{1, 2} && sync(**inbox)->empty() &&
                   disk.warned("last for one session");
        },
        ::geteuid() == 0));
    for (const auto* name : {"", "cur", "new"})
        REQUIRE(::chmod((disk.path / name).c_str(), 0755) == 0);
    CHECK_FALSE(disk.has("dovecot-uidlist"));
}

TEST_CASE("a message that is listed while dead lines are about to be dropped keeps its UID") {
    Maildir disk;
    constexpr int dead = 150;
    for (int i = 1; i <= dead; ++i)
        disk.deliver(std::to_string(1000 + i) + ".a.host:2,", "x\n", "cur/");
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    for (int i = 1; i <= dead; ++i)
        disk.remove("cur/" + std::to_string(1000 + i) + ".a.host:2,");
    REQUIRE(sync(*inbox)->vanished.size() == dead);
    disk.write("dovecot-uidlist.lock", "1:elsewhere.example");
    disk.deliver("3000.new.host:2,", "x\n", "cur/");
    CHECK(inbox->sync().error() == make_error_code(Error::busy)); // the names are read by now
    disk.deliver("2000.late.host:2,", "x\n", "cur/");
    disk.write("dovecot-uidlist", disk.read("dovecot-uidlist") + "200 :2000.late.host\n");
    disk.remove("dovecot-uidlist.lock");
    CHECK(sync(*inbox)->arrived == std::vector<std::uint32_t>{200, 201});
    disk.deliver("4000.newer.host:2,", "x\n", "cur/");
    REQUIRE(sync(*inbox).has_value());
    CHECK(uids(*inbox) == std::vector<std::uint32_t>{200, 201, 202});
    CHECK(guid_of(*inbox, 200) == "2000.late.host");
    CHECK(disk.read("dovecot-uidlist").find("1001.a.host") == std::string::npos);
    CHECK(disk.warnings.empty());
}
