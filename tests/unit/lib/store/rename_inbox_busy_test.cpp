// SPDX-License-Identifier: Apache-2.0
// RENAME of INBOX moves messages, some at a time; a lock that somebody else holds may come in between at any step.
#include "tests/unit/lib/store/maildir_fixture.hpp"

using namespace hearth::store;

namespace {

constexpr int messages = 350; // several rounds

void fill(Maildir& disk) {
    for (int i = 0; i < messages; ++i)
        disk.deliver(std::to_string(1000 + i) + ".m:2,S", "Subject: " + std::to_string(i) + "\n\nx\n", "cur/");
}

/// The numbers in the messages' names, each as often as it is there.
std::multiset<std::string> files(const Maildir& disk, const std::string& directory) {
    std::multiset<std::string> found;
    for (const auto* part : {"cur", "new"}) {
        const auto path = disk.path / directory / part;
        if (!std::filesystem::exists(path)) continue;
        for (const auto& entry : std::filesystem::directory_iterator(path)) {
            std::ifstream file(entry.path());
            std::string line;
            std::getline(file, line);
            found.insert(line);
        }
    }
    return found;
}

std::multiset<std::string> all_files() {
    std::multiset<std::string> all;
    for (int i = 0; i < messages; ++i)
        all.insert("Subject: " + std::to_string(i));
    return all;
}

/// Calls until the first messages have gone over, and before the last; what the target has then.
std::multiset<std::string> move_some(Account& account, const Maildir& disk) {
    for (;;) {
        REQUIRE(account.rename("INBOX", "old").error() == make_error_code(Error::unfinished));
        const auto moved = files(disk, ".old");
        if (!moved.empty() && moved.size() + files(disk, "").size() == messages) return moved;
    }
}

/// Calls until it is neither busy nor unfinished, or busy for the first time.
hearth::Result<void> until_busy(Account& account) {
    for (;;) {
        const auto done = account.rename("INBOX", "old");
        if (done || done.error() != make_error_code(Error::unfinished)) return done;
    }
}

} // namespace

TEST_CASE("a RENAME of INBOX that met INBOX's lock goes on when it is called again") {
    Maildir disk;
    fill(disk);
    MaildirAccount account(disk.settings());
    disk.write("dovecot-uidlist.lock", "1:elsewhere.example"); // and no message has a UID yet
    CHECK(until_busy(account).error() == make_error_code(Error::busy));
    CHECK(files(disk, "") == all_files());
    disk.remove("dovecot-uidlist.lock");
    REQUIRE(patiently([&] { return account.rename("INBOX", "old"); }).has_value());
    CHECK(files(disk, ".old") == all_files());
    CHECK(files(disk, "").empty());
    CHECK(open_or_fail(account, "old")->rows().size() == messages);
    CHECK(open_or_fail(account, "INBOX")->rows().empty());
}

TEST_CASE("a RENAME of INBOX that meets the target's lock on its way moves each message once, and nothing is lost "
          "meanwhile") {
    Maildir disk;
    fill(disk);
    MaildirAccount account(disk.settings());
    const auto moved = move_some(account, disk);
    disk.write(".old/dovecot-uidlist.lock", "1:elsewhere.example");
    for (int i = 0; i < 3; ++i) {
        CHECK(until_busy(account).error() == make_error_code(Error::busy));
        CHECK(files(disk, ".old") == moved);
        auto both = files(disk, "");
        both.insert(moved.begin(), moved.end());
        CHECK(both == all_files());
    }
    disk.remove(".old/dovecot-uidlist.lock");
    REQUIRE(patiently([&] { return account.rename("INBOX", "old"); }).has_value());
    CHECK(files(disk, ".old") == all_files());
    CHECK(files(disk, "").empty());
    CHECK(open_or_fail(account, "old")->rows().size() == messages);
}

TEST_CASE("a RENAME of INBOX that nobody went on with leaves every message in one of the two") {
    Maildir disk;
    fill(disk);
    {
        MaildirAccount account(disk.settings());
        move_some(account, disk);
        disk.write(".old/dovecot-uidlist.lock", "1:elsewhere.example");
        CHECK(until_busy(account).error() == make_error_code(Error::busy));
    }
    disk.remove(".old/dovecot-uidlist.lock");
    MaildirAccount later(disk.settings());
    const auto inbox = open_or_fail(later, "INBOX"), old = open_or_fail(later, "old");
    CHECK(inbox->rows().size() + old->rows().size() == messages);
    auto both = files(disk, "");
    both.merge(files(disk, ".old"));
    CHECK(both == all_files());
    // Another process can't go on with it, but by another name it can have the rest.
    CHECK(later.rename("INBOX", "old").error() == make_error_code(Error::already_exists));
    REQUIRE(patiently([&] { return later.rename("INBOX", "rest"); }).has_value());
    both = files(disk, ".rest");
    both.merge(files(disk, ".old"));
    CHECK(both == all_files());
}
