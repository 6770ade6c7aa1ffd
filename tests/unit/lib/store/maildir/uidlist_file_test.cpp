// SPDX-License-Identifier: Apache-2.0
// What happens to UIDs when several processes, crashes and damage meet in one dovecot-uidlist.
#include "store/maildir/uidlist_file.hpp"

#include "disk_fixture.hpp"
#include "store/maildir/uidvalidity.hpp"

#include <ctime>

using namespace hearth;
using namespace hearth::store;
using Uids = std::vector<std::uint32_t>;

namespace {

const std::string header = "3 V7 N2 G00000000000000000000000000000000";

struct Listed : Disk {
    std::vector<std::string> warnings;
    UidlistFile file{at(), "INBOX", [this](std::string_view text) { warnings.emplace_back(text); }};

    UidlistFile::Reading read() {
        auto reading = file.read();
        REQUIRE(reading.has_value());
        return std::move(*reading);
    }
    UidlistFile::Reading read_since(const UidlistFile::Mark& mark) {
        auto reading = file.read_since(mark);
        REQUIRE(reading.has_value());
        return std::move(*reading);
    }
    UidlistFile::Reading assign(
        UidlistFile::Reading reading, std::vector<UidlistFile::Unlisted> files, bool rewrite = false) {
        const auto lock = file.lock();
        REQUIRE(lock.has_value());
        REQUIRE(file.assign(*lock, reading, files, rewrite).has_value());
        return reading;
    }
    void add(const std::string& base) { assign(read(), {{base}}); }
};

Uids uids(const UidlistFile::Reading& reading) {
    Uids uids;
    for (const auto& record : reading.list.records)
        uids.push_back(record.uid);
    return uids;
}

} // namespace

TEST_CASE("processes that list at once give every message one UID for ever") {
    Listed disk;
    constexpr int processes = 4, messages = 50;
    std::vector<pid_t> children;
    for (int process = 0; process < processes; ++process) {
        const auto pid = ::fork();
        if (pid == 0) {
            UidlistFile file(disk.at(), "INBOX", [](std::string_view) {});
            UidlistFile::Mark mark;
            bool good = true;
            for (int i = 0; good && i < messages;) {
                const auto lock = file.lock();
                if (!lock) continue;
                auto reading = i % 3 == 0 ? file.read() : file.read_since(mark);
                const std::string base = std::to_string(i) + ".P" + std::to_string(process);
                const std::vector<UidlistFile::Unlisted> files{{base, record_extensions("g" + base, i)}};
                good = reading && file.assign(*lock, *reading, files, i % 10 == 9);
                good = good && reading->list.records.back().base == base;
                if (good) mark = reading->mark;
                ++i;
            }
            ::_exit(good ? 0 : 1);
        }
        children.push_back(pid);
    }
    for (const auto pid : children) {
        int status = 1;
        ::waitpid(pid, &status, 0);
        CHECK(status == 0);
    }
    const auto reading = disk.read();
    CHECK_FALSE(reading.list.torn);
    CHECK(reading.list.records.size() == processes * messages);
    CHECK(reading.list.uidnext == processes * messages + 1);
    std::set<std::string> bases;
    for (const auto& record : reading.list.records) {
        CHECK(bases.insert(record.base).second);
        CHECK(record.extension('G') == "g" + record.base);
        CHECK(record.extension('W') == record.base.substr(0, record.base.find('.')));
    }
    CHECK(disk.names("") == std::set<std::string>{"dovecot-uidlist", "dovecot-uidvalidity",
                                "dovecot-uidvalidity." + Disk::hex(reading.list.uidvalidity)});
}

TEST_CASE("a new mailbox gets UIDVALIDITY and GUID before its first message") {
    Listed disk;
    const auto made = disk.assign(disk.read(), {});
    const auto reading = disk.read();
    CHECK(reading.list.uidvalidity != 0);
    CHECK(reading.list.guid.size() == 32);
    CHECK(reading.list == made.list);
    const auto before = stamp_of(disk.at(), uidlist_name).value();
    disk.assign(reading, {});
    CHECK(stamp_of(disk.at(), uidlist_name).value() == before);
}

