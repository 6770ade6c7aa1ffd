// SPDX-License-Identifier: Apache-2.0
#include "maildir_fixture.hpp"

#include "store/search/fuzzy_query.hpp"
#include "store/search/packed_text.hpp"

#include <sqlite3.h>

using namespace hearth;
using namespace hearth::store;

namespace {

using Uids = std::vector<std::uint32_t>;

Result<std::optional<std::vector<FuzzyMatch>>> search(Mailbox& mailbox, FuzzyField field, std::string_view words) {
    return patiently([&] { return mailbox.search_fuzzy(field, words); });
}

// UIDs of the rows that are found; {0} when the index can't tell.
Uids find(Mailbox& mailbox, std::string_view words, FuzzyField field = FuzzyField::text) {
    const auto found = search(mailbox, field, words);
    REQUIRE_MESSAGE(found.has_value(), words << ": " << (found ? "" : found.error().message()));
    if (!*found) return {0};
    Uids result;
    for (const auto& match : **found)
        result.push_back(match.uid);
    return result;
}

std::string ask(const std::filesystem::path& file, const char* sql) {
    sqlite3* handle = nullptr;
    REQUIRE(::sqlite3_open(file.c_str(), &handle) == SQLITE_OK);
    std::string answer;
    const auto take = [](void* out, int, char** values, char**) {
        *static_cast<std::string*>(out) = values[0] != nullptr ? values[0] : "";
        return 0;
    };
    CHECK(::sqlite3_exec(handle, sql, take, &answer, nullptr) == SQLITE_OK);
    ::sqlite3_close(handle);
    return answer;
}

void deliver_some(const Maildir& disk) {
    disk.deliver(
        "1.a:2,S", "Subject: =?utf-8?q?Caf=C3=A9?= au lait\nFrom: Ann <ann@example.org>\n\nmilk and coffee\n", "cur/");
    disk.deliver("2.b:2,S", "Subject: report\nTo: carol@example.net\n\nthe coffee is cold\n", "cur/");
    disk.deliver("3.c:2,S", "Subject: coffee coffee\n\nnothing else\n", "cur/");
}

std::filesystem::path database_of(const Maildir& disk) {
    return disk.path / "hearth/search.db";
}

} // namespace

