// SPDX-License-Identifier: Apache-2.0
// The index beside the Maildir: gone, damaged, somebody else's; several processes; anything in any order.
#include "maildir_fixture.hpp"
#include "store/index/mailbox_writer.hpp"
#include "store/maildir/file_name.hpp"

#include <map>
#include <random>

using namespace hearth;
using namespace hearth::store;

namespace {

struct Known {
    Uids uids;
    std::string guid, emailid, epoch;
    std::uint64_t modseq = 0;
};

Known look(Maildir& disk) {
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    Known known{uids(*inbox), {}, {}, account.epoch(), inbox->highest_modseq()};
    const auto facts = patiently([&] { return inbox->facts(known.uids.at(0)); });
    known.guid = facts->guid;
    known.emailid = facts->emailid;
    return known;
}

} // namespace

TEST_CASE("the index is private to its user") {
    Maildir disk;
    MaildirAccount account(disk.settings());
    static_cast<void>(open_or_fail(account, "INBOX"));
    for (const auto* name : {"index.db", "index.db-wal", "lock", "bell"}) {
        struct stat status {};
        REQUIRE_MESSAGE(::stat((disk.path / "hearth" / name).c_str(), &status) == 0, name);
        CHECK((status.st_mode & 0777) == 0600);
    }
    struct stat status {};
    REQUIRE(::stat((disk.path / "hearth").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0700);
}

TEST_CASE("a deleted, damaged or foreign index is made anew: UIDs and ids stay, modseqs rise, the epoch changes") {
    Maildir disk;
    for (int i = 0; i < 30; ++i) disk.deliver(std::to_string(100 + i) + ".a", "Subject: x\n\n");
    const auto before = look(disk);
    SUBCASE("deleted") { std::filesystem::remove_all(disk.path / "hearth"); }
    SUBCASE("no database") { disk.write("hearth/index.db", std::string(5000, 'x')); }
    SUBCASE("damaged pages after a crash") {
        auto bytes = disk.read("hearth/index.db");
        for (std::size_t at = 4096; at < bytes.size(); at += 7) bytes[at] = 'x';
        disk.write("hearth/index.db", bytes);
        std::filesystem::remove(disk.path / "hearth/index.db-wal");
    }
    SUBCASE("of another root") {
        auto settings = disk.settings();
        std::filesystem::create_directories(disk.path / "other");
        settings.location.root = settings.location.inbox = settings.location.control = (disk.path / "other").string();
        std::filesystem::remove_all(disk.path / "hearth");
        MaildirAccount account(std::move(settings));
        static_cast<void>(open_or_fail(account, "INBOX"));
    }
    disk.warnings.clear();
    const auto after = look(disk);
    CHECK(after.uids == before.uids);
    CHECK(after.guid == before.guid);
    CHECK(after.emailid == before.emailid);
    CHECK(after.epoch != before.epoch);
    CHECK(after.modseq > before.modseq);
    const auto again = look(disk);
    CHECK(again.epoch == after.epoch);
    CHECK(again.modseq == after.modseq);
}

TEST_CASE("an index that is deleted under a running worker is made anew, and the session goes on") {
    Maildir disk;
    disk.deliver("1.a");
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    const auto epoch = account.epoch();
    std::filesystem::remove_all(disk.path / "hearth");
    disk.deliver("2.b");
    CHECK(sync(*inbox)->arrived == Uids{2});
    CHECK(account.epoch() != epoch);
    CHECK(inbox->facts(1)->guid == "1.a");
    CHECK(inbox->facts(2)->guid == "2.b");
    CHECK((*inbox->message(1))->bytes() == "Subject: x\r\n\r\nbody\r\n");
}

TEST_CASE("without a place for the index everything works from memory, and says that modseqs don't last") {
    Maildir disk;
    disk.write("hearth", "a file in the way");
    disk.deliver("1.a");
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    CHECK(uids(*inbox) == Uids{1});
    CHECK_FALSE(inbox->keeps_modseqs());
    CHECK(disk.warned("kept in memory"));
    FlagChange change;
    change.flags.set(mail::Flag::flagged);
    const Uids one{1};
    REQUIRE(patiently([&] { return inbox->change_flags(one, change); }).has_value());
    CHECK(disk.has("cur/1.a:2,F"));
}

TEST_CASE("a cold open of a mailbox that nobody changed reads no directory") {
    Maildir disk;
    disk.deliver("1.a:2,", "x\n", "cur/");
    disk.age();
    {
        MaildirAccount account(disk.settings());
        static_cast<void>(open_or_fail(account, "INBOX"));
    }
    disk.deliver("2.b:2,", "x\n", "cur/");
    disk.age(); // the same old time: nothing to be seen
    MaildirAccount account(disk.settings());
    CHECK(uids(*open_or_fail(account, "INBOX")) == Uids{1});
}

TEST_CASE("a file whose expunging an older version was cut off from is removed, never shown again") {
    Maildir disk;
    disk.deliver("1.a:2,", "x\n", "cur/");
    disk.deliver("2.b:2,", "x\n", "cur/");
    {
        MaildirAccount account(disk.settings());
        const auto inbox = open_or_fail(account, "INBOX");
        const auto opened = account.index().mailbox(std::string());
        REQUIRE(opened.has_value());
        auto writer = MailboxWriter::begin(account.index(), opened->id, Durability::durable);
        REQUIRE(writer.has_value());
        const auto placement = writer->find(1U);
        REQUIRE(placement->has_value());
        REQUIRE(writer->remove(**placement).has_value());
        REQUIRE(account.index().database().run("UPDATE expunged SET file = 'cur/1.a:2,' WHERE uid = 1").has_value());
        REQUIRE(writer->commit().has_value()); // and here the worker died
    }
    CHECK(disk.has("cur/1.a:2,"));
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    CHECK(uids(*inbox) == Uids{2});
    CHECK_FALSE(disk.has("cur/1.a:2,"));
}

TEST_CASE("a mailbox that was renamed by another program is looked at anew") {
    Maildir disk;
    disk.make(".a");
    disk.deliver("1.a:2,", "x\n", "cur/", ".a");
    MaildirAccount account(disk.settings());
    CHECK(uids(*open_or_fail(account, "a")) == Uids{1});
    disk.rename(".a", ".b");
    disk.make(".a");
    CHECK(open_or_fail(account, "a")->rows().empty());
    CHECK(uids(*open_or_fail(account, "b")) == Uids{1});
}

TEST_CASE("whatever two processes, deliveries and other programs do, both agree with the disk, and counters with rows") {
    for (unsigned seed = 1; seed <= 15; ++seed) {
        CAPTURE(seed);
        Maildir disk;
        std::mt19937 random(seed);
        const auto any = [&](std::size_t below) { return static_cast<std::size_t>(random() % below); };
        std::vector<std::unique_ptr<MaildirAccount>> accounts;
        std::vector<std::unique_ptr<Mailbox>> views;
        for (int i = 0; i < 2; ++i) {
            accounts.push_back(std::make_unique<MaildirAccount>(disk.settings()));
            views.push_back(open_or_fail(*accounts.back(), "INBOX"));
            views.push_back(open_or_fail(*accounts.back(), "INBOX"));
        }
        std::map<std::uint32_t, std::string> guid_of_uid;
        std::vector<std::uint64_t> modseqs(views.size(), 0);
        for (int step = 0; step < 120; ++step) {
            const auto which = any(views.size());
            auto& view = *views[which];
            const auto rows = view.rows();
            Uids some;
            for (std::size_t i = 0; !rows.empty() && i < 1 + any(3); ++i) some.push_back(rows[any(rows.size())].uid);
            std::sort(some.begin(), some.end());
            some.erase(std::unique(some.begin(), some.end()), some.end());
            switch (any(7)) {
            case 0: disk.deliver(std::to_string(1000 + step) + ".d" + std::to_string(seed)); break;
            case 1: disk.deliver(std::to_string(1000 + step) + ".c:2,S", "x\n", "cur/"); break;
            case 2: {
                FlagChange change;
                change.mode = static_cast<FlagChange::Mode>(any(3));
                change.flags.bits = static_cast<std::uint8_t>(any(32));
                if (any(2) == 0) change.keywords.push_back("k" + std::to_string(any(4)));
                REQUIRE(patiently([&] { return view.change_flags(some, change); }).has_value());
                break;
            }
            case 3: REQUIRE(patiently([&] { return view.expunge(some, any(2) == 0); }).has_value()); break;
            case 4: {
                auto intake = patiently([&] { return accounts[which / 2]->intake("INBOX"); });
                bool taken = false;
                for (const auto uid : some)
                    taken = patiently([&] { return (*intake)->take(view, uid); }).has_value() || taken;
                REQUIRE(patiently([&] { return (*intake)->commit(); }).has_value());
                break;
            }
            case 5: { // mutt
                std::vector<std::filesystem::path> files;
                for (const auto& file : std::filesystem::directory_iterator(disk.path / "cur")) files.push_back(file);
                if (files.empty()) break;
                std::sort(files.begin(), files.end());
                const auto& file = files[any(files.size())];
                const auto name = file.filename().string();
                if (any(4) == 0)
                    std::filesystem::remove(file);
                else
                    std::filesystem::rename(
                        file, file.parent_path() / (name.substr(0, name.find(':')) + (any(2) == 0 ? ":2,FS" : ":2,R")));
                break;
            }
            default: REQUIRE(sync(view).has_value());
            }
            for (const auto& row : view.rows()) {
                const auto facts = patiently([&] { return view.facts(row.uid); });
                if (!facts) continue;
                CHECK(guid_of_uid.emplace(row.uid, facts->guid).first->second == facts->guid);
            }
            CHECK(view.highest_modseq() >= modseqs[which]);
            modseqs[which] = view.highest_modseq();
        }
        for (auto& view : views) REQUIRE(sync(*view).has_value());
        for (auto& view : views) {
            REQUIRE(sync(*view).has_value());
            REQUIRE(view->rows().size() == views[0]->rows().size());
            for (std::size_t i = 0; i < view->rows().size(); ++i) {
                CHECK(view->rows()[i].uid == views[0]->rows()[i].uid);
                CHECK(view->rows()[i].flags == views[0]->rows()[i].flags);
                CHECK(view->rows()[i].keywords == views[0]->rows()[i].keywords);
                CHECK(view->rows()[i].modseq == views[0]->rows()[i].modseq);
            }
        }
        Status counted;
        std::multiset<std::uint8_t> flags, names;
        for (const auto& row : views[0]->rows()) {
            counted.messages += 1;
            counted.unseen += row.flags.has(mail::Flag::seen) ? 0 : 1;
            counted.deleted += row.flags.has(mail::Flag::deleted) ? 1 : 0;
            counted.bytes += views[0]->size(row.uid).value();
            flags.insert(row.flags.bits);
        }
        for (const auto* directory : {"cur", "new"})
            for (const auto& file : std::filesystem::directory_iterator(disk.path / directory))
                names.insert(parse_maildir_name(file.path().filename().string()).flags.bits);
        CHECK(flags == names);
        for (auto& account : accounts) account->went_idle();
        const auto status = patiently([&] { return accounts[1]->status("INBOX"); });
        CHECK(status->messages == counted.messages);
        CHECK(status->unseen == counted.unseen);
        CHECK(status->deleted == counted.deleted);
        CHECK(status->bytes == counted.bytes);
        CHECK(accounts[0]->index().check().value() == "");
    }
}
