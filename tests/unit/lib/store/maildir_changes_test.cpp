// SPDX-License-Identifier: Apache-2.0
// What clients change: flags, keywords, messages that come and go.
#include "maildir_changing.hpp"

using namespace hearth;
using namespace hearth::store;

TEST_CASE("a new worker knows the letters of keywords that the worker before it has written") {
    Maildir disk;
    disk.deliver("1.a.host:2,S", "Subject: one\n\nx\n", "cur/");
    disk.deliver("2.b.host:2,S", "Subject: two\n\nx\n", "cur/");
    const std::vector<std::uint32_t> one{1}, two{2};
    FlagChange change;
    change.keywords = {"$Letter"};
    {
        MaildirAccount account(disk.settings());
        const auto mailbox = open_or_fail(account, "INBOX");
        REQUIRE(patiently([&] { return mailbox->change_flags(one, change); }).has_value());
        REQUIRE(disk.has("cur/1.a.host:2,Sa"));
    }
    MaildirAccount account(disk.settings());
    const auto mailbox = open_or_fail(account, "INBOX");
    SUBCASE("read in names that others change") {
        disk.rename("cur/2.b.host:2,S", "cur/2.b.host:2,Sa");
        REQUIRE(sync(*mailbox).has_value());
        CHECK(mailbox->rows()[1].keywords == 1);
    }
    SUBCASE("written into names") {
        REQUIRE(patiently([&] { return mailbox->change_flags(two, change); }).has_value());
        CHECK(disk.has("cur/2.b.host:2,Sa"));
    }
}

TEST_CASE("flags and keywords are stored in names, rows and modseqs") {
    Maildir disk;
    disk.deliver("1.a:2,F", "x\n", "cur/");
    disk.deliver("2.b", "x\n");
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX"), other = open_or_fail(account, "INBOX");
    const auto before = row(*inbox, 1).modseq;
    const auto outcome = store_flags(*inbox, {1, 2, 9}, flag_change(Mode::add, {mail::Flag::seen}, {"$Label1", "Junk"}));
    CHECK(outcome.changed == Uids{1, 2});
    CHECK(outcome.gone == Uids{9});
    CHECK(disk.has("cur/1.a:2,FSab"));
    CHECK(disk.has("cur/2.b:2,Sab"));
    CHECK(disk.read("dovecot-keywords") == "0 $Label1\n1 Junk\n");
    CHECK(row(*inbox, 1).keywords == 3);
    CHECK(row(*inbox, 1).modseq > before);
    CHECK(row(*inbox, 1).modseq == row(*inbox, 2).modseq);
    CHECK(inbox->keywords().size() == 2);
    CHECK(sync(*inbox)->empty());
    CHECK_FALSE(row(*other, 1).flags.has(mail::Flag::seen));
    CHECK(sync(*other)->flags_changed == Uids{1, 2});
    CHECK(other->rows()[0].keywords == 3);
    store_flags(*other, {1}, flag_change(Mode::replace, {mail::Flag::deleted}, {"junk"}));
    CHECK(disk.has("cur/1.a:2,Tb"));
    store_flags(*other, {1}, flag_change(Mode::remove, {mail::Flag::deleted}, {"JUNK", "unknown"}));
    CHECK(disk.has("cur/1.a:2,"));
}

// Dovecot reads cur/ under that lock: from then on a rename by others could hide a file from it, which it would take for
// expunged, and give another UID when it sees it again.
TEST_CASE("no file is renamed while somebody has the lock of dovecot-uidlist") {
    Maildir disk;
    disk.deliver("1.a.host:2,", "x\n", "cur/");
    MaildirAccount account(disk.settings());
    const auto mailbox = open_or_fail(account, "INBOX");
    const Uids one{1};
    const auto seen = flag_change(Mode::add, {mail::Flag::seen});
    disk.write("dovecot-uidlist.lock", "1:elsewhere.example");
    CHECK(mailbox->change_flags(one, seen).error() == make_error_code(Error::busy));
    CHECK(disk.has("cur/1.a.host:2,"));
    disk.remove("dovecot-uidlist.lock");
    CHECK(store_flags(*mailbox, one, seen).changed == one);
    CHECK(disk.has("cur/1.a.host:2,S"));
    CHECK_FALSE(disk.has("dovecot-uidlist.lock"));
}

