// SPDX-License-Identifier: Apache-2.0
// The selected mailbox as this client knows it. Message sequence numbers are positions in the mailbox's rows, plus one:
// rows change only in sync(), which tells the client everything in the same step, and sync() is only called where
// EXPUNGE responses may be sent (RFC 9051 section 7.5.1). So there is no second table to keep in step.
#pragma once

#include "base/clock.hpp"
#include "mail/uid_set.hpp"
#include "store/store.hpp"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace hearth::imap {

/// Rows [begin, end).
struct RowRange {
    std::size_t begin, end;
};

class View {
public:
    View(std::unique_ptr<store::Mailbox> mailbox, std::string name, Time now);

    [[nodiscard]] store::Mailbox& mailbox() const { return *mailbox_; }
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] std::span<const store::MessageRow> rows() const { return mailbox_->rows(); }
    [[nodiscard]] std::uint32_t uid_max() const;

    /// The rows of a set of UIDs, ascending and disjoint. UIDs that don't exist are no error.
    [[nodiscard]] std::vector<RowRange> rows_of_uids(const mail::NumberSet& set) const;
    /// The rows of a set of sequence numbers; nothing when a range lies wholly beyond the mailbox's end.
    [[nodiscard]] std::optional<std::vector<RowRange>> rows_of_sequence(const mail::NumberSet& set) const;

    /// "(\Seen $Label \Recent)".
    void append_flags(std::string& out, const store::MessageRow& row) const;
    /// "* FLAGS (...)" and its PERMANENTFLAGS.
    void append_known_flags(std::string& out) const;

    /// Looks for what others did and tells the client: EXPUNGE, FLAGS, FETCH, EXISTS, RECENT.
    Result<void> sync(std::string& out, Time now);
    /// The mailbox was made anew under our feet: the session must end, its UIDs mean nothing any more.
    [[nodiscard]] bool is_invalid() const { return mailbox_->uidvalidity() != uidvalidity_; }
    [[nodiscard]] Time synced_at() const { return synced_at_; }

private:
    std::unique_ptr<store::Mailbox> mailbox_;
    std::string name_;
    std::uint32_t uidvalidity_;
    Time synced_at_;
};

/// The sequence numbers that vanished messages had, highest first: sent in this order each is right as it stands.
/// `rows` and `changes` are what sync() left and found.
std::vector<std::uint32_t> vanished_numbers(std::span<const store::MessageRow> rows, const store::Changes& changes);

/// How many rows are \Recent.
std::uint32_t recent_count(std::span<const store::MessageRow> rows);

} // namespace hearth::imap
