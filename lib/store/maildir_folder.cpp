// SPDX-License-Identifier: Apache-2.0
#include "store/maildir_folder.hpp"

#include "store/index/mailbox_writer.hpp"
#include "store/maildir/file_name.hpp"

#include <algorithm>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace hearth::store {
namespace {

namespace errc = boost::system::errc;

constexpr std::int64_t second = 1000000000;
// Class B changes are durable within this time, if anybody comes by.
constexpr std::int64_t unsettled_max = 1 * second;
// Rows read, and files moved, between two looks at the clock.
constexpr std::size_t page = 2000;
constexpr std::size_t moves = 64;

bool comes_before(const MessageRow& row, std::uint32_t uid) {
    return row.uid < uid;
}

// `rows` with these changes: UIDs that went, and rows that changed or came; all ascending.
void merge(Rows& rows, const Uids& gone, const Rows& changed) {
    if (!gone.empty())
        std::erase_if(
            rows, [&](const MessageRow& row) { return std::binary_search(gone.begin(), gone.end(), row.uid); });
    bool in_order = true;
    const auto known = rows.size();
    for (const auto& row : changed) {
        const auto end = rows.begin() + static_cast<std::ptrdiff_t>(known);
        const auto at = std::lower_bound(rows.begin(), end, row.uid, comes_before);
        if (at != end && at->uid == row.uid) {
            *at = row;
            continue;
        }
        in_order = in_order && at == end;
        rows.push_back(row);
    }
    if (!in_order)
        std::sort(rows.begin(), rows.end(), [](const MessageRow& a, const MessageRow& b) { return a.uid < b.uid; });
}

} // namespace

MaildirFolder::MaildirFolder(FolderPlace place, Index& index, Warn warn)
    : parts_(std::move(place), index, std::move(warn)) {
    struct stat status {};
    if (::fstat(parts_.place.directory.get(), &status) == 0) inode_ = status.st_ino;
}

// Another index is in use: what was remembered of the old one counts no more.
void MaildirFolder::forget() {
    parts_.id = 0;
    version_ = {};
    state_ = {};
    seen_ = stored_ = {};
    names_known_ = false;
    rescan_.reset();
    drop_rows();
    fresh_.clear();
    ++generation_;
}

void MaildirFolder::drop_rows() {
    unseen_from_ = 0;
    loading_.reset();
    rows_known_ = false;
    rows_ = std::make_shared<Rows>();
}

Result<void> MaildirFolder::attach() {
    auto& index = parts_.index;
    if (auto ready = index.ready(); !ready) return ready;
    if (index.generation() != index_generation_) forget();
    index_generation_ = index.generation();
    if (parts_.id != 0) return {};
    const auto state = index.mailbox(parts_.place.key);
    if (!state) return state.error();
    const auto owed = index.owed_removals(state->id);
    if (!owed) return owed.error();
    parts_.id = state->id;
    if (!owed->empty() && parts_.writable)
        if (auto done = finish_removals(*owed); !done) return done;
    return {};
}

Result<void> MaildirFolder::catch_up(Want want) {
    if (auto done = follow_index(); !done) return done;
    if (state_.uidvalidity == 0 || (want == Want::rows && !rows_known_))
        if (auto refreshed = refresh(Want::rows, false); !refreshed) return refreshed.error();
    return {};
}

Result<void> MaildirFolder::follow_index() {
    if (auto attached = attach(); !attached) return attached;
    auto& index = parts_.index;
    const auto version = index.version();
    if (!version) return version.error();
    if (*version == version_ && !parts_.letters_outdated) return {};
    ReadSnapshot snapshot(index.database());
    if (auto begun = snapshot.begin(); !begun) return begun;
    auto state = index.mailbox(parts_.id);
    if (!state) return state.error();
    if (state->id == 0) { // forgotten: the mailbox was deleted
        forget();
        // But one that is found by its name again and again, and never by its number, isn't.
        if (++rows_not_found_ > rows_not_found_max)
            index.database().declare_damaged("a mailbox is found by its name and not by its number");
        return Error::busy;
    }
    rows_not_found_ = 0;
    if (!(state->stamps == stored_) || parts_.letters_outdated) {
        stored_ = seen_ = state->stamps;
        names_known_ = names_known_ && !std::exchange(parts_.letters_outdated, false);
        parts_.keywords.take_letters(seen_.letters);
    }
    if (!names_known_ || state->keywords != static_cast<std::int64_t>(keywords().size()))
        if (auto loaded = load_keyword_names(); !loaded) return loaded;
    if (state->keywords != static_cast<std::int64_t>(keywords().size()) ||
        state->stamps.letters != parts_.keywords.letter_numbers()) {
        index.database().declare_damaged("the keywords of a mailbox don't fit its letters");
        return Error::unfinished;
    }
    if (rows_known_ && (state->uidvalidity != state_.uidvalidity || state->tombstone_floor > rows_modseq_)) drop_rows();
    if (rows_known_)
        if (auto done = bring_rows_up_to(*state); !done) return done;
    if (rows_known_ && static_cast<std::int64_t>(rows_->size()) != state->exists) {
        index.database().declare_damaged("a mailbox has another number of rows than it says");
        return Error::unfinished;
    }
    Uids fresh;
    if (state->fresh != 0) {
        auto read = index.fresh(parts_.id);
        if (!read) return read.error();
        fresh = std::move(*read);
    }
    const bool changed = state->modseq != state_.modseq || state->uidnext != state_.uidnext || fresh != fresh_ ||
                         state->uidvalidity != state_.uidvalidity || state->keywords != state_.keywords;
    if (changed) ++generation_;
    fresh_ = std::move(fresh);
    state_ = std::move(*state);
    version_ = *version;
    return {};
}