TEST_CASE("words are found in any case, with and without accents, as a begin, and where they are looked for") {
    Maildir disk;
    deliver_some(disk);
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    CHECK_FALSE(std::filesystem::exists(database_of(disk)));
    CHECK(find(*inbox, "CAFE") == Uids{1});
    CHECK(find(*inbox, "café") == Uids{1});
    CHECK(find(*inbox, "coff") == Uids{1, 2, 3});
    CHECK(find(*inbox, "coffee cold") == Uids{2});
    CHECK(find(*inbox, "cold coffee") == Uids{2});
    CHECK(find(*inbox, "col coffee") == Uids{});
    CHECK(find(*inbox, "co") == Uids{});
    CHECK(find(*inbox, "coffee", FuzzyField::subject) == Uids{3});
    CHECK(find(*inbox, "coffee", FuzzyField::body) == Uids{1, 2});
    CHECK(find(*inbox, "ann@example.org", FuzzyField::from) == Uids{1});
    CHECK(find(*inbox, "example", FuzzyField::to) == Uids{2});
    CHECK(find(*inbox, "ann", FuzzyField::cc) == Uids{});
    CHECK(find(*inbox, "--") == Uids{0});
    CHECK(find(*inbox, "") == Uids{0});
    struct stat status {};
    REQUIRE(::stat(database_of(disk).c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0600);
    CHECK(disk.warnings.empty());
}

TEST_CASE("the best message scores 100, and a subject counts more than a body") {
    Maildir disk;
    deliver_some(disk);
    for (int i = 0; i < 20; ++i)
        disk.deliver("4" + std::to_string(i) + ".d:2,S", "Subject: other\n\nother words\n", "cur/");
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    const auto found = search(*inbox, FuzzyField::text, "coffee");
    REQUIRE((found && *found && (*found)->size() == 3));
    CHECK((**found)[2].score == 100);
    for (const auto& match : **found) {
        CHECK(match.score >= 1);
        CHECK(match.score <= 100);
    }
    CHECK((**found)[0].score < 100);
}

TEST_CASE("what a client writes is never syntax") {
    Maildir disk;
    deliver_some(disk);
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    std::string many, quotes;
    for (int i = 0; i < 300; ++i)
        many += "coffee ", quotes += "a\"";
    for (const std::string words : {"coffee\" OR \"report", "\"", "\"\"", "subject:coffee", "subject : coffee",
             "NEAR(a b)", "coffee*", "*", "^coffee", "(coffee", "coffee)", "coffee AND", "NOT coffee", "{subject}:x",
             "- coffee", "coffee + cold", "'; DROP TABLE words; --", "a\xff\xfe coffee", "\xe2\x80\x94 coffee", "x\\",
             "coffee\n\"OR\"", "\xcc\x81 coffee", "\xf0\x9f\x98\x80 coffee"}) {
        CAPTURE(words);
        CHECK(find(*inbox, words).size() <= 3);
    }
    CHECK(find(*inbox, std::string("coffee\0\" OR x", 13)).size() <= 3);
    CHECK(find(*inbox, many) == Uids{1, 2, 3});
    CHECK(find(*inbox, quotes) == Uids{});
    CHECK(find(*inbox, "coffee NOT cold") == Uids{});
    CHECK(find(*inbox, "subject:coffee") == Uids{});
    CHECK(disk.warnings.empty());
}

TEST_CASE("words of scripts without blanks are found within a line") {
    Maildir disk;
    disk.deliver("1.a:2,S", "Content-Type: text/plain; charset=utf-8\n\n我们喜欢咖啡和牛奶\n", "cur/");
    disk.deliver("2.b:2,S", "Content-Type: text/plain; charset=utf-8\n\n咖和啡\n", "cur/");
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    CHECK(find(*inbox, "咖啡") == Uids{1});
}

TEST_CASE("new messages are found at the next search, and expunged ones leave the file") {
    Maildir disk;
    deliver_some(disk);
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    CHECK(find(*inbox, "coffee") == Uids{1, 2, 3});
    disk.deliver("9.z:2,S", "Subject: late coffee\n\nx\n", "cur/");
    REQUIRE(sync(*inbox).has_value());
    CHECK(find(*inbox, "coffee") == Uids{1, 2, 3, 4});
    for (const std::uint32_t uid : {1, 3})
        REQUIRE(patiently([&] { return inbox->expunge(Uids{uid}, false); }).has_value());
    REQUIRE(sync(*inbox).has_value());
    CHECK(find(*inbox, "coffee") == Uids{2, 4});
    account.went_idle();
    CHECK(ask(database_of(disk), "SELECT count(*) FROM entry") == "2");
    CHECK(ask(database_of(disk), "SELECT count(*) FROM packed") == "2");
    CHECK(ask(database_of(disk), "SELECT entries FROM mailbox") == "2");
    CHECK(ask(database_of(disk), "SELECT count(*) FROM words WHERE words MATCH 'milk'") == "0");
    ask(database_of(disk), "INSERT INTO words(words) VALUES('integrity-check')");
    CHECK(find(*inbox, "coffee") == Uids{2, 4});
}

TEST_CASE("a view that hasn't heard of a message leaves it in for those who have") {
    Maildir disk;
    deliver_some(disk);
    MaildirAccount one(disk.settings()), other(disk.settings());
    const auto old_view = open_or_fail(one, "INBOX");
    CHECK(find(*old_view, "coffee") == Uids{1, 2, 3});
    disk.deliver("9.z:2,S", "Subject: late coffee\n\nx\n", "cur/");
    const auto new_view = open_or_fail(other, "INBOX");
    CHECK(find(*new_view, "coffee") == Uids{1, 2, 3, 4});
    CHECK(find(*old_view, "coffee") == Uids{1, 2, 3, 4});
    CHECK(find(*new_view, "late") == Uids{4});
    CHECK(ask(database_of(disk), "SELECT count(*) FROM entry") == "4");
}

TEST_CASE("mailboxes are apart, and what was deleted or got new UIDs is swept") {
    Maildir disk;
    deliver_some(disk);
    disk.make(".Work");
    disk.deliver("5.w:2,S", "Subject: work coffee\n\nx\n", "cur/", ".Work");
    MaildirAccount account(disk.settings());
    CHECK(find(*open_or_fail(account, "Work"), "coffee") == Uids{1});
    CHECK(find(*open_or_fail(account, "INBOX"), "coffee") == Uids{1, 2, 3});
    REQUIRE(patiently([&] { return account.remove("Work"); }).has_value());
    CHECK(find(*open_or_fail(account, "INBOX"), "coffee") == Uids{1, 2, 3});
    CHECK(ask(database_of(disk), "SELECT count(*) FROM entry") == "3");
    disk.remove("dovecot-uidlist");
    MaildirAccount later(disk.settings());
    CHECK(find(*open_or_fail(later, "INBOX"), "coffee").size() == 3);
    static_cast<void>(find(*open_or_fail(later, "INBOX"), "coffee"));
    CHECK(ask(database_of(disk), "SELECT count(*) FROM entry") == "3");
}

TEST_CASE("search.db may be deleted at any time, also under a search that isn't over") {
    Maildir disk;
    for (int i = 0; i < 300; ++i)
        disk.deliver(std::to_string(1000 + i) + ".m:2,S", "Subject: coffee\n\nx\n", "cur/");
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    CHECK(find(*inbox, "coffee").size() == 300);
    disk.remove("hearth/search.db");
    CHECK(find(*inbox, "coffee").size() == 300);
    for (const auto* suffix : {"", "-wal", "-shm"})
        disk.remove(std::string("hearth/search.db") + suffix);
    static_cast<void>(inbox->search_fuzzy(FuzzyField::text, "coffee"));
    disk.remove("hearth/search.db");
    CHECK(find(*inbox, "coffee").size() == 300);
    account.went_idle();
    disk.remove("hearth/search.db");
    CHECK(find(*inbox, "coffee").size() == 300);
}

TEST_CASE("garbage, somebody else's file and a damaged one are set aside") {
    Maildir disk;
    deliver_some(disk);
    std::filesystem::create_directories(disk.path / "hearth");
    std::filesystem::permissions(disk.path / "hearth", std::filesystem::perms::owner_all);
    disk.write("hearth/search.db", std::string(8192, 'x'));
    {
        MaildirAccount account(disk.settings());
        CHECK(find(*open_or_fail(account, "INBOX"), "coffee") == Uids{1, 2, 3});
        CHECK(disk.warned("search.db can't be used"));
    }
    ask(database_of(disk), "UPDATE account SET root = '/elsewhere'");
    disk.warnings.clear();
    {
        MaildirAccount account(disk.settings());
        CHECK(find(*open_or_fail(account, "INBOX"), "coffee") == Uids{1, 2, 3});
        CHECK(disk.warned("it is of the mail in /elsewhere"));
    }
    ask(database_of(disk), "PRAGMA user_version = 99");
    disk.warnings.clear();
    {
        MaildirAccount account(disk.settings());
        CHECK(find(*open_or_fail(account, "INBOX"), "coffee") == Uids{1, 2, 3});
        CHECK(disk.warned("it is of version 99"));
    }
    ask(database_of(disk), "UPDATE packed SET text = 'x'");
    disk.warnings.clear();
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    CHECK(find(*inbox, "coffee") == Uids{1, 2, 3});
    REQUIRE(patiently([&] { return inbox->expunge(Uids{1}, false); }).has_value());
    REQUIRE(sync(*inbox).has_value());
    CHECK(find(*inbox, "coffee") == Uids{2, 3});
    CHECK(disk.warned("isn't what was written"));
}

TEST_CASE("damage anywhere in search.db never ends the worker, and never leads to other mail") {
    Maildir disk;
    for (int i = 0; i < 60; ++i)
        disk.deliver(
            std::to_string(1000 + i) + ".m:2,S", "Subject: coffee " + std::to_string(i) + "\n\ntext\n", "cur/");
    {
        MaildirAccount account(disk.settings());
        CHECK(find(*open_or_fail(account, "INBOX"), "coffee").size() == 60);
    }
    const auto whole = disk.read("hearth/search.db");
    REQUIRE(whole.size() > 4096);
    unsigned seed = 1;
    for (int trial = 0; trial < 60; ++trial) {
        auto bytes = whole;
        for (int i = 0; i < 40; ++i) {
            seed = seed * 1664525 + 1013904223;
            bytes[(seed >> 4) % bytes.size()] = static_cast<char>(seed >> 24);
        }
        for (const auto* suffix : {"-wal", "-shm"})
            std::filesystem::remove(disk.path / ("hearth/search.db" + std::string(suffix)));
        disk.write("hearth/search.db", bytes);
        MaildirAccount account(disk.settings());
        const auto inbox = open_or_fail(account, "INBOX");
        const auto found = search(*inbox, FuzzyField::text, "coffee");
        CAPTURE(trial);
        REQUIRE(found.has_value());
        if (*found) CHECK((*found)->size() <= 60);
    }
}

TEST_CASE("without a place for search.db the index can't tell, and one warning says so") {
    Maildir disk;
    deliver_some(disk);
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    std::filesystem::create_directory(database_of(disk));
    CHECK(find(*inbox, "coffee") == Uids{0});
    CHECK(find(*inbox, "coffee") == Uids{0});
    CHECK(disk.warnings.size() == 1);
    auto in_memory = disk.settings();
    in_memory.location.index_in_memory = true;
    MaildirAccount without(in_memory);
    CHECK(find(*open_or_fail(without, "INBOX"), "coffee") == Uids{0});
}

TEST_CASE("an idle worker has search.db closed") {
    Maildir disk;
    deliver_some(disk);
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    CHECK(find(*inbox, "coffee") == Uids{1, 2, 3});
    CHECK(std::filesystem::exists(disk.path / "hearth/search.db-wal"));
    account.went_idle();
    CHECK_FALSE(std::filesystem::exists(disk.path / "hearth/search.db-wal"));
    CHECK(find(*inbox, "coffee") == Uids{1, 2, 3});
}

TEST_CASE("two workers fill search.db at once, and each message is in it once") {
    Maildir disk;
    for (int i = 0; i < 400; ++i)
        disk.deliver(
            std::to_string(1000 + i) + ".m:2,S", "Subject: coffee " + std::to_string(i) + "\n\ntext\n", "cur/");
    { // UIDs first
        MaildirAccount account(disk.settings());
        open_or_fail(account, "INBOX");
    }
    MaildirAccount one(disk.settings()), other(disk.settings());
    const auto first = open_or_fail(one, "INBOX"), second = open_or_fail(other, "INBOX");
    for (int i = 0; i < 3; ++i) { // slices in turn
        static_cast<void>(first->search_fuzzy(FuzzyField::text, "coffee"));
        static_cast<void>(second->search_fuzzy(FuzzyField::text, "coffee"));
    }
    CHECK(find(*first, "coffee").size() == 400);
    CHECK(find(*second, "coffee").size() == 400);
    CHECK(ask(database_of(disk), "SELECT entries FROM mailbox") == "400");
    ask(database_of(disk), "INSERT INTO words(words) VALUES('integrity-check')");
}

TEST_CASE("packed text comes out as it went in, and nothing comes out of other bytes") {
    mail::FullText text;
    text[0] = "subject";
    text[6] = std::string(100'000, 'x');
    const auto packed = pack(text);
    CHECK(packed.size() < 1000);
    CHECK(unpack(packed) == text);
    for (std::size_t size = 0; size < packed.size(); ++size)
        CHECK_FALSE(unpack(std::string_view(packed).substr(0, size)));
    CHECK_FALSE(unpack(std::string("\xff\xff\xff\xff") + packed));
    CHECK(unpack(pack({})) == mail::FullText{});
}

TEST_CASE("a query has every word in quotes, and the last one as a begin if it is long enough") {
    CHECK(fuzzy_query(FuzzyField::text, "a\"b cd") == "(\"a\"\"b\" AND \"cd\")");
    CHECK(fuzzy_query(FuzzyField::subject, "one two") == "subject : (\"one\" AND \"two\" *)");
    CHECK(fuzzy_query(FuzzyField::text, "x.ab") == "(\"x.ab\")");
    CHECK_FALSE(fuzzy_query(FuzzyField::text, "* -"));
}
