// SPDX-License-Identifier: Apache-2.0
#include "maildir_fixture.hpp"

#include "mail/digest.hpp"

#include <sqlite3.h>

using namespace hearth;
using namespace hearth::store;

namespace {

std::string folded_subject(Mailbox& mailbox, std::uint32_t uid, bool only_known = false) {
    const auto found = patiently([&] { return mailbox.digest(uid, only_known); });
    if (!found || !*found) return "-";
    return std::string((*found)->digest.subject);
}

void run_sql(const std::filesystem::path& file, const char* sql) {
    sqlite3* handle = nullptr;
    REQUIRE(::sqlite3_open(file.c_str(), &handle) == SQLITE_OK);
    CHECK(::sqlite3_exec(handle, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
    ::sqlite3_close(handle);
}

} // namespace

TEST_CASE("a digest is made once, kept in the index, and made anew when it is missing") {
    Maildir disk;
    for (int i = 1; i <= 600; ++i)
        disk.deliver(std::to_string(i) + ".m:2,S", "Subject: number " + std::to_string(i) + "\n\nx\n", "cur/");
    {
        MaildirAccount account(disk.settings());
        const auto inbox = open_or_fail(account, "INBOX");
        CHECK(folded_subject(*inbox, 1, true) == "-");
        for (std::uint32_t uid = 1; uid <= 600; ++uid)
            CHECK(folded_subject(*inbox, uid) == "NUMBER " + std::to_string(uid));
        account.went_idle();
        CHECK(folded_subject(*inbox, 600, true) == "NUMBER 600");
        CHECK(patiently([&] { return inbox->digest(601, false); }).error() == make_error_code(Error::expunged));
    }
    run_sql(disk.path / "hearth/index.db", "DELETE FROM digest WHERE rowid % 2 = 0");
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    for (std::uint32_t uid = 1; uid <= 600; ++uid)
        CHECK(folded_subject(*inbox, uid) == "NUMBER " + std::to_string(uid));
}

TEST_CASE("a damaged digest is made anew, and one of another version isn't believed") {
    Maildir disk;
    disk.deliver("1.m:2,S", "Subject: one\n\nx\n", "cur/");
    for (const auto* sql : {"UPDATE digest SET bytes = x'00112233445566'", "UPDATE digest SET version = 0"}) {
        {
            MaildirAccount account(disk.settings());
            CHECK(folded_subject(*open_or_fail(account, "INBOX"), 1) == "ONE");
        }
        run_sql(disk.path / "hearth/index.db", sql);
        MaildirAccount account(disk.settings());
        const auto inbox = open_or_fail(account, "INBOX");
        CHECK(folded_subject(*inbox, 1, true) == "-");
        CHECK(folded_subject(*inbox, 1) == "ONE");
    }
}

TEST_CASE("whole messages are read with CRLF line ends, under the name they have now") {
    Maildir disk;
    for (int i = 1; i <= 3; ++i)
        disk.deliver(std::to_string(i) + ".m:2,", "Subject: x\n\nbody " + std::to_string(i) + "\r\n", "cur/");
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    CHECK(*patiently([&] { return inbox->bytes(1); }) == "Subject: x\r\n\r\nbody 1\r\n");
    disk.rename("cur/2.m:2,", "cur/2.m:2,S");
    disk.remove("cur/3.m:2,");
    CHECK(*patiently([&] { return inbox->bytes(2); }) == "Subject: x\r\n\r\nbody 2\r\n");
    CHECK(patiently([&] { return inbox->bytes(3); }).error() == make_error_code(Error::expunged));
}

TEST_CASE("an index of the version before is brought up to date, and loses nothing") {
    Maildir disk;
    disk.deliver("1.a:2,S", "Subject: one\n\nx\n", "cur/");
    disk.deliver("2.b", "Subject: two\n\nx\n", "new/");
    std::string epoch;
    std::uint64_t modseq = 0;
    {
        MaildirAccount account(disk.settings());
        const auto looker = open_or_fail(account, "INBOX", true);
        epoch = account.epoch();
        modseq = looker->highest_modseq();
    }
    run_sql(disk.path / "hearth/index.db",
        "DROP TABLE digest; ALTER TABLE mailbox DROP COLUMN first_recent; ALTER TABLE mailbox DROP COLUMN recent_n; "
        "PRAGMA user_version = 1");
    MaildirAccount account(disk.settings());
    const auto status = patiently([&] { return account.status("INBOX"); });
    REQUIRE(status.has_value());
    CHECK(account.epoch() == epoch);
    CHECK(status->highest_modseq == modseq);
    CHECK(status->recent == 1);
    const auto inbox = open_or_fail(account, "INBOX");
    CHECK_FALSE(inbox->rows()[0].recent);
    CHECK(inbox->rows()[1].recent);
    CHECK(folded_subject(*inbox, 2) == "TWO");
    CHECK(disk.warnings.empty());
}
