// SPDX-License-Identifier: Apache-2.0
// STORE and EXPUNGE on a folder. Files are renamed and rows written while the index's write lock is held, so that no
// other process of ours sees one without the other.
#include "store/index/mailbox_writer.hpp"
#include "store/maildir/file_name.hpp"
#include "store/maildir_folder.hpp"
#include "store/row_search.hpp"

#include <algorithm>
#include <utility>

namespace hearth::store {
namespace {

namespace errc = boost::system::errc;

Placement changed_by(const Placement& before, const FlagChange& change, std::uint64_t bits) {
    auto after = before;
    const auto flags = change.flags.bits;
    switch (change.mode) {
    case FlagChange::Mode::replace:
        after.flags.bits = flags;
        after.keywords = bits;
        break;
    case FlagChange::Mode::add:
        after.flags.bits = static_cast<std::uint8_t>(before.flags.bits | flags);
        after.keywords = before.keywords | bits;
        break;
    case FlagChange::Mode::remove:
        after.flags.bits = static_cast<std::uint8_t>(before.flags.bits & ~flags);
        after.keywords = before.keywords & ~bits;
        break;
    }
    return after;
}

MessageRow row_of(const Placement& placement) {
    MessageRow row;
    row.uid = placement.uid;
    row.flags = placement.flags;
    row.keywords = placement.keywords;
    row.internal_date = placement.received;
    row.modseq = placement.modseq;
    row.message = static_cast<std::uint64_t>(placement.message);
    return row;
}

} // namespace

Result<void> MaildirFolder::find_all(std::span<const std::uint32_t> uids) {
    const auto look = look_at(parts_);
    if (!look) return look.error();
    if (is_cur_known(seen_, *look, state_.exists)) return {};
    bool all_there = true;
    for (const auto uid : uids) {
        const auto row = parts_.index.placement(parts_.id, uid);
        if (!row) return row.error();
        if (!*row) continue;
        const auto stamp = stamp_of(parts_.place.directory.get(), (*row)->path());
        all_there = all_there && stamp && stamp->exists();
    }
    if (all_there) return {};
    const auto refreshed = refresh(Want::counters, false);
    if (!refreshed) return refreshed.error();
    return {};
}

// The names as they are now, for messages that somebody has renamed.
Result<void> MaildirFolder::look_for_names() {
    if (search_) return {};
    auto search = std::make_unique<NameScan>();
    const int directory = parts_.place.directory.get();
    for (int look = 0; look < 2; ++look) { // a rename may hide a file from one of them
        if (auto begun = search->begin(directory, true); !begun) return begun;
        if (auto read = search->read(Slice::unlimited()); !read) return read.error();
    }
    search_ = std::move(search);
    return {};
}

// The row of a message whose file isn't where the index says, brought into step with the name it has now. Nothing: the
// file is gone.
Result<std::optional<Placement>> MaildirFolder::find_renamed(MailboxWriter& writer, const Placement& before) {
    if (auto looked = look_for_names(); !looked) return looked.error();
    const auto* found = search_->find(before.base);
    if (found == nullptr) return std::optional<Placement>();
    auto after = with_foreign_name(before, found->name, found->fresh, parts_.keywords);
    auto changed = writer.change(before, after);
    if (!changed) return changed.error();
    return std::optional(std::move(*changed));
}

// Renames the file and writes the row. Error::expunged: there is no file of this name.
Result<Placement> MaildirFolder::change_one(
    MailboxWriter& writer, const Placement& before, const Placement& wanted) {
    auto after = wanted;
    const int directory = parts_.place.directory.get();
    // Letters that stand for no keyword (yet) stay.
    const auto old_name = before.name();
    const auto old_letters = parse_maildir_name(old_name).letters;
    const auto nameless = old_letters & ~parts_.keywords.letters(~std::uint64_t{0});
    const auto name = with_flags(old_name, after.flags, parts_.keywords.letters(after.keywords) | nameless);
    after.fresh = false;
    after.info = name.substr(after.base.size());
    if (after.path() != before.path()) {
        const auto renamed = rename_new(directory, before.path(), directory, after.path());
        if (!renamed && renamed.error() == errc::no_such_file_or_directory) return Error::expunged;
        if (!renamed) return parts_.store_error(renamed.error(), "rename a message");
        owe_settling();
    }
    return writer.change(before, after);
}

// What a transaction of ours has changed, once it is committed, and nothing else: the index may be further by now, but
// what others did comes with the next look at it.
void MaildirFolder::take_own_change(const MailboxState& after, const Rows& changed) {
    if (after.modseq == state_.modseq) return;
    unshare_rows(0);
    for (const auto& row : changed) {
        auto* mine = find_row(*rows_, row.uid);
        if (mine == nullptr) continue;
        *mine = row;
        if (!row.flags.has(mail::Flag::seen)) unseen_from_ = std::min(unseen_from_, row.uid);
    }
    rows_modseq_ = state_.modseq = after.modseq;
    state_.unseen = after.unseen;
    state_.deleted = after.deleted;
    state_.deleted_bytes = after.deleted_bytes;
    ++generation_;
}

Result<FlagOutcome> MaildirFolder::change_flags(
    std::span<const std::uint32_t> uids, const FlagChange& change, std::uint64_t bits) {
    if (!parts_.writable) return Error::not_permitted;
    // Dovecot reads cur/ under this lock: a file that a rename hides from it would get another UID. Where there is no room
    // for a lock, it isn't what keeps people from setting \Deleted.
    const auto lock = parts_.uidlist.lock();
    if (!lock && lock.error() == make_error_code(Error::busy)) return lock.error();
    auto writer = MailboxWriter::begin(parts_.index, parts_.id, Durability::relaxed);
    if (!writer) return writer.error();
    if (writer->state().modseq != state_.modseq) return Error::unfinished;
    if (!parts_.knows_letters(writer->state())) return Error::busy;
    search_.reset();
    FlagOutcome outcome;
    Rows rows;
    const OwnChange own(parts_, seen_, state_.exists);
    for (const auto uid : uids) {
        auto row = writer->find(uid);
        if (!row) return row.error();
        if (!*row) {
            outcome.gone.push_back(uid);
            continue;
        }
        if (change.unchanged_since && (*row)->modseq > *change.unchanged_since) {
            outcome.modified.push_back(uid);
            continue;
        }
        auto after = changed_by(**row, change, bits);
        const bool same = after.flags == (*row)->flags && after.keywords == (*row)->keywords;
        auto done = same ? Result<Placement>(**row) : change_one(*writer, **row, after);
        if (!done && done.error() == make_error_code(Error::expunged)) { // somebody else changed its name
            auto renamed = find_renamed(*writer, **row);
            if (!renamed) return parts_.store_error(renamed.error(), "look for a message");
            if (*renamed) {
                rows.push_back(row_of(**renamed));
                done = change_one(*writer, **renamed, changed_by(**renamed, change, bits));
            }
        }
        if (!done && done.error() != make_error_code(Error::expunged)) {
            search_.reset();
            return done.error();
        }
        (done ? outcome.changed : outcome.gone).push_back(uid);
        if (done && !same) rows.push_back(row_of(*done));
    }
    const bool searched = search_ != nullptr;
    search_.reset();
    seen_ = own.finish(seen_);
    if (searched || !outcome.gone.empty()) seen_.cur = {};
    writer->state().saw(seen_);
    if (auto done = writer->commit(); !done) return done.error();
    take_own_change(writer->state(), rows);
    return outcome;
}

// Removes the file of an expunged message, under another name if somebody has renamed it. One that is gone is removed.
Result<void> MaildirFolder::remove_expunged(const std::string& path) {
    const int directory = parts_.place.directory.get();
    auto removed = remove_file(directory, path);
    if (removed || removed.error() != errc::no_such_file_or_directory) return removed;
    if (auto looked = look_for_names(); !looked) return looked;
    const auto name = std::string_view(path).substr(4);
    const auto* found = search_->find(name.substr(0, name.find(':')));
    if (found == nullptr) return {};
    removed = remove_file(directory, (found->fresh ? "new/" : "cur/") + found->name);
    // Gone once more: removed by somebody else, or renamed again, which the next look finds.
    if (!removed && removed.error() == errc::no_such_file_or_directory) return {};
    return removed;
}

// On disk for good, in the directories that these paths were in.
Result<void> MaildirFolder::sync_removals(std::span<const std::string> paths) {
    const int directory = parts_.place.directory.get();
    const auto was_in = [&](const char* part) {
        return std::any_of(paths.begin(), paths.end(), [&](const auto& path) { return path.starts_with(part); });
    };
    for (const auto* part : {"cur", "new"})
        if (was_in(part))
            if (auto synced = sync_directory(directory, part); !synced) return synced;
    return {};
}

// The files go first, and what is told is on disk then. Nobody sees them missing before the rows are gone, as the
// index's write lock is held; should we die in between, or the power take the log, the next look finds them vanished.
Result<Expunged> MaildirFolder::expunge(std::span<const std::uint32_t> uids, bool only_deleted, std::int64_t& freed) {
    if (!parts_.writable) return Error::not_permitted;
    if (auto done = catch_up(); !done) return done.error();
    if (auto found = find_all(uids); !found) return found.error();
    auto writer = MailboxWriter::begin(parts_.index, parts_.id, Durability::relaxed);
    if (!writer) return writer.error();
    if (writer->state().uidvalidity != state_.uidvalidity) return Error::unfinished;
    search_.reset();
    Expunged result;
    std::vector<std::string> paths;
    const OwnChange own(parts_, seen_, state_.exists);
    Result<void> removed;
    const auto slice = Slice::from_now();
    for (const auto uid : uids) {
        if (result.done > 0 && slice.is_over()) break;
        ++result.done;
        const auto row = writer->find(uid);
        if (!row) return row.error();
        if (!*row || (only_deleted && !(*row)->flags.has(mail::Flag::deleted))) continue;
        if (removed = remove_expunged((*row)->path()); !removed) break;
        paths.push_back((*row)->path());
        const auto bytes = writer->remove(**row);
        if (!bytes) return bytes.error();
        freed += *bytes;
        result.gone.push_back(uid);
    }
    const bool searched = std::exchange(search_, nullptr) != nullptr;
    if (removed) removed = sync_removals(paths);
    seen_ = own.finish(seen_);
    if (searched) seen_.cur = {};
    if (!result.gone.empty()) {
        writer->state().saw(seen_);
        if (auto done = writer->commit(); !done) return done.error();
    }
    // What is gone is gone, in the index too; but who asked isn't told that all of it is, for good.
    if (!removed) return parts_.store_error(removed.error(), "remove a message");
    return result;
}

// Removes the files of messages that an older version has expunged in the index, and died.
Result<void> MaildirFolder::finish_removals(std::span<const std::pair<std::uint32_t, std::string>> files) {
    const OwnChange own(parts_, seen_, state_.exists);
    std::vector<std::string> paths;
    Result<void> removed;
    for (const auto& [uid, path] : files) {
        if (removed) removed = remove_expunged(path);
        paths.push_back(path);
    }
    search_.reset();
    if (removed) removed = sync_removals(paths);
    if (!removed) return parts_.store_error(removed.error(), "remove a message");
    seen_ = own.finish(seen_);
    auto writer = MailboxWriter::begin(parts_.index, parts_.id, Durability::relaxed);
    if (!writer) return {}; // the tombstones keep the paths; whoever looks next finds no files
    for (const auto& [uid, path] : files)
        if (auto done = writer->removed(uid); !done) return {};
    if (seen_.cur.exists()) writer->state().saw(seen_);
    static_cast<void>(writer->commit());
    return {};
}

} // namespace hearth::store