TEST_CASE("UNCHANGEDSINCE leaves messages alone that changed later") {
    Maildir disk;
    disk.deliver("1.a:2,", "x\n", "cur/");
    disk.deliver("2.b:2,", "x\n", "cur/");
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    const auto since = inbox->highest_modseq();
    store_flags(*inbox, {2}, flag_change(Mode::add, {mail::Flag::seen}));
    auto change = flag_change(Mode::add, {mail::Flag::flagged});
    change.unchanged_since = since;
    const auto outcome = store_flags(*inbox, {1, 2}, change);
    CHECK(outcome.changed == Uids{1});
    CHECK(outcome.modified == Uids{2});
    CHECK_FALSE(row(*inbox, 2).flags.has(mail::Flag::flagged));
}

TEST_CASE("others' changes of a name are applied bit by bit, ours of the same message stay") {
    Maildir disk;
    disk.deliver("1.a:2,", "x\n", "cur/");
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    store_flags(*inbox, {1}, flag_change(Mode::add, {mail::Flag::seen}, {"k1"}));
    disk.rename("cur/1.a:2,Sa", "cur/1.a:2,RSa");
    store_flags(*inbox, {1}, flag_change(Mode::remove, {mail::Flag::seen}));
    CHECK(disk.has("cur/1.a:2,Ra"));
    CHECK(row(*inbox, 1).flags.has(mail::Flag::answered));
    CHECK(row(*inbox, 1).keywords == 1);
    disk.rename("cur/1.a:2,Ra", "cur/1.a:2,F");
    static_cast<void>(sync(*inbox));
    CHECK(row(*inbox, 1).flags.bits == static_cast<std::uint8_t>(mail::Flag::flagged));
    CHECK(row(*inbox, 1).keywords == 0);
}

TEST_CASE("sixty-four keywords fit, twenty-six of them in names; one more is refused") {
    Maildir disk;
    disk.deliver("1.a:2,", "x\n", "cur/");
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    std::vector<std::string> all;
    for (int i = 0; i < 64; ++i) all.push_back("k" + std::to_string(i));
    store_flags(*inbox, {1}, flag_change(Mode::add, {}, all));
    CHECK(row(*inbox, 1).keywords == ~std::uint64_t{0});
    CHECK(disk.has("cur/1.a:2,abcdefghijklmnopqrstuvwxyz"));
    const Uids one{1};
    const auto change = flag_change(Mode::add, {mail::Flag::seen}, {"k64"});
    CHECK(inbox->change_flags(one, change).error() == make_error_code(Error::limit_reached));
    CHECK_FALSE(row(*inbox, 1).flags.has(mail::Flag::seen));
    MaildirAccount second(disk.settings());
    const auto later = open_or_fail(second, "INBOX");
    CHECK(later->keywords().size() == 64);
    CHECK(later->rows()[0].keywords == ~std::uint64_t{0});
}

TEST_CASE("appended messages appear at once, with size, date, flags and keywords") {
    Maildir disk;
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    const auto placed = append(account, "INBOX", {"Subject: a\r\n\r\none\r\n", "Subject: b\r\n\r\ntwo\r\n"});
    CHECK(placed == Uids{1, 2});
    CHECK(inbox->rows().empty());
    CHECK(sync(*inbox)->arrived == Uids{1, 2});
    CHECK(row(*inbox, 1).internal_date == 1234567890);
    CHECK(row(*inbox, 1).flags.has(mail::Flag::seen));
    CHECK(inbox->keywords()[0] == "$Label1");
    CHECK(row(*inbox, 2).keywords == 1);
    CHECK(inbox->size(1).value() == 19);
    CHECK((*inbox->message(2))->bytes() == "Subject: b\r\n\r\ntwo\r\n");
    CHECK(inbox->read(2, 12, 3).value() == "\r\nt");
    CHECK(files_in(disk, "tmp") == 0);
    CHECK(files_in(disk, "cur") == 2);
    CHECK(sync(*inbox)->empty());
    const auto status = patiently([&] { return account.status("INBOX"); });
    CHECK(status->messages == 2);
    CHECK(status->unseen == 0);
    CHECK(status->bytes == 38);
    CHECK(status->uidnext == 3);
}

