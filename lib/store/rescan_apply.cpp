// SPDX-License-Identifier: Apache-2.0
// The part of a rescan that writes what it found into the index.
#include "base/text.hpp"
#include "store/index/mailbox_writer.hpp"
#include "store/maildir/file_name.hpp"
#include "store/maildir/new_file.hpp"
#include "store/rescan.hpp"

#include <ctime>
#include <fcntl.h>
#include <sys/stat.h>
#include <unordered_set>

namespace hearth::store {
namespace {

// Changes between two looks at the clock.
constexpr int batch = 64;
// So many new messages are worth more memory of the index while they come in.
constexpr std::size_t bulk_min = 500;

} // namespace

// What the look before the scan saw counts as seen now; but for want of room some files may not have been shown.
void Rescan::take_stamps() {
    if (hidden_) return;
    if (!only_new_) {
        const bool ours = seen_.own_since != 0 && seen_.cur == look_.cur;
        seen_.own_since = ours ? look_.taken_at : 0;
        seen_.cur = look_.cur;
        seen_.scanned_at = look_.taken_at;
    }
    seen_.fresh = look_.fresh;
    seen_.fresh_at = look_.taken_at;
    if (list_read_) seen_.uidlist = reading_.stamp;
}

Result<void> Rescan::apply(const Slice& slice) {
    const bool writes = list_read_ || !changed_.empty() || !missing_.empty() || !new_.empty();
    if (!writes) {
        take_stamps();
        // Others, and the next worker, profit from knowing that nothing has changed; but that is worth no waiting.
        const bool known = is_cur_known(state_.stamps, look_, 0) && is_new_known(state_.stamps, look_);
        if (known || !is_cur_known(seen_, look_, 0) || !is_new_known(seen_, look_)) return {};
    }
    if (new_.size() >= bulk_min) parts_.index.expect_bulk(true);
    for (;;) {
        auto writer = MailboxWriter::begin(parts_.index, parts_.id, Durability::relaxed);
        if (!writer && !writes) return {};
        if (!writer) return writer.error();
        if (!parts_.knows_letters(writer->state())) return Error::busy;
        if (auto done = find_out_whether_empty(*writer); !done) return done;
        const auto progress = apply_some(*writer, slice);
        if (!progress) return progress.error();
        const bool all = *progress == Progress::finished;
        if (all) store_seen(writer->state());
        // What was there before the index is \Recent only as far as it lies in new/.
        if (all && is_first_)
            if (auto done = writer->claim_recent(writer->state().uidnext); !done) return done;
        if (auto done = writer->commit(); !done) return done;
        written_modseq_ = writer->state().modseq;
        if (all) return {};
        if (slice.is_over()) return Error::unfinished;
    }
}

// Rows of a mailbox that nobody else writes to, and that was empty, need no look at what is there already.
Result<void> Rescan::find_out_whether_empty(MailboxWriter& writer) {
    if (written_modseq_ != 0) {
        only_ours_ = only_ours_ && writer.state().modseq == written_modseq_;
        return {};
    }
    const auto known = writer.knows_anything();
    if (!known) return known.error();
    only_ours_ = *known == 0 && !reset_;
    return {};
}

void Rescan::store_seen(MailboxState& state) {
    if (list_read_ && reading_.list.uidvalidity != 0) {
        state.uidvalidity = reading_.list.uidvalidity;
        state.guid = reading_.list.guid;
        state.uidnext = std::max(state.uidnext, reading_.list.uidnext);
        state.mark = reading_.mark;
    }
    take_stamps();
    state.saw(seen_);
}

// Some of what is to be written; true: that was all.
Result<Progress> Rescan::apply_some(MailboxWriter& writer, const Slice& slice) {
    if (std::exchange(reset_, false)) {
        if (auto done = writer.reset(); !done) return done.error();
        writer.state().uidvalidity = state_.uidvalidity = reading_.list.uidvalidity;
        is_first_ = true;
        changed_.clear();
        missing_.clear();
    }
    for (int count = 1;; ++count) {
        Result<void> done;
        if (applied_missing_ < missing_.size())
            done = apply_change(writer, missing_[applied_missing_++]);
        else if (applied_changes_ < changed_.size())
            done = apply_change(writer, changed_[applied_changes_++]);
        else if (applied_new_ < new_.size())
            done = apply_new(writer, new_[applied_new_++]);
        else
            break;
        if (!done) return done.error();
        if (count % batch == 0 && slice.is_over()) return Progress::unfinished;
    }
    if (std::exchange(dead_known_, false) && !only_ours_) {
        std::unordered_set<std::string_view> bases;
        for (const auto& record : reading_.list.records)
            bases.insert(record.base);
        if (auto done = writer.forget_unlisted(bases); !done) return done.error();
    }
    for (; applied_dead_ < dead_.size(); ++applied_dead_)
        if (auto done = list_without_file(writer, dead_[applied_dead_]); !done) return done.error();
    return Progress::finished;
}

// A line without file, unless there is a row: then its file was found since.
Result<void> Rescan::list_without_file(MailboxWriter& writer, const UidlistRecord& record) {
    const auto row = writer.find(record.base);
    if (!row) return row.error();
    if (*row) return {};
    return writer.list_without_file(record.base, record.uid);
}

// A row whose file has another name, or none any more. What the index says now counts if the disk agrees with it.
Result<void> Rescan::apply_change(MailboxWriter& writer, std::uint32_t uid) {
    const auto row = writer.find(uid);
    if (!row) return row.error();
    if (!*row || is_there((*row)->fresh, (*row)->name())) return {};
    const auto* found = scan_.find((*row)->base);
    if (found != nullptr && is_there(found->fresh, found->name)) {
        const auto changed = writer.change(**row, with_foreign_name(**row, found->name, found->fresh, parts_.keywords));
        return changed ? Result<void>() : Result<void>(changed.error());
    }
    // It may have got one more name since; then the directory has got another time, and the next look finds it.
    if (found != nullptr) return {};
    if (const auto removed = writer.remove(**row); !removed) return removed.error();
    return {};
}

// What stands in the way of a new row goes. Blocked: there is to be none.
Result<Rescan::Way> Rescan::make_way(MailboxWriter& writer, const Unlisted& added, const std::string& path) {
    const auto owed = writer.owes_removal(added.record.uid);
    if (!owed) return owed.error();
    if (owed->has_value() && state_.uidvalidity == reading_.list.uidvalidity) { // expunged, and then we died
        if (auto gone = remove_file(parts_.place.directory.get(), path); !gone) return Way::blocked;
        if (auto done = writer.removed(added.record.uid); !done) return done.error();
        return Way::blocked;
    }
    const auto same = writer.find(parse_maildir_name(added.file->name).base);
    if (!same) return same.error();
    if (*same && (*same)->uid == added.record.uid) return Way::blocked;
    if (*same)
        if (auto done = writer.remove(**same); !done) return done.error();
    const auto taken = writer.find(added.record.uid);
    if (!taken) return taken.error();
    if (*taken)
        if (auto done = writer.remove(**taken); !done) return done.error();
    return Way::free;
}

Result<void> Rescan::apply_new(MailboxWriter& writer, const Unlisted& added) {
    if (added.record.uid == 0) return {};
    const auto& file = *added.file;
    const auto name = parse_maildir_name(file.name);
    struct stat status {};
    const auto path = path_in_maildir(file.fresh, file.name);
    const bool there = ::fstatat(parts_.place.directory.get(), path.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
                       S_ISREG(status.st_mode);
    if (!there) return list_without_file(writer, added.record);
    if (!only_ours_) {
        const auto way = make_way(writer, added, path);
        if (!way) return way.error();
        if (*way == Way::blocked) return {};
    }
    NewPlacement placement;
    placement.uid = added.record.uid;
    placement.flags = name.flags;
    placement.keywords = parts_.keywords.bits(name.letters);
    placement.fresh = file.fresh;
    placement.base = name.base;
    placement.info = file.name.substr(name.base.size());
    placement.guid = added.record.extension('G').value_or(name.base);
    placement.received = status.st_mtim.tv_sec;
    placement.stored_size = status.st_size;
    if (name.virtual_size)
        placement.size = static_cast<std::int64_t>(*name.virtual_size);
    else if (const auto field = added.record.extension('W'))
        if (const auto size = parse_u64(*field)) placement.size = static_cast<std::int64_t>(*size);
    placement.saved = static_cast<std::int64_t>(::time(nullptr));
    return writer.add(placement, only_ours_);
}

} // namespace hearth::store
