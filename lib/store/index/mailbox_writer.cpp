// SPDX-License-Identifier: Apache-2.0
#include "store/index/mailbox_writer.hpp"

#include "store/index/stamps_blob.hpp"
#include "store/message_ids.hpp"

#include <ctime>

namespace hearth::store {

using mail::Flag;

Result<MailboxWriter> MailboxWriter::begin(Index& index, std::int64_t mailbox, Durability durability) {
    auto transaction = index.begin_change(durability);
    if (!transaction) return transaction.error();
    auto state = index.mailbox(mailbox);
    if (!state) return state.error();
    if (state->id == 0) return Error::no_such_mailbox;
    return MailboxWriter(index, std::move(*transaction), std::move(*state));
}

Result<std::uint64_t> MailboxWriter::modseq() {
    if (modseq_ == 0) {
        const auto taken = index_->take_modseq();
        if (!taken) return taken;
        modseq_ = state_.modseq = *taken;
    }
    return modseq_;
}

Result<std::optional<Placement>> MailboxWriter::find(std::string_view base) {
    const auto uid =
        index_->database().number("SELECT uid FROM placement WHERE mailbox = ? AND base = ?", state_.id, base);
    if (!uid) return uid.error();
    if (!*uid) return std::optional<Placement>();
    return find(static_cast<std::uint32_t>(**uid));
}

Result<std::optional<std::int64_t>> MailboxWriter::owes_removal(std::uint32_t uid) {
    return index_->database().number(
        "SELECT 1 FROM expunged WHERE mailbox = ? AND uid = ? AND file IS NOT NULL", state_.id, uid);
}

Result<std::optional<std::int64_t>> MailboxWriter::expunged(std::uint32_t uid) {
    return index_->database().number("SELECT 1 FROM expunged WHERE mailbox = ? AND uid = ?", state_.id, uid);
}

// Adds `placement` to the counters, or takes it off.
Result<void> MailboxWriter::count(const Placement& placement, int sign) {
    const auto size = index_->database().number("SELECT counted FROM message WHERE id = ?", placement.message);
    if (!size) return size.error();
    count(placement, size->value_or(0), sign);
    return {};
}

void MailboxWriter::count(const Placement& placement, std::int64_t bytes, int sign) {
    state_.exists += sign;
    state_.bytes += sign * bytes;
    if (!placement.flags.has(Flag::seen)) state_.unseen += sign;
    if (placement.fresh) state_.fresh += sign;
    if (placement.uid >= state_.first_recent) state_.recent += sign;
    if (!placement.flags.has(Flag::deleted)) return;
    state_.deleted += sign;
    state_.deleted_bytes += sign * bytes;
}

// The message that this is a placement of: a known one, or a new one.
Result<MailboxWriter::Counted> MailboxWriter::message_of(const NewPlacement& placement) {
    auto& database = index_->database();
    // A base name says that two files are the same mail. It is believed only where time and size agree.
    std::optional<Counted> known;
    bool guid_taken = false;
    auto read = database.each(
        "SELECT id, received, stored_size, counted FROM message WHERE guid = ?",
        [&](const DatabaseRow& row) {
            guid_taken = true;
            if (row.integer(1) == placement.received && row.integer(2) == placement.stored_size)
                known = Counted{row.integer(0), row.integer(3)};
        },
        placement.guid);
    if (!read) return read.error();
    if (known) return *known;
    const auto emailid = guid_taken
                             ? email_id_of(placement.guid + "/" + state_.guid + "/" + std::to_string(placement.uid) +
                                           "/" + std::to_string(state_.uidvalidity))
                             : email_id_of(placement.guid);
    const auto bytes = placement.size.value_or(size_bound(placement.stored_size));
    const auto made = database.number("INSERT INTO message(guid, emailid, received, stored_size, size, counted) "
                                      "VALUES(?, ?, ?, ?, ?, ?) RETURNING id",
        placement.guid, emailid, placement.received, placement.stored_size, placement.size, bytes);
    if (!made) return made.error();
    return Counted{made->value_or(0), bytes};
}

Result<std::int64_t> MailboxWriter::knows_anything() {
    if (state_.exists != 0) return 1;
    const auto known = index_->database().number("SELECT EXISTS(SELECT 1 FROM placement WHERE mailbox = ?1) OR "
                                                 "EXISTS(SELECT 1 FROM expunged WHERE mailbox = ?1) OR "
                                                 "EXISTS(SELECT 1 FROM listed WHERE mailbox = ?1)",
        state_.id);
    if (!known) return known.error();
    return known->value_or(1);
}

Result<void> MailboxWriter::add(const NewPlacement& added, bool only_ours) {
    const auto sequence = modseq();
    if (!sequence) return sequence.error();
    const auto message = message_of(added);
    if (!message) return message.error();
    auto& database = index_->database();
    auto done = database.run("INSERT INTO placement VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", state_.id, added.uid,
        message->id, int{added.flags.bits}, added.keywords, added.received, *sequence, added.fresh, added.saved,
        added.base, added.info);
    if (!done) return done;
    // One that was away and came back isn't expunged any more.
    if (!only_ours) done = database.run("DELETE FROM expunged WHERE mailbox = ? AND uid = ?", state_.id, added.uid);
    if (done && !only_ours)
        done = database.run("DELETE FROM listed WHERE mailbox = ? AND base = ?", state_.id, added.base);
    if (!done) return done;
    state_.uidnext = std::max(state_.uidnext, added.uid + 1);
    Placement counted;
    counted.uid = added.uid;
    counted.flags = added.flags;
    counted.fresh = added.fresh;
    count(counted, message->bytes, 1);
    return {};
}

Result<Placement> MailboxWriter::change(const Placement& before, const Placement& wanted) {
    auto after = wanted;
    const bool visible = !(before.flags == after.flags) || before.keywords != after.keywords;
    auto sequence = before.modseq;
    if (visible) {
        const auto taken = modseq();
        if (!taken) return taken.error();
        sequence = *taken;
    }
    auto done =
        visible
            ? index_->database().run("UPDATE placement SET flags = ?, keywords = ?, modseq = ?, fresh = ?, info = ? "
                                     "WHERE mailbox = ? AND uid = ?",
                  int{after.flags.bits}, after.keywords, sequence, after.fresh, after.info, state_.id, after.uid)
            : index_->database().run("UPDATE placement SET fresh = ?, info = ? WHERE mailbox = ? AND uid = ?",
                  after.fresh, after.info, state_.id, after.uid);
    if (!done) return done.error();
    after.modseq = sequence;
    const auto difference = [&](Flag flag) {
        return (after.flags.has(flag) ? 1 : 0) - (before.flags.has(flag) ? 1 : 0);
    };
    state_.unseen -= difference(Flag::seen);
    state_.fresh += (after.fresh ? 1 : 0) - (before.fresh ? 1 : 0);
    const auto deleted = difference(Flag::deleted);
    if (deleted == 0) return after;
    const auto size = index_->database().number("SELECT counted FROM message WHERE id = ?", after.message);
    if (!size) return size.error();
    state_.deleted += deleted;
    state_.deleted_bytes += deleted * size->value_or(0);
    return after;
}

Result<std::int64_t> MailboxWriter::remove(const Placement& placement) {
    const auto sequence = modseq();
    if (!sequence) return sequence.error();
    if (auto counted = count(placement, -1); !counted) return counted.error();
    auto& database = index_->database();
    const auto stored = database.number("SELECT stored_size FROM message WHERE id = ?", placement.message);
    if (!stored) return stored.error();
    const auto bytes = stored->value_or(0);
    const auto now = static_cast<std::int64_t>(::time(nullptr));
    Result<void> done = database.run("DELETE FROM placement WHERE mailbox = ? AND uid = ?", state_.id, placement.uid);
    if (done)
        done = database.run(
            "INSERT OR REPLACE INTO expunged VALUES(?, ?, ?, ?, NULL)", state_.id, placement.uid, *sequence, now);
    if (done) done = list_without_file(placement.base, placement.uid);
    if (!done) return done.error();
    const auto others = database.number("SELECT 1 FROM placement WHERE message = ? LIMIT 1", placement.message);
    if (!others) return others.error();
    if (*others) return bytes;
    done = database.run(
        "INSERT INTO destroyed SELECT emailid, ?, ? FROM message WHERE id = ?", *sequence, now, placement.message);
    if (done) done = database.run("DELETE FROM summary WHERE message = ?", placement.message);
    if (done) done = database.run("DELETE FROM digest WHERE message = ?", placement.message);
    if (done) done = database.run("DELETE FROM message WHERE id = ?", placement.message);
    if (!done) return done.error();
    return bytes;
}

Result<void> MailboxWriter::list_without_file(std::string_view base, std::uint32_t uid) {
    return index_->database().run("INSERT OR REPLACE INTO listed VALUES(?, ?, ?)", state_.id, base, uid);
}

Result<void> MailboxWriter::forget_listed() {
    return index_->database().run("DELETE FROM listed WHERE mailbox = ?", state_.id);
}

Result<void> MailboxWriter::forget_unlisted(const std::unordered_set<std::string_view>& listed) {
    std::vector<std::string> gone;
    auto done = index_->database().each(
        "SELECT base FROM listed WHERE mailbox = ?",
        [&](const DatabaseRow& row) {
            if (listed.count(row.text(0)) == 0) gone.emplace_back(row.text(0));
        },
        state_.id);
    for (const auto& base : gone)
        if (done) done = index_->database().run("DELETE FROM listed WHERE mailbox = ? AND base = ?", state_.id, base);
    return done;
}

Result<void> MailboxWriter::removed(std::uint32_t uid) {
    return index_->database().run("UPDATE expunged SET file = NULL WHERE mailbox = ? AND uid = ?", state_.id, uid);
}

Result<void> MailboxWriter::add_keyword(std::size_t number, std::string_view name) {
    state_.keywords = std::max(state_.keywords, static_cast<std::int64_t>(number) + 1);
    return index_->database().run(
        "INSERT OR IGNORE INTO keyword VALUES(?, ?, ?)", state_.id, std::uint64_t{number}, name);
}

Result<void> MailboxWriter::reset() {
    const auto sequence = modseq();
    if (!sequence) return sequence.error();
    auto& database = index_->database();
    Result<void> done = database.run("DELETE FROM placement WHERE mailbox = ?", state_.id);
    if (done) done = database.run("DELETE FROM expunged WHERE mailbox = ?", state_.id);
    if (done) done = forget_listed();
    if (done)
        done = database.run("DELETE FROM summary WHERE NOT EXISTS (SELECT 1 FROM placement p WHERE p.message = "
                            "summary.message)");
    if (done)
        done = database.run("DELETE FROM digest WHERE NOT EXISTS (SELECT 1 FROM placement p WHERE p.message = "
                            "digest.message)");
    if (done)
        done = database.run("DELETE FROM message WHERE NOT EXISTS (SELECT 1 FROM placement p WHERE p.message = "
                            "message.id)");
    state_.exists = state_.unseen = state_.deleted = state_.fresh = state_.bytes = state_.deleted_bytes = 0;
    state_.recent = 0;
    state_.uidnext = state_.first_recent = 1;
    state_.tombstone_floor = *sequence;
    return done;
}

Result<void> MailboxWriter::claim_recent(std::uint32_t from) {
    if (from <= state_.first_recent) return {};
    state_.first_recent = from;
    if (from >= state_.uidnext) {
        state_.recent = 0;
        return {};
    }
    const auto left = index_->database().number(
        "SELECT count(*) FROM placement WHERE mailbox = ? AND uid >= ?", state_.id, from);
    if (!left) return left.error();
    state_.recent = left->value_or(0);
    return {};
}

// Old tombstones go when something else is written, a few at a time; the floor says how far back they reach.
Result<void> MailboxWriter::drop_old_tombstones() {
    auto& database = index_->database();
    const auto before = static_cast<std::int64_t>(::time(nullptr)) - Index::tombstone_seconds;
    const auto floor =
        database.number("SELECT max(modseq) FROM (SELECT modseq FROM expunged INDEXED BY expunged_at WHERE "
                        "mailbox = ? AND at < ? AND file IS NULL ORDER BY at LIMIT 200)",
            state_.id, before);
    if (!floor) return floor.error();
    if (floor->value_or(0) == 0) return {};
    state_.tombstone_floor = std::max(state_.tombstone_floor, static_cast<std::uint64_t>(**floor));
    auto done = database.run("DELETE FROM expunged WHERE mailbox = ? AND at < ? AND modseq <= ? AND file IS NULL",
        state_.id, before, **floor);
    if (done) done = database.run("DELETE FROM destroyed WHERE at < ?", before);
    return done;
}

Result<void> MailboxWriter::commit() {
    if (modseq_ != 0)
        if (auto dropped = drop_old_tombstones(); !dropped) return dropped;
    auto done = index_->database().run(
        "UPDATE mailbox SET guid = ?, uidvalidity = ?, uidnext = ?, modseq = ?, tombstone_floor = ?, exists_n = ?, "
        "unseen_n = ?, deleted_n = ?, fresh_n = ?, bytes = ?, deleted_bytes = ?, keywords_n = ?, stamps = ?, "
        "mark_header = ?, mark_line = ?, first_recent = ?, recent_n = ? WHERE id = ?",
        state_.guid, state_.uidvalidity, state_.uidnext, state_.modseq, state_.tombstone_floor, state_.exists,
        state_.unseen, state_.deleted, state_.fresh, state_.bytes, state_.deleted_bytes, state_.keywords,
        Blob{encode_stamps(state_)}, state_.mark.header, state_.mark.last_line, state_.first_recent,
        state_.recent, state_.id);
    if (!done) return done;
    done = transaction_->commit();
    if (!done && index_->database().state() != Database::State::good) {
        transaction_.reset(); // undone in memory
        index_->disown_failed_commit();
    }
    if (!done) return done;
    if (modseq_ != 0) index_->ring();
    return {};
}

} // namespace hearth::store
