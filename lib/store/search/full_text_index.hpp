// SPDX-License-Identifier: Apache-2.0
// search.db: which words are in which message, for SEARCH FUZZY (RFC 6203). Everything in it is had again from the
// mail; it is filled when somebody searches, and no other command touches it.
#pragma once

#include "base/clock.hpp"
#include "mail/full_text.hpp"
#include "store/search/search_file.hpp"
#include "store/slice.hpp"
#include "store/store.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace hearth::store {

/// The full-text index of one account, open between the first fuzzy search and the worker's idleness. Every call but
/// ready() needs ready(); all may say Error::busy or Error::unfinished, as the store's do.
class FullTextIndex {
public:
    /// A file that failed is left alone this long.
    static constexpr std::chrono::minutes failed_for{5};
    /// Damage in one worker's life after which it searches without an index.
    static constexpr int damages_max = 3;

    /// `directory`: that of index.db.
    FullTextIndex(std::string directory, IndexOwner owner, Warn warn);

    enum class State { open, unavailable };
    /// Opens the database, or another in the place of one that failed or was deleted; generation() tells.
    /// `unavailable`: none can be had for now.
    Result<State> ready();
    [[nodiscard]] std::uint64_t generation() const { return generation_; }
    /// Closes it: an idle worker keeps nothing of it.
    void went_idle();

    /// Its number here for a mailbox with this MAILBOXID and UIDVALIDITY, a new one if need be, and how many of its
    /// messages are in.
    struct Known {
        std::int64_t mailbox = 0;
        std::int64_t entries = 0;
        std::uint32_t last_uid = 0; ///< the highest that is in; 0: none
    };
    Result<Known> mailbox(const std::string& mailbox_id, std::uint32_t uidvalidity);
    /// What is known of mailboxes with other ids is to go.
    Result<void> forget_all_but(std::span<const std::string> mailbox_ids);
    /// Removes some of what is to go.
    Result<Progress> sweep(const Slice& slice);

    /// Up to `count` UIDs above `after`, ascending.
    Result<std::vector<std::uint32_t>> uids(std::int64_t mailbox, std::uint32_t after, std::size_t count);
    /// The text of a message; nothing: it can't be read, and is left out.
    using Read = std::function<Result<std::optional<mail::FullText>>(std::uint32_t uid)>;
    /// Puts messages in, at least the first one and more until the slice is over: how many of `uids` are done.
    /// Error::no_such_mailbox: another process has put the mailbox away; ask for its number again.
    Result<std::size_t> add(
        std::int64_t mailbox, std::span<const std::uint32_t> uids, const Slice& slice, const Read& read);
    /// Takes messages out, likewise.
    Result<std::size_t> remove(std::int64_t mailbox, std::span<const std::uint32_t> uids, const Slice& slice);
    /// Up to `count` messages above UID `after` that `query` (fuzzy_query.hpp) finds, ascending; scores are bm25, in
    /// millionths, the higher the better.
    struct Hit {
        std::uint32_t uid = 0;
        std::int64_t score = 0;
    };
    Result<std::vector<Hit>> find(
        std::int64_t mailbox, const std::string& query, std::uint32_t after, std::size_t count);

private:
    Result<void> add_one(std::int64_t id, const mail::FullText& text);
    Result<void> finish(Transaction& transaction, std::int64_t mailbox, std::int64_t added);
    Result<std::int64_t> remove_one(std::int64_t id);
    void report_failure();

    SearchFile file_;
    Warn warn_;
    std::unique_ptr<Database> database_;
    std::uint64_t generation_ = 0;
    std::optional<Time> failed_at_;
    int damages_ = 0;
};

} // namespace hearth::store
