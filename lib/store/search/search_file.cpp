// SPDX-License-Identifier: Apache-2.0
#include "store/search/search_file.hpp"

#include "store/maildir/disk.hpp"

namespace hearth::store {
namespace {

constexpr const char* file_name = "search.db";

// The number in `PRAGMA user_version`. A file with another one is made anew.
constexpr int schema_version = 1;

// `words` has no text of its own (content=''): to take a message out it must be told what was put in, which `packed`
// has in compressed form. Ids are mailbox << 32 | UID, so a mailbox is a range of them and UIDs ascend in it. `entries`
// is how many of the mailbox there are. A mailbox without `mailbox_id` is being removed. FTS5 merges its segments when
// it is told to (FullTextIndex::finish): by itself it does so much at once that others wait for it.
constexpr const char* schema = R"(
CREATE TABLE account(
    id INTEGER PRIMARY KEY CHECK(id = 1),
    uid INTEGER NOT NULL,
    root TEXT NOT NULL
);
CREATE TABLE mailbox(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    mailbox_id TEXT UNIQUE,
    uidvalidity INTEGER NOT NULL,
    entries INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE entry(id INTEGER PRIMARY KEY);
CREATE TABLE packed(
    id INTEGER PRIMARY KEY,
    text BLOB NOT NULL
);
CREATE VIRTUAL TABLE words USING fts5(subject, sender, recipient, cc, bcc, header, body,
    content='', tokenize='unicode61 remove_diacritics 2');
INSERT INTO words(words, rank) VALUES('automerge', 0);
)";

Result<void> create_schema(Database& database, const IndexOwner& owner) {
    auto transaction = Transaction::begin(database, Durability::relaxed);
    if (!transaction) return transaction.error();
    // Another process may have been first.
    const auto version = database.number("PRAGMA user_version");
    if (!version) return version.error();
    if (version->value_or(0) != 0) return {};
    if (auto made = database.script(schema); !made) return made;
    if (auto made = database.script(("PRAGMA user_version=" + std::to_string(schema_version)).c_str()); !made)
        return made;
    if (auto made = database.run("INSERT INTO account VALUES(1, ?, ?)", owner.uid, owner.root); !made) return made;
    return (*transaction)->commit();
}

// What is wrong with the identity of a file; empty: it is ours.
Result<std::string> identity_fault(Database& database, const IndexOwner& owner) {
    const auto version = database.number("PRAGMA user_version");
    if (!version) return version.error();
    if (version->value_or(0) != schema_version) return "it is of version " + std::to_string(version->value_or(0));
    return owner_fault(database, owner);
}

} // namespace

Result<void> SearchFile::open_directory() {
    if (hearth_) return {};
    auto opened = open_root(directory_); // the index has made it
    if (!opened) return opened.error();
    auto path = real_path(directory_);
    if (!path) return path.error();
    hearth_path_ = std::move(*path);
    hearth_ = std::move(*opened);
    return {};
}

// `unusable` says what is wrong with a file that must be set aside.
Result<std::unique_ptr<Database>> SearchFile::open_once(std::string& unusable) {
    if (auto made = make_database_file(hearth_.get(), file_name); !made) return made.error();
    auto database = Database::open(hearth_path_ + "/" + file_name);
    if (!database) return database;
    const auto failed = [&](error_code error) -> Result<std::unique_ptr<Database>> {
        if (error == make_error_code(Error::busy)) return error;
        if ((*database)->state() == Database::State::damaged) unusable = (*database)->failure();
        return make_error_code(Error::unavailable);
    };
    if ((*database)->state() != Database::State::good) return failed(Error::unavailable);
    const auto tables = (*database)->number("SELECT count(*) FROM sqlite_master");
    if (!tables) return failed(tables.error());
    if (tables->value_or(0) == 0)
        if (auto made = create_schema(**database, owner_); !made) return failed(made.error());
    const auto fault = identity_fault(**database, owner_);
    if (!fault) return failed(fault.error());
    if (!fault->empty()) {
        unusable = *fault;
        return make_error_code(Error::unavailable);
    }
    const auto now = stamp_of(hearth_.get(), file_name);
    inode_ = now ? now->inode : 0;
    return database;
}

Result<std::unique_ptr<Database>> SearchFile::open() {
    const auto complain = [&](std::string_view why) {
        warn_("can't open " + directory_ + "/" + file_name + ": " + std::string(why) +
              "; SEARCH FUZZY searches like SEARCH for now");
    };
    if (auto opened = open_directory(); !opened) {
        complain(opened.error().message());
        return opened.error();
    }
    for (int attempt = 0; attempt < 2; ++attempt) {
        std::string unusable;
        auto database = open_once(unusable);
        if (database || database.error() == make_error_code(Error::busy)) return database;
        if (unusable.empty()) {
            complain(database.error().message());
            return database;
        }
        set_aside(unusable);
    }
    complain("a new one can't be used either");
    return make_error_code(Error::unavailable);
}

void SearchFile::set_aside(std::string_view reason) {
    const auto aside = rename_aside(hearth_.get(), file_name);
    warn_(
        "the full-text index " + hearth_path_ + "/" + file_name + " can't be used (" + std::string(reason) +
        "): set aside as " + aside +
        " and made anew from the mail; nothing is lost. If it wasn't replaced on purpose, check the disk; then remove "
        "the file");
}

bool SearchFile::is_current() const {
    return is_same_file(hearth_.get(), file_name, inode_);
}

} // namespace hearth::store
