// SPDX-License-Identifier: Apache-2.0
// The queries of Index: rows of tables as values.
#include "store/index/index.hpp"
#include "store/index/stamps_blob.hpp"

#include <algorithm>

namespace hearth::store {
namespace {

MailboxState read_state(const DatabaseRow& row) {
    MailboxState state;
    state.id = row.integer(0);
    state.directory = row.text(1);
    state.guid = row.text(2);
    state.uidvalidity = row.uid(3);
    state.uidnext = row.uid(4);
    state.modseq = row.unsigned_integer(5);
    state.created_modseq = row.unsigned_integer(6);
    state.tombstone_floor = row.unsigned_integer(7);
    state.exists = row.integer(8);
    state.unseen = row.integer(9);
    state.deleted = row.integer(10);
    state.fresh = row.integer(11);
    state.bytes = row.integer(12);
    state.deleted_bytes = row.integer(13);
    state.keywords = row.integer(14);
    decode_stamps(row.text(15), state);
    state.mark.header = row.text(16);
    state.mark.last_line = row.text(17);
    state.special_use = row.text(18);
    state.first_recent = row.uid(19);
    state.recent = row.integer(20);
    return state;
}

MessageRow read_row(const DatabaseRow& row) {
    MessageRow result;
    result.uid = row.uid(0);
    result.message = row.unsigned_integer(1);
    result.flags.bits = static_cast<std::uint8_t>(row.integer(2));
    result.keywords = row.unsigned_integer(3);
    result.internal_date = row.integer(4);
    result.modseq = row.unsigned_integer(5);
    return result;
}

Placement read_placement(const DatabaseRow& row) {
    Placement placement;
    placement.uid = row.uid(0);
    placement.message = row.integer(1);
    placement.flags.bits = static_cast<std::uint8_t>(row.integer(2));
    placement.keywords = row.unsigned_integer(3);
    placement.received = row.integer(4);
    placement.modseq = row.unsigned_integer(5);
    placement.fresh = row.integer(6) != 0;
    placement.saved = row.integer(7);
    placement.base = row.text(8);
    placement.info = row.text(9);
    return placement;
}

} // namespace

Result<MailboxState> Index::mailbox(std::int64_t id) {
    MailboxState state;
    const auto read = database_->each(
        "SELECT id, directory, guid, uidvalidity, uidnext, modseq, created_modseq, "
        "tombstone_floor, exists_n, unseen_n, deleted_n, fresh_n, bytes, deleted_bytes, "
        "keywords_n, stamps, mark_header, mark_line, special_use, first_recent, recent_n FROM mailbox WHERE id = ?",
        [&](const DatabaseRow& row) { state = read_state(row); }, id);
    if (!read) return read.error();
    return state;
}

Result<MailboxState> Index::mailbox(const std::string& directory) {
    const auto known = database_->number("SELECT id FROM mailbox WHERE directory = ?", directory);
    if (!known) return known.error();
    if (*known) return mailbox(**known);
    auto transaction = begin_change(Durability::relaxed);
    if (!transaction) return transaction.error();
    const auto modseq = take_modseq();
    if (!modseq) return modseq.error();
    // What was expunged before this index began isn't known.
    auto made = database_->run("INSERT OR IGNORE INTO mailbox(directory, modseq, created_modseq, tombstone_floor) "
                               "VALUES(?, ?, ?, ?)",
        directory, *modseq, *modseq, *modseq);
    if (made) made = (*transaction)->commit();
    if (!made) return made.error();
    const auto id = database_->number("SELECT id FROM mailbox WHERE directory = ?", directory);
    if (!id) return id.error();
    return mailbox(id->value_or(0));
}

Result<std::vector<std::string>> Index::keywords(std::int64_t mailbox) {
    std::vector<std::string> names;
    const auto read = database_->each(
        "SELECT name FROM keyword WHERE mailbox = ? ORDER BY number",
        [&](const DatabaseRow& row) { names.emplace_back(row.text(0)); }, mailbox);
    if (!read) return read.error();
    return names;
}

Result<std::map<std::string, std::string>> Index::special_uses() {
    std::map<std::string, std::string> uses;
    const auto read = database_->each("SELECT directory, special_use FROM mailbox WHERE special_use <> ''",
        [&](const DatabaseRow& row) { uses.emplace(row.text(0), row.text(1)); });
    if (!read) return read.error();
    return uses;
}

Result<void> Index::set_special_use(const std::string& directory, const std::string& use) {
    const auto state = mailbox(directory);
    if (!state) return state.error();
    auto transaction = Transaction::begin(*database_, Durability::durable);
    if (!transaction) return transaction.error();
    if (auto set = database_->run("UPDATE mailbox SET special_use = ? WHERE id = ?", use, state->id); !set) return set;
    return (*transaction)->commit();
}

Result<std::vector<MessageRow>> Index::rows(std::int64_t mailbox, std::uint32_t after, std::size_t count) {
    std::vector<MessageRow> rows;
    rows.reserve(std::min<std::size_t>(count, 1024));
    const auto read = database_->each(
        "SELECT uid, message, flags, keywords, received, modseq FROM placement WHERE "
        "mailbox = ? AND uid > ? ORDER BY uid LIMIT ?",
        [&](const DatabaseRow& row) { rows.push_back(read_row(row)); }, mailbox, after, std::uint64_t{count});
    if (!read) return read.error();
    return rows;
}

Result<std::vector<MessageRow>> Index::rows_changed(std::int64_t mailbox, std::uint64_t modseq) {
    std::vector<MessageRow> rows;
    const auto read = database_->each(
        "SELECT uid, message, flags, keywords, received, modseq FROM placement "
        "INDEXED BY placement_modseq WHERE mailbox = ? AND modseq > ?",
        [&](const DatabaseRow& row) { rows.push_back(read_row(row)); }, mailbox, modseq);
    if (!read) return read.error();
    std::sort(rows.begin(), rows.end(), [](const MessageRow& a, const MessageRow& b) { return a.uid < b.uid; });
    return rows;
}

Result<std::vector<std::uint32_t>> Index::expunged_since(std::int64_t mailbox, std::uint64_t modseq) {
    std::vector<std::uint32_t> uids;
    const auto read = database_->each(
        "SELECT uid FROM expunged INDEXED BY expunged_modseq WHERE mailbox = ? AND modseq > ?",
        [&](const DatabaseRow& row) { uids.push_back(row.uid(0)); }, mailbox, modseq);
    if (!read) return read.error();
    std::sort(uids.begin(), uids.end());
    return uids;
}

Result<std::vector<std::uint32_t>> Index::fresh(std::int64_t mailbox) {
    std::vector<std::uint32_t> uids;
    const auto read = database_->each(
        "SELECT uid FROM placement INDEXED BY placement_fresh WHERE mailbox = ? AND fresh = 1",
        [&](const DatabaseRow& row) { uids.push_back(row.uid(0)); }, mailbox);
    if (!read) return read.error();
    std::sort(uids.begin(), uids.end());
    return uids;
}

Result<std::optional<std::uint32_t>> Index::listed_uid(std::int64_t mailbox, std::string_view base) {
    const auto uid = database_->number("SELECT uid FROM listed WHERE mailbox = ? AND base = ?", mailbox, base);
    if (!uid) return uid.error();
    return *uid ? std::optional(static_cast<std::uint32_t>(**uid)) : std::nullopt;
}

Result<std::optional<std::uint32_t>> Index::uid_of(std::int64_t mailbox, std::string_view base) {
    const auto uid = database_->number("SELECT uid FROM placement WHERE mailbox = ? AND base = ?", mailbox, base);
    if (!uid) return uid.error();
    return *uid ? std::optional(static_cast<std::uint32_t>(**uid)) : std::nullopt;
}

Result<std::int64_t> Index::listed_count(std::int64_t mailbox) {
    const auto count = database_->number("SELECT count(*) FROM listed WHERE mailbox = ?", mailbox);
    if (!count) return count.error();
    return count->value_or(0);
}

Result<std::vector<std::pair<std::uint32_t, std::string>>> Index::owed_removals(std::int64_t mailbox) {
    std::vector<std::pair<std::uint32_t, std::string>> owed;
    const auto read = database_->each(
        "SELECT uid, file FROM expunged INDEXED BY expunged_file WHERE mailbox = ? AND file IS NOT NULL",
        [&](const DatabaseRow& row) { owed.emplace_back(row.uid(0), row.text(1)); }, mailbox);
    if (!read) return read.error();
    return owed;
}

Result<std::optional<Placement>> Index::placement(std::int64_t mailbox, std::uint32_t uid) {
    std::optional<Placement> result;
    const auto read = database_->each(
        "SELECT uid, message, flags, keywords, received, modseq, fresh, saved, base, info "
        "FROM placement WHERE mailbox = ? AND uid = ?",
        [&](const DatabaseRow& row) { result = read_placement(row); }, mailbox, uid);
    if (!read) return read.error();
    return result;
}

Result<std::vector<Placement>> Index::placements(std::int64_t mailbox, std::uint32_t after, std::size_t count) {
    std::vector<Placement> result;
    const auto read = database_->each(
        "SELECT uid, message, flags, keywords, received, modseq, fresh, saved, base, info "
        "FROM placement WHERE mailbox = ? AND uid > ? ORDER BY uid LIMIT ?",
        [&](const DatabaseRow& row) { result.push_back(read_placement(row)); }, mailbox, after, std::uint64_t{count});
    if (!read) return read.error();
    return result;
}

Result<std::optional<MessageRecord>> Index::message(std::int64_t id) {
    std::optional<MessageRecord> result;
    const auto read = database_->each(
        "SELECT id, guid, emailid, received, stored_size, size, thread FROM message WHERE id = ?",
        [&](const DatabaseRow& row) {
            MessageRecord& record = result.emplace();
            record.id = row.integer(0);
            record.guid = row.text(1);
            record.emailid = row.text(2);
            record.received = row.integer(3);
            record.stored_size = row.integer(4);
            if (!row.is_null(5)) record.size = row.integer(5);
            record.thread = row.integer(6);
        },
        id);
    if (!read) return read.error();
    return result;
}

Result<void> Index::digests(std::uint64_t first, std::uint64_t last, int version, const OnDigest& on_digest) {
    return database_->each(
        "SELECT d.message, d.bytes, m.size FROM digest d JOIN message m ON m.id = d.message WHERE d.message BETWEEN ? "
        "AND ? AND d.version = ?",
        [&](const DatabaseRow& row) {
            std::optional<std::uint64_t> size;
            if (!row.is_null(2)) size = row.unsigned_integer(2);
            on_digest(row.unsigned_integer(0), row.text(1), size);
        },
        first, last, version);
}

} // namespace hearth::store
