// SPDX-License-Identifier: Apache-2.0
#include "store/memory_mailbox.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace hearth::store {
namespace {

// Few, so that who uses it learns to ask again.
constexpr std::size_t expunged_at_once = 3;

// The bits of a change's keywords. Unknown ones are only added when they are set; nothing when there is no room.
std::optional<std::uint64_t> keyword_bits(MemoryAccount::Folder& folder, const FlagChange& change) {
    if (change.mode != FlagChange::Mode::remove) {
        auto names = folder.keywords;
        for (const auto& name : change.keywords)
            if (std::none_of(names.begin(), names.end(), [&](const auto& n) { return equal_ignoring_case(n, name); }))
                names.push_back(name);
        if (names.size() > keywords_max) return std::nullopt;
        folder.keywords = std::move(names);
    }
    std::uint64_t bits = 0;
    for (const auto& name : change.keywords)
        for (std::size_t i = 0; i < folder.keywords.size(); ++i)
            if (equal_ignoring_case(folder.keywords[i], name)) bits |= std::uint64_t{1} << i;
    return bits;
}

void apply(MessageRow& row, const FlagChange& change, std::uint64_t keywords) {
    switch (change.mode) {
    case FlagChange::Mode::replace:
        row.flags = change.flags;
        row.keywords = keywords;
        break;
    case FlagChange::Mode::add:
        row.flags.bits = static_cast<std::uint8_t>(row.flags.bits | change.flags.bits);
        row.keywords |= keywords;
        break;
    case FlagChange::Mode::remove:
        row.flags.bits = static_cast<std::uint8_t>(row.flags.bits & ~change.flags.bits);
        row.keywords &= ~keywords;
        break;
    }
}

bool same(const MessageRow& a, const MessageRow& b) {
    return a.flags == b.flags && a.keywords == b.keywords && a.modseq == b.modseq;
}

} // namespace

MemoryMailbox::MemoryMailbox(std::shared_ptr<Folder> folder, std::shared_ptr<Faults> faults, bool read_only)
    : folder_(std::move(folder)), faults_(std::move(faults)), read_only_(read_only) {
    look();
}

MessageRow* MemoryMailbox::row(std::uint32_t uid) {
    const auto at = std::lower_bound(
        rows_.begin(), rows_.end(), uid, [](const MessageRow& r, std::uint32_t wanted) { return r.uid < wanted; });
    return at == rows_.end() || at->uid != uid ? nullptr : &*at;
}

MemoryMailbox::StoredMessage* MemoryMailbox::stored(std::uint32_t uid) {
    return row(uid) == nullptr ? nullptr : folder_->find(uid);
}

Changes MemoryMailbox::look() {
    Changes changes;
    std::vector<MessageRow> rows;
    for (auto& stored : folder_->messages) {
        auto now = stored.row;
        if (const auto* before = row(now.uid)) {
            now.recent = before->recent;
            if (!same(*before, now)) changes.flags_changed.push_back(now.uid);
        } else {
            changes.arrived.push_back(now.uid);
            if (!read_only_) stored.row.recent = false;
        }
        rows.push_back(now);
    }
    for (const auto& before : rows_)
        if (folder_->find(before.uid) == nullptr) changes.vanished.push_back(before.uid);
    changes.keywords_added = folder_->keywords.size() > keywords_.size();
    rows_ = std::move(rows);
    keywords_ = folder_->keywords;
    uidnext_ = folder_->uidnext;
    highest_modseq_ = folder_->highest_modseq;
    return changes;
}

Result<Changes> MemoryMailbox::sync() {
    if (const auto fault = faults_->take()) return *fault;
    if (folder_->removed) return Error::no_such_mailbox;
    return look();
}

Result<std::uint64_t> MemoryMailbox::size(std::uint32_t uid) {
    const auto* found = stored(uid);
    if (found == nullptr) return Error::expunged;
    return mail::to_crlf(found->bytes).size();
}

Result<std::shared_ptr<const mail::Message>> MemoryMailbox::message(std::uint32_t uid) {
    const auto* found = stored(uid);
    if (found == nullptr || found->unreadable) return Error::expunged;
    return mail::Message::parse(mail::to_crlf(found->bytes));
}

Result<MessageFacts> MemoryMailbox::facts(std::uint32_t uid) {
    const auto* found = stored(uid);
    if (found == nullptr) return Error::expunged;
    const auto number = std::to_string(found->row.message);
    return MessageFacts{"G" + number, "M" + number, found->threadid, found->saved};
}

Result<std::vector<std::uint32_t>> MemoryMailbox::expunged_since(std::uint64_t modseq) {
    if (const auto fault = faults_->take()) return *fault;
    std::vector<std::uint32_t> gone;
    if (modseq < folder_->tombstone_floor) {
        for (std::uint32_t uid = 1; uid < uidnext_; ++uid)
            if (row(uid) == nullptr) gone.push_back(uid);
        return gone;
    }
    for (const auto& tombstone : folder_->tombstones)
        if (tombstone.modseq > modseq && tombstone.uid < uidnext_ && row(tombstone.uid) == nullptr)
            gone.push_back(tombstone.uid);
    std::sort(gone.begin(), gone.end());
    return gone;
}

Result<FlagOutcome> MemoryMailbox::change_flags(std::span<const std::uint32_t> uids, const FlagChange& change) {
    if (const auto fault = faults_->take()) return *fault;
    if (read_only_) return Error::not_permitted;
    const auto bits = keyword_bits(*folder_, change);
    if (!bits) return Error::limit_reached;
    keywords_ = folder_->keywords;
    FlagOutcome outcome;
    const auto modseq = folder_->highest_modseq + 1;
    for (const auto uid : uids) {
        auto* mine = row(uid);
        auto* found = folder_->find(uid);
        if (mine == nullptr || found == nullptr) {
            outcome.gone.push_back(uid);
            continue;
        }
        if (change.unchanged_since && found->row.modseq > *change.unchanged_since) {
            outcome.modified.push_back(uid);
            continue;
        }
        const auto before = found->row;
        apply(found->row, change, *bits);
        if (!same(before, found->row)) folder_->highest_modseq = found->row.modseq = modseq;
        if (same(*mine, found->row)) continue;
        const bool recent = mine->recent;
        *mine = found->row;
        mine->recent = recent;
        outcome.changed.push_back(uid);
    }
    return outcome;
}

Result<Expunged> MemoryMailbox::expunge(std::span<const std::uint32_t> uids, bool only_deleted) {
    if (const auto fault = faults_->take()) return *fault;
    if (read_only_) return Error::not_permitted;
    Expunged result;
    for (const auto uid : uids.first(std::min(uids.size(), expunged_at_once))) {
        ++result.done;
        const auto* found = stored(uid);
        if (found == nullptr || (only_deleted && !found->row.flags.has(mail::Flag::deleted))) continue;
        folder_->expunge(uid);
        result.gone.push_back(uid);
    }
    return result;
}

Result<void> MemoryMailbox::add_seen(std::span<const std::uint32_t> uids) {
    if (const auto fault = faults_->take()) return *fault;
    if (read_only_) return Error::not_permitted;
    const auto modseq = folder_->highest_modseq + 1;
    for (const auto uid : uids) {
        auto* found = stored(uid);
        if (found == nullptr) continue;
        if (!found->row.flags.has(mail::Flag::seen)) {
            found->row.flags.set(mail::Flag::seen);
            folder_->highest_modseq = found->row.modseq = modseq;
        }
        auto* mine = row(uid);
        const bool recent = mine->recent;
        *mine = found->row;
        mine->recent = recent;
    }
    return {};
}

} // namespace hearth::store