TEST_CASE("an intake that isn't committed leaves nothing") {
    Maildir disk;
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    {
        auto intake = account.intake("INBOX");
        REQUIRE((*intake)->begin({}).has_value());
        REQUIRE((*intake)->write("x").has_value());
        REQUIRE((*intake)->finish().has_value());
        REQUIRE((*intake)->begin({}).has_value());
    }
    CHECK(files_in(disk, "tmp") == 0);
    CHECK(sync(*inbox)->empty());
    CHECK(account.intake("nope").error() == make_error_code(Error::no_such_mailbox));
}

TEST_CASE("copies share file, GUID, EMAILID and content; the last one that goes takes them along") {
    Maildir disk;
    disk.make(".Box");
    disk.deliver("1.a:2,F", "Message-ID: <m@x>\n\nx\n", "cur/");
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX"), box = open_or_fail(account, "Box");
    CHECK(copy(account, *inbox, {1}, "Box") == Uids{1});
    CHECK(copy(account, *inbox, {1}, "INBOX") == Uids{2});
    static_cast<void>(sync(*inbox));
    static_cast<void>(sync(*box));
    CHECK(row(*box, 1).flags.has(mail::Flag::flagged));
    CHECK(row(*box, 1).message == row(*inbox, 1).message);
    CHECK(row(*inbox, 2).message == row(*inbox, 1).message);
    CHECK(row(*box, 1).internal_date == row(*inbox, 1).internal_date);
    const auto original = inbox->facts(1), copied = box->facts(1);
    CHECK(original->guid == "1.a");
    CHECK(copied->guid == original->guid);
    CHECK(copied->emailid == original->emailid);
    CHECK(copied->threadid == original->threadid);
    CHECK(original->emailid.starts_with("M"));
    CHECK(original->threadid.starts_with("T"));
    struct stat status {};
    REQUIRE(::stat((disk.path / "cur/1.a:2,F").c_str(), &status) == 0);
    CHECK(status.st_nlink == 3);
    CHECK(expunge(*inbox, {1, 2}) == Uids{1, 2});
    CHECK(sync(*inbox)->vanished == Uids{1, 2});
    CHECK((*box->message(1))->bytes() == "Message-ID: <m@x>\r\n\r\nx\r\n");
}

TEST_CASE("answers are in the thread of what they answer, threads never merge") {
    Maildir disk;
    disk.deliver("1.a:2,", "Message-ID: <1@x>\n\n", "cur/");
    disk.deliver("2.b:2,", "Message-ID: <2@x>\n\n", "cur/");
    disk.deliver("3.c:2,", "Message-ID: <3@x>\nReferences: <0@x> <1@x>\n\n", "cur/");
    disk.deliver("4.d:2,", "Message-ID: <4@x>\nReferences: <2@x>\nIn-Reply-To: <3@x>\n\n", "cur/");
    disk.deliver("5.e:2,", "no ids\n\n", "cur/");
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    std::vector<std::string> threads;
    for (std::uint32_t uid = 1; uid <= 5; ++uid) threads.push_back(inbox->facts(uid)->threadid);
    CHECK(threads[0] != threads[1]);
    CHECK(threads[2] == threads[0]);
    CHECK(threads[3] == threads[0]);
    CHECK(threads[4] != threads[0]);
    CHECK_FALSE(threads[4].empty());
    CHECK(inbox->facts(2)->threadid == threads[1]);
}

TEST_CASE("expunge removes only what has \\Deleted, for good, and leaves tombstones") {
    Maildir disk;
    for (const auto* name : {"1.a:2,T", "2.b:2,", "3.c:2,T"}) disk.deliver(name, "x\n", "cur/");
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX"), other = open_or_fail(account, "INBOX");
    const auto since = inbox->highest_modseq();
    CHECK(expunge(*inbox, {1, 2}, true) == Uids{1});
    CHECK_FALSE(disk.has("cur/1.a:2,T"));
    CHECK(uids(*inbox) == Uids{1, 2, 3});
    CHECK(other->message(1).error() == make_error_code(Error::expunged));
    CHECK(sync(*inbox)->vanished == Uids{1});
    CHECK(sync(*other)->vanished == Uids{1});
    CHECK(inbox->highest_modseq() > since);
    CHECK(*inbox->expunged_since(since) == Uids{1});
    CHECK(inbox->expunged_since(inbox->highest_modseq())->empty());
    CHECK(expunge(*inbox, {1}).empty());
    CHECK(*inbox->expunged_since(1) == Uids{1}); // before the index began: every UID that isn't there
    disk.deliver("9.x:2,", "x\n", "cur/");
    CHECK(sync(*inbox)->arrived == Uids{4});
}

