// SPDX-License-Identifier: Apache-2.0
#include "store/search/full_text_index.hpp"

#include "store/search/packed_text.hpp"

#include <algorithm>
#include <utility>

namespace hearth::store {
namespace {

// While it is open: pages in memory, in KiB, and the log's pages before they go into the database.
constexpr const char* settings = "PRAGMA cache_size=-2048; PRAGMA wal_autocheckpoint=2000";

// Text that is put in with one transaction: some milliseconds' work.
constexpr std::size_t text_bytes_at_once = 64 * 1024;

// Pages of the index that are merged at the same time: about what this much text takes, so segments don't pile up.
constexpr int merged_pages_at_once = 40;

std::size_t size_of(const mail::FullText& text) {
    std::size_t bytes = 0;
    for (const auto& column : text)
        bytes += column.size();
    return bytes;
}

std::int64_t id_of(std::int64_t mailbox, std::uint32_t uid) {
    return mailbox << 32 | std::int64_t{uid};
}

std::uint32_t uid_of(std::int64_t id) {
    return static_cast<std::uint32_t>(id & 0xffffffff);
}

std::int64_t mailbox_of(std::int64_t id) {
    return id >> 32;
}

} // namespace

FullTextIndex::FullTextIndex(std::string directory, IndexOwner owner, Warn warn)
    : file_(std::move(directory), std::move(owner), warn), warn_(std::move(warn)) {}

// A disk that damages one file after the other isn't given more of them.
void FullTextIndex::report_failure() {
    const auto state = database_->state();
    const auto failure = database_->failure();
    database_.reset();
    if (state == Database::State::damaged && file_.is_current()) {
        file_.set_aside(failure);
        if (++damages_ >= damages_max) failed_at_ = Time::max();
        return;
    }
    warn_("the full-text index failed (" + failure + "); SEARCH FUZZY searches like SEARCH for now");
    failed_at_ = Clock::now();
}

Result<FullTextIndex::State> FullTextIndex::ready() {
    if (database_ && database_->state() != Database::State::good) report_failure();
    if (database_ && !file_.is_current()) database_.reset(); // deleted or replaced
    if (database_) return State::open;
    if (failed_at_ && (*failed_at_ == Time::max() || Clock::now() - *failed_at_ < failed_for))
        return State::unavailable;
    failed_at_.reset();
    auto opened = file_.open();
    if (!opened && opened.error() == make_error_code(Error::busy)) return opened.error();
    if (!opened) {
        failed_at_ = Clock::now();
        return State::unavailable;
    }
    database_ = std::move(*opened);
    ++generation_;
    static_cast<void>(database_->script(settings));
    return State::open;
}

void FullTextIndex::went_idle() {
    if (!database_) return;
    if (database_->state() != Database::State::good) return report_failure();
    database_->checkpoint();
    database_.reset();
}

Result<FullTextIndex::Known> FullTextIndex::mailbox(const std::string& mailbox_id, std::uint32_t uidvalidity) {
    Known known;
    std::uint32_t old_validity = 0;
    const auto read = database_->each(
        "SELECT id, entries, uidvalidity FROM mailbox WHERE mailbox_id = ?",
        [&](const DatabaseRow& row) {
            known.mailbox = row.integer(0);
            known.entries = row.integer(1);
            old_validity = row.uid(2);
        },
        mailbox_id);
    if (!read) return read.error();
    if (known.mailbox != 0 && old_validity == uidvalidity) {
        const auto last = database_->number("SELECT id FROM entry WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT 1",
            id_of(known.mailbox, 0), id_of(known.mailbox, UINT32_MAX));
        if (!last) return last.error();
        known.last_uid = uid_of(last->value_or(0));
        return known;
    }
    auto transaction = Transaction::begin(*database_, Durability::relaxed);
    if (!transaction) return transaction.error();
    // Other UIDs are other messages: they get a number of their own, and the old ones are swept.
    if (auto done = database_->run(
            "UPDATE mailbox SET mailbox_id = NULL WHERE mailbox_id = ? AND uidvalidity <> ?", mailbox_id, uidvalidity);
        !done)
        return done.error();
    if (auto done = database_->run(
            "INSERT OR IGNORE INTO mailbox(mailbox_id, uidvalidity) VALUES(?, ?)", mailbox_id, uidvalidity);
        !done)
        return done.error();
    if (auto done = (*transaction)->commit(); !done) return done.error();
    return Error::unfinished;
}

Result<void> FullTextIndex::forget_all_but(std::span<const std::string> mailbox_ids) {
    std::vector<std::int64_t> forgotten;
    const auto read =
        database_->each("SELECT id, mailbox_id FROM mailbox WHERE mailbox_id IS NOT NULL", [&](const DatabaseRow& row) {
            if (std::find(mailbox_ids.begin(), mailbox_ids.end(), row.text(1)) == mailbox_ids.end())
                forgotten.push_back(row.integer(0));
        });
    if (!read || forgotten.empty()) return read;
    auto transaction = Transaction::begin(*database_, Durability::relaxed);
    if (!transaction) return transaction.error();
    for (const auto id : forgotten)
        if (auto done = database_->run("UPDATE mailbox SET mailbox_id = NULL WHERE id = ?", id); !done) return done;
    return (*transaction)->commit();
}

Result<Progress> FullTextIndex::sweep(const Slice& slice) {
    const auto mailbox = database_->number("SELECT id FROM mailbox WHERE mailbox_id IS NULL LIMIT 1");
    if (!mailbox) return mailbox.error();
    if (!*mailbox) return Progress::finished;
    constexpr std::size_t uids_at_once = 256;
    const auto some = uids(**mailbox, 0, uids_at_once);
    if (!some) return some.error();
    if (!some->empty()) {
        const auto removed = remove(**mailbox, *some, slice);
        if (!removed) return removed.error();
        return Progress::unfinished;
    }
    if (auto done = database_->run("DELETE FROM mailbox WHERE id = ?", **mailbox); !done) return done.error();
    return Progress::unfinished;
}

Result<std::vector<std::uint32_t>> FullTextIndex::uids(std::int64_t mailbox, std::uint32_t after, std::size_t count) {
    std::vector<std::uint32_t> found;
    const auto read = database_->each(
        "SELECT id FROM entry WHERE id > ? AND id <= ? ORDER BY id LIMIT ?",
        [&](const DatabaseRow& row) { found.push_back(uid_of(row.integer(0))); }, id_of(mailbox, after),
        id_of(mailbox, UINT32_MAX), static_cast<std::int64_t>(count));
    if (!read) return read.error();
    return found;
}

Result<std::size_t> FullTextIndex::add(
    std::int64_t mailbox, std::span<const std::uint32_t> uids, const Slice& slice, const Read& read) {
    // All is read before the lock is taken: reading may need the locks of others.
    std::vector<std::pair<std::uint32_t, mail::FullText>> texts;
    std::size_t done = 0, bytes = 0;
    while (done < uids.size() && (done == 0 || !slice.is_over()) && bytes < text_bytes_at_once) {
        auto text = read(uids[done]);
        if (!text && texts.empty()) return text.error();
        if (!text) break; // what there is goes in first
        if (*text) bytes += size_of(**text);
        if (*text) texts.emplace_back(uids[done], std::move(**text));
        ++done;
    }
    if (texts.empty()) return done;
    auto transaction = Transaction::begin(*database_, Durability::relaxed);
    if (!transaction) return transaction.error();
    const auto is_there = database_->number("SELECT 1 FROM mailbox WHERE id = ? AND mailbox_id IS NOT NULL", mailbox);
    if (!is_there) return is_there.error();
    if (!*is_there) return Error::no_such_mailbox;
    std::int64_t added = 0;
    for (const auto& [uid, text] : texts) {
        if (auto put = database_->run("INSERT OR IGNORE INTO entry VALUES(?)", id_of(mailbox, uid)); !put)
            return put.error();
        if (database_->changes() == 0) continue; // another process was faster
        if (auto put = add_one(id_of(mailbox, uid), text); !put) return put.error();
        ++added;
    }
    if (auto finished = finish(**transaction, mailbox, added); !finished) return finished.error();
    return done;
}

// Of a transaction that has put in or taken out messages.
Result<void> FullTextIndex::finish(Transaction& transaction, std::int64_t mailbox, std::int64_t added) {
    if (auto done = database_->run("UPDATE mailbox SET entries = entries + ? WHERE id = ?", added, mailbox); !done)
        return done;
    if (auto done = database_->run("INSERT INTO words(words, rank) VALUES('merge', ?)", merged_pages_at_once); !done)
        return done;
    return transaction.commit();
}

Result<void> FullTextIndex::add_one(std::int64_t id, const mail::FullText& text) {
    const auto packed = pack(text);
    if (auto put = database_->run("INSERT INTO packed VALUES(?, ?)", id, Blob{packed}); !put) return put;
    return database_->run("INSERT INTO words(rowid, subject, sender, recipient, cc, bcc, header, body) "
                          "VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
        id, text[0], text[1], text[2], text[3], text[4], text[5], text[6]);
}

Result<std::size_t> FullTextIndex::remove(
    std::int64_t mailbox, std::span<const std::uint32_t> uids, const Slice& slice) {
    auto transaction = Transaction::begin(*database_, Durability::relaxed);
    if (!transaction) return transaction.error();
    std::size_t done = 0;
    std::int64_t removed = 0;
    while (done < uids.size() && (done == 0 || !slice.is_over())) {
        const auto count = remove_one(id_of(mailbox, uids[done]));
        if (!count) return count.error();
        removed += *count;
        ++done;
    }
    if (auto finished = finish(**transaction, mailbox, -removed); !finished) return finished.error();
    return done;
}

// How many: one or none.
Result<std::int64_t> FullTextIndex::remove_one(std::int64_t id) {
    if (auto done = database_->run("DELETE FROM entry WHERE id = ?", id); !done) return done.error();
    if (database_->changes() == 0) return 0;
    std::optional<mail::FullText> text;
    const auto read = database_->each(
        "SELECT text FROM packed WHERE id = ?", [&](const DatabaseRow& row) { text = unpack(row.text(0)); }, id);
    if (!read) return read.error();
    if (!text) {
        database_->declare_damaged("the text of message " + std::to_string(uid_of(id)) + " of mailbox " +
                                   std::to_string(mailbox_of(id)) + " isn't what was written");
        return Error::unfinished;
    }
    if (auto done = database_->run("DELETE FROM packed WHERE id = ?", id); !done) return done.error();
    auto done = database_->run("INSERT INTO words(words, rowid, subject, sender, recipient, cc, bcc, header, body) "
                               "VALUES('delete', ?, ?, ?, ?, ?, ?, ?, ?)",
        id, (*text)[0], (*text)[1], (*text)[2], (*text)[3], (*text)[4], (*text)[5], (*text)[6]);
    if (!done) return done.error();
    return 1;
}

Result<std::vector<FullTextIndex::Hit>> FullTextIndex::find(
    std::int64_t mailbox, const std::string& query, std::uint32_t after, std::size_t count) {
    std::vector<Hit> hits;
    // A word in the subject counts most, then names and addresses, then the text; SQLite's bm25 is the lower the
    // better.
    const auto read = database_->each(
        "SELECT rowid, CAST(bm25(words, 8.0, 4.0, 2.0, 2.0, 2.0, 0.5, 1.0) * -1000000 AS INTEGER) FROM words "
        "WHERE words MATCH ? AND rowid > ? AND rowid <= ? ORDER BY rowid LIMIT ?",
        [&](const DatabaseRow& row) {
            hits.push_back({uid_of(row.integer(0)), row.integer(1)});
        },
        query, id_of(mailbox, after), id_of(mailbox, UINT32_MAX), static_cast<std::int64_t>(count));
    if (!read) return read.error();
    return hits;
}

} // namespace hearth::store