TEST_CASE("records are appended with their extensions") {
    Listed disk;
    disk.write(uidlist_name, header + "\n1 :1.a\n");
    disk.assign(
        disk.read(), {{"2.b", record_extensions("1.a", std::nullopt)}, {"3.c", record_extensions("", 12)}, {"4.d"}});
    CHECK(disk.Disk::read(uidlist_name) == header + "\n1 :1.a\n2 G1.a :2.b\n3 W12 :3.c\n4 :4.d\n");
}

TEST_CASE("what was appended is read alone") {
    Listed disk;
    disk.write(uidlist_name, header + "\n1 :1.a\n");
    auto mark = disk.read().mark;
    auto reading = disk.read_since(mark);
    CHECK_FALSE(reading.whole);
    CHECK(reading.list.records.empty());
    CHECK(reading.list.uidnext == 2);
    disk.add("2.b");
    disk.add("3.c");
    reading = disk.read_since(mark);
    CHECK_FALSE(reading.whole);
    CHECK(uids(reading) == Uids{2, 3});
    CHECK(reading.list.uidnext == 4);
    CHECK(reading.list.uidvalidity == 7);
    mark = reading.mark;
    CHECK(mark.last_line == "3 :3.c\n");
    // UIDs are given without reading the rest, and again the mark is right.
    reading = disk.assign(disk.read_since(mark), {{"4.d"}});
    CHECK(uids(reading) == Uids{4});
    CHECK(uids(disk.read()) == Uids{1, 2, 3, 4});
    CHECK(disk.read_since(reading.mark).list.records.empty());
    CHECK(disk.read_since(reading.mark).list.uidnext == 5);
}

TEST_CASE("a mark in an empty list, and one of nothing, work too") {
    Listed disk;
    UidlistFile::Mark none;
    CHECK(disk.read_since(none).whole);
    disk.write(uidlist_name, header + "\n");
    const auto mark = disk.read().mark;
    disk.add("1.a");
    const auto reading = disk.read_since(mark);
    CHECK_FALSE(reading.whole);
    CHECK(uids(reading) == Uids{2});
}

TEST_CASE("another file than the one of the mark is read whole") {
    Listed disk;
    disk.write(uidlist_name, header + "\n1 :1.a\n2 :2.b\n");
    const auto mark = disk.read().mark;
    for (const std::string text : {"3 V8 N2 G00000000000000000000000000000000\n1 :1.a\n2 :2.b\n3 :3.c\n",
             "3 V7 N2 G00000000000000000000000000000000\n2 :2.b\n3 :3.c\n",
             "3 V7 N2 G00000000000000000000000000000000\n",
             "3 V7 N2 G00000000000000000000000000000000\n1 :1.a\n2 :2.x\n3 :3.c\n4 :4.d\n"}) {
        disk.write(uidlist_name, text); // in place: the same inode
        const auto reading = disk.read_since(mark);
        CHECK(reading.whole);
        CHECK(reading.list == disk.read().list);
    }
    disk.remove(uidlist_name);
    CHECK(disk.read_since(mark).list.uidvalidity == 0);
    disk.write(uidlist_name, "damaged");
    CHECK(disk.read_since(mark).damaged);
}

