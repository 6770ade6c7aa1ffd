// SPDX-License-Identifier: Apache-2.0
#include "store/maildir_mailbox.hpp"

#include "store/message_ids.hpp"
#include "store/row_search.hpp"

#include <algorithm>
#include <utility>

namespace hearth::store {
namespace {

Changes compare(const Rows& before, const Rows& after) {
    Changes changes;
    auto old = before.begin();
    for (const auto& row : after) {
        for (; old != before.end() && old->uid < row.uid; ++old)
            changes.vanished.push_back(old->uid);
        if (old == before.end() || old->uid > row.uid) {
            changes.arrived.push_back(row.uid);
            continue;
        }
        if (old->modseq != row.modseq) changes.flags_changed.push_back(row.uid);
        ++old;
    }
    for (; old != before.end(); ++old)
        changes.vanished.push_back(old->uid);
    return changes;
}

// The highest UID that was there and still is; 0: none.
std::uint32_t highest_left(const Rows& before, const std::vector<std::uint32_t>& vanished) {
    const auto left = std::find_if(before.rbegin(), before.rend(), [&](const MessageRow& row) {
        return !std::binary_search(vanished.begin(), vanished.end(), row.uid);
    });
    return left == before.rend() ? 0 : left->uid;
}

} // namespace

MaildirMailbox::MaildirMailbox(std::shared_ptr<MaildirFolder> folder, AccountShared& shared, bool read_only,
    const MaildirFolder::Recent& recent)
    : folder_(std::move(folder)),
      shared_(shared),
      read_only_(read_only || !folder_->writable()),
      uidvalidity_(folder_->state().uidvalidity) {
    add_recent(recent);
    // Who only looks on sees what nobody has claimed, and claims nothing.
    if (read_only_) add_recent({folder_->fresh(), {folder_->state().first_recent, UINT32_MAX}});
    take_rows();
}

// Takes the folder's rows as the view, with this session's \Recent in them.
void MaildirMailbox::take_rows() {
    rows_ = folder_->rows();
    generation_ = folder_->generation();
    index_generation_ = shared_.index.generation();
    const auto& state = folder_->state();
    uidnext_ = state.uidnext;
    modseq_ = state.modseq;
    mailbox_id_ = mailbox_id_of(state.guid);
    keywords_ = folder_->keywords();
    own_.reset();
    if (recent_count() == 0) return;
    own_ = std::make_shared<Rows>(*rows_);
    mark_recent();
    rows_ = own_;
}

void MaildirMailbox::add_recent(const MaildirFolder::Recent& more) {
    if (more.empty()) return;
    for (const auto uid : more.taken)
        recent_.push_back({uid, uid + 1});
    if (!more.claimed.empty()) recent_.push_back(more.claimed);
    std::sort(recent_.begin(), recent_.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<MaildirFolder::UidRange> joined;
    for (const auto& range : recent_) {
        if (!joined.empty() && range.first <= joined.back().end)
            joined.back().end = std::max(joined.back().end, range.end);
        else
            joined.push_back(range);
    }
    recent_ = std::move(joined);
}

void MaildirMailbox::mark_recent() {
    for (const auto& range : recent_)
        for (auto at = rows_from(*own_, range.first); at != own_->end() && at->uid < range.end; ++at)
            at->recent = true;
}

std::uint32_t MaildirMailbox::recent_count() const {
    std::ptrdiff_t count = 0;
    for (const auto& range : recent_)
        count += rows_from(*rows_, range.end) - rows_from(*rows_, range.first);
    return static_cast<std::uint32_t>(count);
}

std::size_t MaildirMailbox::first_unseen() const {
    // Rows of this session alone are the folder's, but for \Recent, as long as nothing has changed.
    const bool is_same = generation_ == folder_->generation() && rows_->size() == folder_->rows()->size();
    return is_same ? folder_->first_unseen() : Mailbox::first_unseen();
}

Result<Changes> MaildirMailbox::sync() {
    const auto recent = folder_->refresh(MaildirFolder::Want::rows, !read_only_);
    if (!recent) return recent.error();
    if (folder_->state().uidvalidity != uidvalidity_) {
        folder_->parts().warn("mailbox " + folder_->parts().place.label +
                              " has got new UIDs while it was open; the client must open it again");
        return Error::corrupt;
    }
    add_recent(*recent);
    if (folder_->generation() == generation_ && recent->empty()) return Changes{};
    const bool is_step =
        own_ && index_generation_ == shared_.index.generation() && folder_->state().tombstone_floor <= modseq_;
    if (is_step) return bring_own_rows_up_to_date();
    const auto before = std::move(rows_);
    const auto keywords_before = keywords_.size();
    take_rows();
    auto changes = compare(*before, *rows_);
    hide_late(highest_left(*before, changes.vanished), changes);
    changes.keywords_added = keywords_.size() > keywords_before;
    return changes;
}

// A client counts new messages from the end of its list, so none may come in between. That happens when another program
// lists UIDs before its files are there, or a file that was gone is back: such a message is for the next session.
void MaildirMailbox::hide_late(std::uint32_t highest, Changes& changes) {
    const auto late_end = std::lower_bound(changes.arrived.begin(), changes.arrived.end(), highest);
    if (late_end == changes.arrived.begin()) return;
    if (rows_ != own_) own_ = std::make_shared<Rows>(*rows_);
    std::erase_if(*own_, [&](const MessageRow& row) {
        return std::binary_search(changes.arrived.begin(), late_end, row.uid);
    });
    rows_ = own_;
    changes.arrived.erase(changes.arrived.begin(), late_end);
}

// Rows of this session alone take over what changed since, and only that: a delivery to a large mailbox costs no more
// than one to a small one.
Result<Changes> MaildirMailbox::bring_own_rows_up_to_date() {
    const auto& state = folder_->state();
    const auto gone = shared_.index.expunged_since(state.id, modseq_);
    if (!gone) return gone.error();
    const auto changed = shared_.index.rows_changed(state.id, modseq_);
    if (!changed) return changed.error();
    // These queries may see what other processes did just now. The folder's rows are of one moment.
    const auto now = folder_->rows();
    Changes changes;
    for (const auto uid : *gone)
        if (find_row(*own_, uid) != nullptr && find_row(*now, uid) == nullptr) changes.vanished.push_back(uid);
    if (!changes.vanished.empty())
        std::erase_if(*own_, [&](const MessageRow& row) {
            return std::binary_search(changes.vanished.begin(), changes.vanished.end(), row.uid);
        });
    const auto highest = own_->empty() ? 0 : own_->back().uid;
    for (const auto& row : *changed) {
        const auto* theirs = find_row(*now, row.uid);
        if (theirs == nullptr) continue; // next time
        if (auto* mine = find_row(*own_, row.uid)) {
            if (mine->modseq == theirs->modseq) continue; // our own change, shown already
            const bool recent = mine->recent;
            *mine = *theirs;
            mine->recent = recent;
            changes.flags_changed.push_back(row.uid);
            continue;
        }
        if (row.uid < highest) continue; // see hide_late()
        own_->push_back(*theirs);
        changes.arrived.push_back(row.uid);
    }
    mark_recent();
    changes.keywords_added = folder_->keywords().size() > keywords_.size();
    keywords_ = folder_->keywords();
    generation_ = folder_->generation();
    uidnext_ = state.uidnext;
    modseq_ = state.modseq;
    return changes;
}

const MessageRow* MaildirMailbox::find(std::uint32_t uid) const {
    return find_row(*rows_, uid);
}

// To be called before anything is done with UIDs: they must mean what they meant when the view was made.
Result<void> MaildirMailbox::ready() const {
    if (auto done = folder_->catch_up(); !done) return done;
    if (folder_->state().uidvalidity != uidvalidity_) return Error::corrupt;
    return {};
}

// What the index knows of a message; by UID, because the row's id may be of an index that was replaced since.
Result<MessageRecord> MaildirMailbox::record(std::uint32_t uid) {
    if (find(uid) == nullptr) return Error::expunged;
    if (auto done = ready(); !done) return done.error();
    const auto row = folder_->placement(uid);
    if (!row) return row.error();
    if (!*row) return Error::expunged;
    auto record = shared_.index.message((*row)->message);
    if (!record) return record.error();
    if (!*record) return Error::expunged;
    return std::move(**record);
}

// RFC 7162 section 3.2.5.2: without tombstones that reach so far back, every UID that isn't there.
Result<Uids> MaildirMailbox::expunged_since(std::uint64_t modseq) {
    if (auto done = ready(); !done) return done.error();
    const auto& state = folder_->state();
    if (modseq >= state.tombstone_floor) {
        auto uids = shared_.index.expunged_since(state.id, modseq);
        if (!uids) return uids;
        std::erase_if(*uids, [&](std::uint32_t uid) { return uid >= uidnext_ || find(uid) != nullptr; });
        return uids;
    }
    // A uidlist that somebody wrote may leave billions of UIDs unused; no client wants to hear of them one by one.
    constexpr std::size_t uids_max = 4000000;
    Uids uids;
    auto row = rows_->begin();
    for (std::uint32_t uid = 1; uid < uidnext_; ++uid) {
        for (; row != rows_->end() && row->uid < uid; ++row) {
        }
        if (row != rows_->end() && row->uid == uid) continue;
        if (uids.size() == uids_max) return Error::limit_reached;
        uids.push_back(uid);
    }
    return uids;
}

int MaildirMailbox::watch_descriptor() {
    const auto& path = folder_->parts().place.path;
    if (watch_.descriptor() < 0) watch_.start({path + "/cur", path + "/new"}, shared_.index.bell_path());
    return watch_.descriptor();
}

} // namespace hearth::store