// Rows that a session holds as its view must not change under it. Makes room for `more` of them in their copy.
void MaildirFolder::unshare_rows(std::size_t more) {
    if (rows_.use_count() <= 1) return;
    auto own = std::make_shared<Rows>();
    own->reserve(rows_->size() + more);
    *own = *rows_;
    rows_ = std::move(own);
}

Result<void> MaildirFolder::bring_rows_up_to(const MailboxState& state) {
    if (state.modseq <= rows_modseq_) return {};
    const auto gone = parts_.index.expunged_since(parts_.id, rows_modseq_);
    if (!gone) return gone.error();
    const auto changed = parts_.index.rows_changed(parts_.id, rows_modseq_);
    if (!changed) return changed.error();
    unshare_rows(changed->size() + rows_->size() / 16);
    merge(*rows_, *gone, *changed);
    for (const auto& row : *changed)
        if (!row.flags.has(mail::Flag::seen)) unseen_from_ = std::min(unseen_from_, row.uid);
    rows_modseq_ = state.modseq;
    return {};
}

Result<MaildirFolder::Recent> MaildirFolder::refresh(Want want, bool take_new) {
    const auto slice = Slice::from_now();
    if (auto done = follow_index(); !done) return done.error();
    const auto look = look_at(parts_);
    if (!look) return look.error();
    if (unsettled_since_ && look->taken_at - *unsettled_since_ > unsettled_max) settle();
    if (!(look->keywords == seen_.keywords))
        if (auto done = read_letters(look->keywords); !done) return done.error();
    if (auto done = rescan(slice, *look); !done) return done.error();
    if (take_new && state_.fresh > 0 && parts_.writable)
        if (auto done = take_new_files(slice); !done) return done.error();
    if (want == Want::rows)
        if (auto done = load_rows(slice); !done) return done.error();
    if (!take_new || !parts_.writable) return Recent{};
    const auto claimed = claim_recent();
    if (!claimed) return claimed.error();
    return Recent{std::exchange(taken_, {}), *claimed};
}

Result<void> MaildirFolder::rescan(const Slice& slice, const FolderLook& look) {
    if (!rescan_) {
        const bool cur_known = is_cur_known(seen_, look, state_.exists);
        const bool listed = seen_.uidlist == look.uidlist && state_.uidvalidity != 0;
        if (cur_known && listed && is_new_known(seen_, look)) return {};
        const bool only_new = cur_known && state_.uidvalidity != 0;
        rescan_ = std::make_unique<Rescan>(parts_, state_, seen_, look, only_new);
    }
    auto done = rescan_->work(slice);
    if (!done) {
        const bool goes_on =
            done.error() == make_error_code(Error::unfinished) || done.error() == make_error_code(Error::busy);
        if (!goes_on) rescan_.reset();
        return done;
    }
    auto seen = rescan_->seen();
    rescan_.reset();
    seen.letters = seen_.letters;
    seen.keywords = seen_.keywords;
    seen_ = seen;
    return follow_index();
}

Result<void> MaildirFolder::take_new_files(const Slice& slice) {
    const auto fresh = fresh_;
    const int directory = parts_.place.directory.get();
    for (std::size_t done = 0; done < fresh.size();) {
        auto writer = MailboxWriter::begin(parts_.index, parts_.id, Durability::relaxed);
        if (!writer) return writer.error();
        const OwnChange own(parts_, seen_, state_.exists);
        Uids taken;
        for (std::size_t moved_count = 0; done < fresh.size() && moved_count < moves; ++done) {
            const auto row = writer->find(fresh[done]);
            if (!row) return row.error();
            if (!*row || !(*row)->fresh) continue;
            const auto name = name_in_cur((*row)->name());
            const auto moved = rename_new(directory, (*row)->path(), directory, "cur/" + name);
            if (!moved && is_permission(moved.error())) {
                parts_.writable = false;
                done = fresh.size();
                break;
            }
            if (!moved) continue; // somebody else took it
            auto after = **row;
            after.fresh = false;
            after.info = name.substr(after.base.size());
            if (auto changed = writer->change(**row, after); !changed) return changed.error();
            ++moved_count;
            if (after.uid < writer->state().first_recent) taken.push_back(after.uid);
        }
        seen_ = own.finish(seen_);
        writer->state().saw(seen_);
        if (auto committed = writer->commit(); !committed) return committed;
        taken_.insert(taken_.end(), taken.begin(), taken.end());
        if (done < fresh.size() && slice.is_over()) {
            if (auto followed = follow_index(); !followed) return followed;
            return Error::unfinished;
        }
    }
    return follow_index();
}