TEST_CASE("a mark survives a torn line behind it, and so do the UIDs when it is repaired") {
    Listed disk;
    disk.write(uidlist_name, header + "\n1 :1.a\n");
    const auto mark = disk.read().mark;
    disk.write(uidlist_name, header + "\n1 :1.a\n2 :2.b\n3 :3.");
    auto reading = disk.read_since(mark);
    CHECK_FALSE(reading.whole);
    CHECK(reading.list.torn);
    CHECK(uids(reading) == Uids{2});
    CHECK(disk.read_since(reading.mark).list.torn);
    reading = disk.assign(std::move(reading), {{"3.c"}});
    CHECK(reading.whole);
    CHECK(disk.Disk::read(uidlist_name) == "3 V7 N4 G00000000000000000000000000000000\n1 :1.a\n2 :2.b\n3 :3.c\n");
    CHECK(disk.read_since(reading.mark).list.records.empty());
}

TEST_CASE("rewriting drops what was taken out, keeps the next UID, and reads everything first") {
    Listed disk;
    disk.write(uidlist_name, header + " Xkept\n1 W9 Zkept :1.a\n2 :2.b\n");
    auto reading = disk.read();
    reading.list.records.pop_back();
    disk.assign(std::move(reading), {}, true);
    CHECK(disk.Disk::read(uidlist_name) == "3 V7 N3 G00000000000000000000000000000000 Xkept\n1 W9 Zkept :1.a\n");
    const auto mark = disk.read().mark;
    disk.assign(disk.read_since(mark), {{"3.c"}}, true);
    CHECK(uids(disk.read()) == Uids{1, 3});
}

TEST_CASE("a damaged list is set aside, and a higher UIDVALIDITY begins") {
    Listed disk;
    disk.write(uidlist_name, "3 V4000000000 N9 G00000000000000000000000000000000\n5 :1.a\ngarbage\n");
    auto reading = disk.read();
    CHECK(reading.damaged);
    CHECK(reading.list.uidvalidity == 0);
    reading = disk.assign(std::move(reading), {{"1.a"}});
    CHECK(reading.list.uidvalidity == 4000000001);
    CHECK(uids(disk.read()) == Uids{1});
    REQUIRE(disk.warnings.size() == 2);
    CHECK(disk.warnings[0].find("line 3") != std::string::npos);
    CHECK(disk.warnings[1].find("set aside") != std::string::npos);
}

TEST_CASE("who has lost the lock writes nothing") {
    Listed disk;
    disk.write(uidlist_name, header + "\n");
    const auto lock = disk.file.lock();
    REQUIRE(lock.has_value());
    disk.write("other", "7:elsewhere.example");
    disk.rename("other", "dovecot-uidlist.lock");
    auto reading = disk.read();
    const std::vector<UidlistFile::Unlisted> files{{"1.a"}};
    CHECK(disk.file.assign(*lock, reading, files, false).error() == make_error_code(Error::busy));
    CHECK(reading.list.records.empty());
    CHECK(reading.list.uidnext == 2);
    CHECK(disk.Disk::read(uidlist_name) == header + "\n");
}

TEST_CASE("UIDVALIDITY is now, but above the counter, and never twice") {
    const Disk disk;
    const auto now = static_cast<std::uint32_t>(::time(nullptr));
    const auto first = next_uidvalidity(disk.at(), 0);
    CHECK(first >= now);
    CHECK(next_uidvalidity(disk.at(), 0) == first + 1);
    CHECK(next_uidvalidity(disk.at(), first + 10) == first + 11);
    disk.write("dovecot-uidvalidity", "fffffff0");
    CHECK(next_uidvalidity(disk.at(), 0) == 0xfffffff1);
    CHECK(disk.read("dovecot-uidvalidity") == "fffffff1");
    disk.write("dovecot-uidvalidity", "no number");
    CHECK(next_uidvalidity(disk.at(), 0) >= now);
}

TEST_CASE("Dovecot's counter goes on from ours") {
    const Disk disk;
    disk.write("dovecot-uidvalidity", "f0000000");
    disk.write("dovecot-uidvalidity.f0000000", "");
    CHECK(next_uidvalidity(disk.at(), 0) == 0xf0000001);
    CHECK(disk.names("") == std::set<std::string>{"dovecot-uidvalidity", "dovecot-uidvalidity.f0000001"});
}
