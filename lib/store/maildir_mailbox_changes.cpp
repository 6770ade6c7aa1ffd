// SPDX-License-Identifier: Apache-2.0
// STORE and EXPUNGE in a session's view.
#include "store/maildir_mailbox.hpp"
#include "store/row_search.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace hearth::store {

Result<FlagOutcome> MaildirMailbox::change_flags(std::span<const std::uint32_t> uids, const FlagChange& change) {
    if (read_only_) return Error::not_permitted;
    if (auto done = ready(); !done) return done.error();
    const auto bits = folder_->keyword_bits(change.keywords, change.mode != FlagChange::Mode::remove);
    if (!bits) return bits.error();
    if (auto done = folder_->find_all(uids); !done) return done.error();
    if (auto done = folder_->catch_up(MaildirFolder::Want::rows); !done) return done.error();
    // While the view is the folder's own rows, lets go of them, so that the folder can change them without a copy.
    // Nobody else's change comes with that: change_flags does nothing unless the folder is in step with the index, and
    // leaves the folder as its own transaction left the index.
    const bool is_shared = rows_ == folder_->rows() && generation_ == folder_->generation();
    if (is_shared) rows_.reset();
    auto outcome = folder_->change_flags(uids, change, *bits);
    if (is_shared) rows_ = folder_->rows();
    if (!outcome) return outcome;
    take_keywords();
    if (is_shared) {
        generation_ = folder_->generation();
        modseq_ = folder_->state().modseq;
    } else {
        show(outcome->changed);
    }
    return outcome;
}

// The folder's keywords become those of the view. Another index may have given them other numbers.
void MaildirMailbox::take_keywords() {
    const auto& now = folder_->keywords();
    const bool same_numbers =
        keywords_.size() <= now.size() && std::equal(keywords_.begin(), keywords_.end(), now.begin());
    if (!same_numbers && rows_ != folder_->rows()) {
        std::array<std::uint64_t, keywords_max> bits{};
        for (std::size_t i = 0; i < keywords_.size(); ++i)
            if (const auto at = std::find(now.begin(), now.end(), keywords_[i]); at != now.end())
                bits.at(i) = std::uint64_t{1} << (at - now.begin());
        auto own = std::make_shared<Rows>(*rows_);
        for (auto& row : *own) {
            const auto before = std::exchange(row.keywords, 0);
            for (std::size_t i = 0; i < keywords_max; ++i)
                if ((before >> i & 1) != 0) row.keywords |= bits[i];
        }
        rows_ = own_ = std::move(own);
    }
    keywords_ = now;
}

// The view's rows of these messages become what the folder's are; all others stay until sync().
void MaildirMailbox::show(std::span<const std::uint32_t> uids) {
    const auto now = folder_->rows();
    if (uids.empty() || rows_ == now) return;
    if (rows_ != own_) own_ = std::make_shared<Rows>(*rows_);
    for (const auto uid : uids) {
        auto* mine = find_row(*own_, uid);
        const auto* theirs = find_row(*now, uid);
        if (mine == nullptr || theirs == nullptr) continue;
        const bool recent = mine->recent;
        *mine = *theirs;
        mine->recent = recent;
    }
    rows_ = own_;
}

Result<Expunged> MaildirMailbox::expunge(std::span<const std::uint32_t> uids, bool only_deleted) {
    if (read_only_) return Error::not_permitted;
    if (auto done = ready(); !done) return done.error();
    std::int64_t freed = 0;
    auto result = folder_->expunge(uids, only_deleted, freed);
    if (result && !result->gone.empty() && shared_.quota)
        static_cast<void>(shared_.quota->add({-freed, -static_cast<std::int64_t>(result->gone.size())}));
    return result;
}

Result<void> MaildirMailbox::add_seen(std::span<const std::uint32_t> uids) {
    if (read_only_) return Error::not_permitted;
    Uids wanted;
    Rows before;
    for (const auto uid : uids)
        if (const auto* row = find(uid); row != nullptr && !row->flags.has(mail::Flag::seen)) {
            wanted.push_back(uid);
            before.push_back(*row);
        }
    if (wanted.empty()) return {};
    FlagChange change;
    change.flags.set(mail::Flag::seen);
    const auto outcome = change_flags(wanted, change);
    if (!outcome) return outcome.error();
    leave_for_sync(before);
    return {};
}

// Who reads a message is told that it is \Seen, and no more. Flags that others have changed in it since wait for sync().
void MaildirMailbox::leave_for_sync(std::span<const MessageRow> before) {
    std::shared_ptr<Rows> own;
    for (const auto& row : before) {
        const auto* now = find(row.uid);
        auto expected = row.flags;
        expected.set(mail::Flag::seen);
        if (now == nullptr || !now->flags.has(mail::Flag::seen)) continue;
        if (now->flags == expected && now->keywords == row.keywords) continue;
        if (!own) own = std::make_shared<Rows>(*rows_);
        auto& shown = *find_row(*own, row.uid);
        shown = row;
        shown.flags = expected;
    }
    if (!own) return;
    rows_ = std::move(own);
    own_.reset();
    generation_ = 0; // so that sync() compares all rows
}

} // namespace hearth::store
