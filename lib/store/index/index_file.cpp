// SPDX-License-Identifier: Apache-2.0
#include "store/index/index_file.hpp"

#include "base/id.hpp"
#include "base/random.hpp"
#include "store/index/schema.hpp"
#include "store/maildir/disk.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace hearth::store {
namespace {

constexpr const char* file_name = "index.db";

std::string random_hex(std::size_t bytes) {
    std::array<std::byte, 16> random{};
    fill_random(random);
    return to_hex(random.data(), std::min(bytes, random.size()));
}

// Where message ids begin. Caches in memory know messages by these ids, so two indexes of one worker must not share
// any: 46 random bits.
std::int64_t first_message_id() {
    std::array<std::byte, 8> random{};
    fill_random(random);
    std::uint64_t value = 0;
    for (const auto byte : random)
        value = value << 8 | std::to_integer<std::uint64_t>(byte);
    return static_cast<std::int64_t>((value >> 18) | 1);
}

// Of a new database, or of one of the version before.
Result<void> create_schema(Database& database, const IndexOwner& owner) {
    const auto found = database.number("PRAGMA user_version");
    if (!found) return found.error();
    if (found->value_or(0) == schema_version) return {};
    auto transaction = Transaction::begin(database, Durability::durable);
    if (!transaction) return transaction.error();
    // Another process may have been first.
    const auto version = database.number("PRAGMA user_version");
    if (!version) return version.error();
    if (version->value_or(0) == schema_version) return {};
    const bool is_old = version->value_or(0) == schema_version - 1;
    if (auto made = database.script(is_old ? schema_upgrade : schema); !made) return made;
    if (auto made = database.script(("PRAGMA user_version=" + std::to_string(schema_version)).c_str()); !made)
        return made;
    if (is_old) return (*transaction)->commit();
    if (auto made = database.run("INSERT INTO account VALUES(1, ?, ?, ?, 1, 1)", owner.uid, owner.root, random_hex(8));
        !made)
        return made;
    if (auto made = database.run("INSERT INTO sqlite_sequence(name, seq) VALUES('message', ?)", first_message_id());
        !made)
        return made;
    return (*transaction)->commit();
}

// What is wrong with the identity of an index; empty: it is ours. Another process may be making it, so all is of one
// moment.
Result<std::string> identity_fault(Database& database, const IndexOwner& owner) {
    ReadSnapshot snapshot(database);
    if (auto begun = snapshot.begin(); !begun) return begun.error();
    const auto version = database.number("PRAGMA user_version");
    if (!version) return version.error();
    if (version->value_or(0) == 0) {
        const auto tables = database.number("SELECT count(*) FROM sqlite_master");
        if (!tables) return tables.error();
        return std::string(tables->value_or(0) == 0 ? "" : "it isn't an index");
    }
    if (**version != schema_version && **version != schema_version - 1)
        return "it is of version " + std::to_string(**version);
    return owner_fault(database, owner);
}

bool is_sound(Database& database) {
    bool sound = false;
    const auto checked =
        database.each("PRAGMA quick_check(1)", [&](const DatabaseRow& row) { sound = row.text(0) == "ok"; });
    return checked && sound;
}

} // namespace

IndexFile::~IndexFile() = default;

Result<void> IndexFile::open_directory() {
    if (hearth_) return {};
    const auto slash = directory_.rfind('/');
    const auto parent_path = directory_.substr(0, slash), own = directory_.substr(slash + 1);
    auto parent = open_root(parent_path);
    if (!parent && parent.error() == boost::system::errc::no_such_file_or_directory) {
        if (auto made = make_directories(parent_path); !made) return made;
        parent = open_root(parent_path);
    }
    if (!parent) return parent.error();
    auto hearth = store::open_directory(parent->get(), own);
    if (!hearth && hearth.error() == boost::system::errc::no_such_file_or_directory) {
        if (::mkdirat(parent->get(), own.c_str(), 0700) != 0 && errno != EEXIST) return last_error();
        hearth = store::open_directory(parent->get(), own);
    }
    if (!hearth) return hearth.error();
    // SQLite opens by path, and none with a symbolic link in it.
    auto path = real_path(directory_);
    if (!path) return path.error();
    hearth_path_ = std::move(*path);
    hearth_ = std::move(*hearth);
    return {};
}