TEST_CASE("modseqs rise, and HIGHESTMODSEQ is that of the view") {
    Maildir disk;
    disk.deliver("1.a:2,", "x\n", "cur/");
    MaildirAccount account(disk.settings()), other(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX"), elsewhere = open_or_fail(other, "INBOX");
    auto last = inbox->highest_modseq();
    for (int i = 0; i < 5; ++i) {
        store_flags(*elsewhere, {1}, flag_change(i % 2 == 0 ? Mode::add : Mode::remove, {mail::Flag::seen}));
        CHECK(inbox->highest_modseq() == last);
        CHECK(sync(*inbox)->flags_changed == Uids{1});
        CHECK(inbox->highest_modseq() > last);
        CHECK(row(*inbox, 1).modseq == inbox->highest_modseq());
        last = inbox->highest_modseq();
    }
    CHECK(inbox->keeps_modseqs());
}

TEST_CASE("summaries and envelopes come from the index once they are made") {
    Maildir disk;
    disk.deliver("1.a:2,", "Subject: s\nFrom: a@b\n\nbody\n", "cur/");
    {
        MaildirAccount account(disk.settings());
        const auto inbox = open_or_fail(account, "INBOX");
        const auto made = inbox->summary(1);
        REQUIRE(made.has_value());
        REQUIRE(*made);
        CHECK((*made)->envelope.subject == "s");
        account.went_idle();
    }
    disk.write("cur/1.a:2,", "changed, which mail never does");
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    CHECK((*inbox->envelope(1))->subject == "s");
    CHECK((*inbox->summary(1))->size == 31);
    CHECK(inbox->size(1).value() == 31);
    CHECK(patiently([&] { return account.status("INBOX"); })->bytes == 31);
}

TEST_CASE("what others expunge while flags are changed leaves the view in sync and nowhere else") {
    Maildir disk;
    constexpr int messages = 600;
    for (int i = 1; i <= messages; ++i)
        disk.deliver(std::to_string(1000 + i) + ".a.host:2,", "x\n", "cur/");
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    const auto pid = ::fork();
    if (pid == 0) {
        bool good = true;
        MaildirAccount other(disk.settings());
        const auto view = patiently([&] { return other.open("INBOX", false); });
        for (std::uint32_t uid = 1; good && view && uid < messages; ++uid) {
            const Uids one{uid};
            good = patiently([&] { return (*view)->expunge(one, false); }).has_value();
        }
        ::_exit(good && view ? 0 : 1);
    }
    const auto add = flag_change(Mode::add, {mail::Flag::flagged});
    const auto take = flag_change(Mode::remove, {mail::Flag::flagged});
    const Uids last{messages};
    int status = 1, moved = 0;
    while (::waitpid(pid, &status, WNOHANG) == 0) {
        REQUIRE(sync(*inbox).has_value());
        const auto before = uids(*inbox);
        const auto modseq = inbox->highest_modseq();
        for (int i = 0; i < 10; ++i) {
            store_flags(*inbox, last, i % 2 == 0 ? add : take);
            moved += uids(*inbox) == before ? 0 : 1;
        }
        CHECK(inbox->highest_modseq() >= modseq);
    }
    CHECK(status == 0);
    CHECK(moved == 0);
    REQUIRE(sync(*inbox).has_value());
    CHECK(uids(*inbox) == last);
}

TEST_CASE("who reads a message hears of others' changes in it at the next sync") {
    Maildir disk;
    disk.deliver("1.a.host:2,", "Subject: one\n\nx\n", "cur/");
    MaildirAccount one(disk.settings()), two(disk.settings());
    const auto mine = open_or_fail(one, "INBOX");
    const auto other = open_or_fail(two, "INBOX");
    const Uids uid{1};
    store_flags(*other, uid, flag_change(Mode::add, {mail::Flag::flagged}));
    REQUIRE(patiently([&] { return mine->add_seen(uid); }).has_value());
    CHECK(row(*mine, 1).flags.has(mail::Flag::seen));
    CHECK_FALSE(row(*mine, 1).flags.has(mail::Flag::flagged));
    CHECK(sync(*mine)->flags_changed == uid);
    CHECK(row(*mine, 1).flags.has(mail::Flag::flagged));
    CHECK(sync(*mine)->empty());
}
