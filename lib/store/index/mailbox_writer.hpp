// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/index/index.hpp"

#include <unordered_set>

namespace hearth::store {

/// A message that comes into a mailbox.
struct NewPlacement {
    std::uint32_t uid = 0;
    mail::Flags flags;
    std::uint64_t keywords = 0;
    bool fresh = false;
    std::string base, info;
    std::string guid;
    std::int64_t received = 0, stored_size = 0;
    std::optional<std::int64_t> size; ///< with CRLF line ends
    std::int64_t saved = 0;
};

/// One write transaction on one mailbox: the only way its rows change, so that counters, modseqs and tombstones stay in
/// step with them. All visible changes have one modseq. Undone when destroyed without commit.
class MailboxWriter {
public:
    /// Error::no_such_mailbox when the mailbox is gone from the index.
    static Result<MailboxWriter> begin(Index& index, std::int64_t mailbox, Durability durability);

    /// As it is in this transaction. What isn't a counter may be changed, and is written by commit().
    MailboxState& state() { return state_; }
    Result<std::optional<Placement>> find(std::uint32_t uid) { return index_->placement(state_.id, uid); }
    Result<std::optional<Placement>> find(std::string_view base);
    /// Has a value when the file of an expunged message is still to be removed.
    Result<std::optional<std::int64_t>> owes_removal(std::uint32_t uid);
    /// Has a value when a message of this UID is expunged, as far back as tombstones reach.
    Result<std::optional<std::int64_t>> expunged(std::uint32_t uid);

    /// Adds a message; its UID and base name must not be there. One with the GUID, date and size of a known one is it.
    /// `only_ours`: no row, tombstone or line without file stands for its UID or base name, for sure.
    Result<void> add(const NewPlacement& placement, bool only_ours = false);
    /// 0: neither rows nor tombstones nor lines without file.
    Result<std::int64_t> knows_anything();
    /// Puts `after` in the place of `before`. A change of flags or keywords is visible, one of the name alone is not.
    /// Gives the row as it is now, with its modseq.
    Result<Placement> change(const Placement& before, const Placement& after);
    /// Removes a message, whose file is gone, and leaves a tombstone. Gives the bytes that its file had.
    Result<std::int64_t> remove(const Placement& placement);
    /// The file that a tombstone said was still to be removed is gone.
    Result<void> removed(std::uint32_t uid);
    /// A line of the uidlist whose file isn't there; should it come (back), it has this UID. add() takes it off.
    Result<void> list_without_file(std::string_view base, std::uint32_t uid);
    Result<void> forget_listed();
    /// Of the lines without file those whose base name the uidlist has no more.
    Result<void> forget_unlisted(const std::unordered_set<std::string_view>& listed);
    Result<void> add_keyword(std::size_t number, std::string_view name);
    /// Messages below `from` are \Recent for nobody any more but for who asks for this.
    Result<void> claim_recent(std::uint32_t from);
    /// UIDVALIDITY changed: all that was known is gone.
    Result<void> reset();
    Result<void> commit();

private:
    MailboxWriter(Index& index, std::unique_ptr<Transaction> transaction, MailboxState state)
        : index_(&index), transaction_(std::move(transaction)), state_(std::move(state)) {}
    Result<std::uint64_t> modseq();
    struct Counted {
        std::int64_t id = 0, bytes = 0;
    };
    Result<Counted> message_of(const NewPlacement& placement);
    void count(const Placement& placement, std::int64_t bytes, int sign);
    Result<void> count(const Placement& placement, int sign);
    Result<void> drop_old_tombstones();

    Index* index_;
    std::unique_ptr<Transaction> transaction_;
    MailboxState state_;
    std::uint64_t modseq_ = 0; // of this transaction, once it needs one
};

} // namespace hearth::store