// Beyond what is in memory nothing is claimed: the session couldn't show it.
Result<MaildirFolder::UidRange> MaildirFolder::claim_recent() {
    if (state_.recent == 0) return UidRange{};
    auto writer = MailboxWriter::begin(parts_.index, parts_.id, Durability::relaxed);
    if (!writer) return writer.error();
    if (writer->state().uidvalidity != state_.uidvalidity) return Error::unfinished;
    const UidRange range{writer->state().first_recent, state_.uidnext};
    if (!range.empty()) {
        if (auto claimed = writer->claim_recent(range.end); !claimed) return claimed.error();
        if (auto committed = writer->commit(); !committed) return committed.error();
    }
    state_.first_recent = writer->state().first_recent;
    state_.recent = writer->state().recent;
    return range;
}

std::size_t MaildirFolder::first_unseen() {
    if (state_.unseen == 0) return rows_->size();
    auto at = std::lower_bound(rows_->begin(), rows_->end(), unseen_from_, comes_before);
    while (at != rows_->end() && at->flags.has(mail::Flag::seen))
        ++at;
    unseen_from_ = at == rows_->end() ? state_.uidnext : at->uid;
    return static_cast<std::size_t>(at - rows_->begin());
}

Result<void> MaildirFolder::load_rows(const Slice& slice) {
    if (rows_known_) return {};
    if (!loading_ || loading_->uidvalidity != state_.uidvalidity || loading_->modseq < state_.tombstone_floor) {
        loading_ = std::make_unique<Loading>();
        loading_->modseq = state_.modseq;
        loading_->uidvalidity = state_.uidvalidity;
        loading_->rows.reserve(static_cast<std::size_t>(std::max<std::int64_t>(state_.exists, 0)));
    }
    auto& rows = loading_->rows;
    for (;;) {
        const auto more = parts_.index.rows(parts_.id, rows.empty() ? 0 : rows.back().uid, page);
        if (!more) return more.error();
        rows.insert(rows.end(), more->begin(), more->end());
        if (more->size() < page) break;
        if (slice.is_over()) return Error::unfinished;
    }
    rows_ = std::make_shared<Rows>(std::move(rows));
    unseen_from_ = 0;
    rows_modseq_ = loading_->modseq;
    rows_known_ = true;
    loading_.reset();
    ++generation_;
    version_ = {}; // what changed meanwhile
    return follow_index();
}

Result<std::optional<Placement>> MaildirFolder::placement(std::uint32_t uid) {
    if (auto done = catch_up(); !done) return done.error();
    return parts_.index.placement(parts_.id, uid);
}

Result<MessageFile> MaildirFolder::open_file(std::uint32_t uid) {
    for (int attempt = 0; attempt < 2; ++attempt) {
        const auto row = placement(uid);
        if (!row) return row.error();
        if (!*row) return Error::expunged;
        std::string reason;
        auto file = MessageFile::open(parts_.place.directory.get(), (*row)->path(), &reason);
        if (file) return file;
        if (file.error() == make_error_code(Error::unsupported))
            parts_.warn("mailbox " + parts_.place.label + ": " + (*row)->name() + " can't be read: it is " + reason);
        if (file.error() != errc::no_such_file_or_directory) return parts_.store_error(file.error(), "read a message");
        seen_.cur = {};
        if (const auto refreshed = refresh(Want::counters, false); !refreshed) return refreshed.error();
    }
    return Error::expunged;
}

void MaildirFolder::owe_settling() {
    if (!unsettled_since_) unsettled_since_ = realtime();
}

void MaildirFolder::settle() {
    if (!std::exchange(unsettled_since_, std::nullopt)) return;
    const auto synced = sync_directory(parts_.place.directory.get(), "cur");
    const bool is_deleted = !synced && synced.error() == errc::no_such_file_or_directory;
    if (!synced && !is_deleted)
        parts_.warn("mailbox " + parts_.place.label + ": fsync of cur/ failed: " + synced.error().message());
}

std::size_t MaildirFolder::memory_bytes() const {
    return sizeof *this + rows_->capacity() * sizeof(MessageRow) + fresh_.capacity() * sizeof(std::uint32_t);
}

} // namespace hearth::store