// Takes the shared lock, and finds out whether anybody else has it. Error::busy: somebody finds that out for himself just now.
Result<IndexFile::Company> IndexFile::lock() {
    if (!lock_) {
        lock_ = UniqueFd(::openat(hearth_.get(), "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
        const UniqueFd bell(::openat(hearth_.get(), "bell", O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    }
    if (!lock_) return Company::others;
    const bool alone = ::flock(lock_.get(), LOCK_EX | LOCK_NB) == 0;
    if (::flock(lock_.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK) return Error::busy;
    return alone ? Company::alone : Company::others;
}

Result<std::unique_ptr<Database>> IndexFile::open_once(bool& unusable, std::string& reason) {
    const auto company = lock();
    if (!company) return company.error();
    const auto before = make_database_file(hearth_.get(), file_name);
    if (!before) return before.error();
    auto database = Database::open(hearth_path_ + "/" + file_name);
    if (!database) return database;
    const auto damaged = [&](std::string why) {
        unusable = true;
        reason = std::move(why);
        return make_error_code(Error::unfinished);
    };
    if ((*database)->state() == Database::State::damaged) return damaged((*database)->failure());
    if ((*database)->state() != Database::State::good) {
        reason = (*database)->failure();
        return Error::unavailable;
    }
    const auto fault = identity_fault(**database, owner_);
    if (!fault && fault.error() == make_error_code(Error::busy)) return fault.error();
    if (!fault) return damaged((*database)->failure());
    if (!fault->empty()) return damaged(*fault);
    if (auto made = create_schema(**database, owner_); !made) {
        if ((*database)->state() == Database::State::damaged) return damaged((*database)->failure());
        return made.error();
    }
    const auto clean = (*database)->number("SELECT clean FROM account");
    if (!clean) return clean.error();
    if (*company == Company::alone && clean->value_or(0) == 0) {
        if (before->size > checked_at_once_bytes_max)
            owes_check_ = true;
        else if (!is_sound(**database))
            return damaged("it was damaged in a crash");
    }
    // In the same transaction as the first change: as long as nothing is written, nothing can be damaged, and who only
    // reads waits for no disk.
    (*database)->set_first_statement("UPDATE account SET clean = 0 WHERE clean <> 0");
    const auto now = stamp_of(hearth_.get(), file_name);
    inode_ = now ? now->inode : 0;
    return database;
}

Result<std::unique_ptr<Database>> IndexFile::open() {
    if (auto opened = open_directory(); !opened) {
        warn_("can't use an index in " + directory_ + ": " + opened.error().message() +
              "; it is kept in memory and made anew for each worker");
        return opened.error();
    }
    for (int attempt = 0; attempt < 2; ++attempt) {
        bool unusable = false;
        std::string reason;
        auto database = open_once(unusable, reason);
        if (database || (!unusable && database.error() == make_error_code(Error::busy))) return database;
        if (!unusable) {
            warn_("can't open " + hearth_path_ + "/" + file_name + ": " +
                  (reason.empty() ? database.error().message() : reason) +
                  "; the index is kept in memory and made anew for each worker");
            return database;
        }
        set_aside(reason);
    }
    return Error::unavailable;
}

void IndexFile::set_aside(std::string_view reason) {
    const auto aside = rename_aside(hearth_.get(), file_name);
    warn_("the index " + hearth_path_ + "/" + file_name + " can't be used (" + std::string(reason) +
          "): set aside as " + aside +
          " and made anew from the Maildir. UIDs and flags stay; keywords beyond 26 a "
          "mailbox, thread ids and dates of saving are lost. If it wasn't replaced on purpose, check the disk; then "
          "remove the file");
}

bool IndexFile::is_current() const {
    return is_same_file(hearth_.get(), file_name, inode_);
}

bool IndexFile::check_when_idle(Database& database) {
    return !std::exchange(owes_check_, false) || is_sound(database);
}

void IndexFile::close(std::unique_ptr<Database> database) {
    if (!database || !is_current() || database->state() != Database::State::good) return;
    if (lock_ && ::flock(lock_.get(), LOCK_EX | LOCK_NB) == 0 && !owes_check_) {
        const auto clean = database->number("SELECT clean FROM account");
        if (clean && clean->value_or(1) == 0) static_cast<void>(database->run("UPDATE account SET clean = 1"));
    }
    database.reset();
    lock_.reset();
}

void IndexFile::ring() const {
    ::utimensat(hearth_.get(), "bell", nullptr, 0);
}

Result<std::unique_ptr<Database>> IndexFile::in_memory(const IndexOwner& owner) {
    auto database = Database::open(":memory:");
    if (!database) return database;
    if (auto made = create_schema(**database, owner); !made) return made.error();
    return database;
}

} // namespace hearth::store
