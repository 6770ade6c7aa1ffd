// SPDX-License-Identifier: Apache-2.0
#include "store/index/index.hpp"

#include "store/message_ids.hpp"

#include <algorithm>
#include <utility>

namespace hearth::store {
Index::Index(std::string directory, IndexOwner owner, bool in_memory, Warn warn)
    : file_(std::move(directory), owner, warn),
      owner_(std::move(owner)),
      in_memory_(in_memory),
      warn_(std::move(warn)) {}

Index::~Index() {
    if (kept_) file_.close(std::move(database_));
}

Result<void> Index::use(Result<std::unique_ptr<Database>> database, bool kept) {
    if (!database) return database.error();
    std::string epoch;
    const auto read =
        (*database)->each("SELECT epoch FROM account", [&](const DatabaseRow& row) { epoch = row.text(0); });
    if (!read) return read.error();
    database_ = std::move(*database);
    epoch_ = std::move(epoch);
    kept_ = kept;
    reserved_ = 0;
    ++generation_;
    bulk_ = false;
    return {};
}

void Index::expect_bulk(bool on) {
    if (on == bulk_ || !database_) return;
    bulk_ = on;
    static_cast<void>(database_->script(on ? "PRAGMA cache_size=-16384; PRAGMA wal_autocheckpoint=4000"
                                           : "PRAGMA cache_size=-256; PRAGMA wal_autocheckpoint=1000"));
}

Result<void> Index::open_another() {
    if (!in_memory_ && !failed_at_) {
        auto opened = use(file_.open(), true);
        if (opened || opened.error() == make_error_code(Error::busy)) return opened;
    }
    return use(IndexFile::in_memory(owner_), false);
}

void Index::report_failure() {
    const auto state = database_->state();
    const auto failure = database_->failure();
    const bool was_kept = kept_;
    database_.reset();
    const bool is_doubtful = std::exchange(is_doubtful_, false);
    if (was_kept && (is_doubtful || state == Database::State::damaged) && file_.is_current()) {
        set_aside(failure);
        return;
    }
    warn_("the index failed (" + failure + "); it is kept in memory for now");
    failed_at_ = Clock::now();
}

// When fsync of the log fails, the whole transaction, its commit mark too, may lie there. No connection sees it, because
// none was told where it ends; but whoever reads the log after a crash would. The next transaction is written over it, at
// the same place, and frames behind it don't fit its check sums any more. Where not even that can be written, the file
// is set aside.
void Index::disown_failed_commit() {
    if (!kept_ || database_->state() == Database::State::damaged) return;
    const auto overwritten =
        database_->script("PRAGMA synchronous=FULL; UPDATE account SET modseq = modseq + 1, clean = 0; "
                          "PRAGMA synchronous=NORMAL");
    is_doubtful_ = !overwritten;
}

// A disk that damages one index after the other isn't given more of them.
void Index::set_aside(std::string_view reason) {
    file_.set_aside(reason);
    if (++damages_ >= damages_max) failed_at_ = Time::max();
}

Result<void> Index::ready() {
    if (database_ && database_->state() != Database::State::good) report_failure();
    if (database_ && kept_ && !file_.is_current()) database_.reset(); // deleted or replaced
    if (database_) return {};
    return open_another();
}

void Index::went_idle() {
    if (!database_ || database_->state() != Database::State::good) return;
    if (!kept_) {
        database_->release_memory();
        // What was kept in the file is still true, and the scan brings it up to date.
        const bool try_again = failed_at_ && *failed_at_ != Time::max() && Clock::now() - *failed_at_ > failed_for;
        if (try_again) database_.reset();
        if (try_again) failed_at_.reset();
        return;
    }
    if (!file_.check_when_idle(*database_)) {
        database_.reset();
        set_aside("it was damaged in a crash");
        return;
    }
    database_->checkpoint();
    database_->release_memory();
}

Result<std::string> Index::check() {
    if (auto opened = ready(); !opened) return opened.error();
    std::string verdict;
    const auto checked =
        database_->each("PRAGMA integrity_check(1)", [&](const DatabaseRow& row) { verdict = row.text(0); });
    if (!checked && checked.error() == make_error_code(Error::busy)) return checked.error();
    if (checked && verdict == "ok") return std::string();
    const auto reason = checked ? verdict : database_->failure();
    const bool was_kept = kept_;
    database_.reset();
    if (was_kept) set_aside(reason);
    return reason;
}

Result<void> Index::rebuild() {
    if (auto opened = ready(); !opened) return opened;
    const bool was_kept = kept_;
    database_.reset();
    if (was_kept) file_.set_aside("its rebuilding was asked for");
    return ready();
}

Result<std::optional<std::string>> Index::summary(std::int64_t message, int version) {
    std::optional<std::string> bytes;
    const auto read = database_->each(
        "SELECT bytes FROM summary WHERE message = ? AND version = ?",
        [&](const DatabaseRow& row) { bytes = row.text(0); }, message, version);
    if (!read) return read.error();
    return bytes;
}

Result<Index::Version> Index::version() {
    const auto others = database_->data_version();
    if (!others) return others.error();
    return Version{*others, database_->commits()};
}

// A size that becomes known takes the place of its bound in the counters.
Result<void> Index::keep_size(std::int64_t message, std::int64_t size) {
    const auto counted = database_->number("SELECT counted FROM message WHERE id = ? AND size IS NULL", message);
    if (!counted) return counted.error();
    if (!*counted) return {};
    auto done = database_->run(
        "UPDATE mailbox SET bytes = bytes + ?1 * (SELECT count(*) FROM placement p WHERE p.message = ?2 AND p.mailbox "
        "= "
        "mailbox.id), deleted_bytes = deleted_bytes + ?1 * (SELECT count(*) FROM placement p WHERE p.message = ?2 AND "
        "p.mailbox = mailbox.id AND p.flags & 8) WHERE id IN (SELECT mailbox FROM placement WHERE message = ?2)",
        size - **counted, message);
    if (!done) return done;
    return database_->run("UPDATE message SET size = ?1, counted = ?1 WHERE id = ?2", size, message);
}

Result<void> Index::keep_summaries(std::span<const KeptSummary> summaries) {
    auto transaction = Transaction::begin(*database_, Durability::relaxed);
    if (!transaction) return transaction.error();
    for (const auto& summary : summaries) {
        if (auto kept = keep_size(summary.message, summary.size); !kept) return kept;
        // The message may be gone by now.
        if (!summary.digest.empty()) {
            auto kept = database_->run("INSERT OR REPLACE INTO digest SELECT id, ?, ? FROM message WHERE id = ?",
                summary.digest_version, Blob{summary.digest}, summary.message);
            if (!kept) return kept;
        }
        if (summary.bytes.empty()) continue;
        auto kept = database_->run("INSERT OR REPLACE INTO summary SELECT id, ?, ? FROM message WHERE id = ?",
            summary.version, Blob{summary.bytes}, summary.message);
        if (!kept) return kept;
    }
    return (*transaction)->commit();
}

Result<std::string> Index::thread_id(std::int64_t thread) {
    std::string id;
    const auto read = database_->each(
        "SELECT threadid FROM thread WHERE id = ?", [&](const DatabaseRow& row) { id = row.text(0); }, thread);
    if (!read) return read.error();
    return id;
}

Result<std::string> Index::thread_of(const MessageRecord& message, std::span<const std::string> message_ids) {
    auto transaction = Transaction::begin(*database_, Durability::relaxed);
    if (!transaction) return transaction.error();
    std::optional<std::int64_t> thread;
    for (const auto& id : message_ids) {
        auto known = database_->number("SELECT thread FROM thread_ref WHERE hash = ?", hash_of(id));
        if (!known) return known.error();
        if (*known) {
            thread = **known;
            break;
        }
    }
    if (!thread) {
        auto made = database_->number("INSERT OR IGNORE INTO thread(threadid) VALUES(?) RETURNING id",
            thread_id_of(message_ids.empty() ? message.emailid : message_ids.back()));
        if (made && !*made) // the name is taken by a thread that knows none of these ids: one of its own
            made = database_->number(
                "INSERT INTO thread(threadid) VALUES(?) RETURNING id", thread_id_of(message.emailid + epoch_));
        if (!made) return made.error();
        thread = made->value_or(0);
    }
    for (const auto& id : message_ids)
        if (auto kept = database_->run("INSERT OR IGNORE INTO thread_ref VALUES(?, ?)", hash_of(id), *thread); !kept)
            return kept.error();
    if (auto kept = database_->run("UPDATE message SET thread = ? WHERE id = ?", *thread, message.id); !kept)
        return kept.error();
    auto id = thread_id(*thread);
    if (!id) return id;
    if (auto done = (*transaction)->commit(); !done) return done.error();
    return id;
}

} // namespace hearth::store
