// SPDX-License-Identifier: Apache-2.0
// The selected mailbox as this client knows it. Message sequence numbers are positions in the mailbox's rows, plus one:
// rows change only in the mailbox's sync(), and everything it finds is told to the client in the same step, where
// EXPUNGE responses may be sent (RFC 9051 section 7.5.1). So there is no second table to keep in step.
#pragma once

#include "base/clock.hpp"
#include "enabled.hpp"
#include "mail/uid_set.hpp"
#include "store/store.hpp"

#include <memory>
#include <optional>
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
    /// `enabled` outlives it.
    View(std::unique_ptr<store::Mailbox> mailbox, std::string name, const Enabled& enabled, Time now);

    [[nodiscard]] store::Mailbox& mailbox() const { return *mailbox_; }
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] std::span<const store::MessageRow> rows() const { return mailbox_->rows(); }
    [[nodiscard]] std::uint32_t uid_max() const;
    /// Where a UID is, if it is there.
    [[nodiscard]] std::optional<std::size_t> index_of(std::uint32_t uid) const;

    /// The rows of a set of UIDs, ascending and disjoint. UIDs that don't exist are no error.
    [[nodiscard]] std::vector<RowRange> rows_of_uids(const mail::NumberSet& set) const;
    /// The rows of sorted UIDs.
    [[nodiscard]] std::vector<RowRange> rows_of_uids(std::span<const std::uint32_t> sorted) const;
    /// The rows of a set of sequence numbers; nothing when a range lies wholly beyond the mailbox's end.
    [[nodiscard]] std::optional<std::vector<RowRange>> rows_of_sequence(const mail::NumberSet& set) const;
    [[nodiscard]] std::vector<std::uint32_t> uids_of(std::span<const RowRange> ranges) const;

    /// "(\Seen $Label \Recent)".
    void append_flags(std::string& out, const store::MessageRow& row) const;
    /// "MODSEQ (12)".
    static void append_modseq(std::string& out, const store::MessageRow& row);
    /// "* 12 FETCH (UID 40 FLAGS (...) MODSEQ (7))": the flags as they are; MODSEQ with CONDSTORE.
    void append_flags_update(std::string& out, std::size_t index) const;
    /// "* FLAGS (...)" and its PERMANENTFLAGS.
    void append_known_flags(std::string& out);
    /// The same, if there are keywords that the client hasn't been told of: before the first response with one.
    void tell_new_keywords(std::string& out);

    /// Tells the client what the mailbox's sync() has found: EXPUNGE or VANISHED, FLAGS, FETCH, EXISTS, RECENT.
    void tell(std::string& out, const store::Changes& changes, Time now);
    /// The mailbox was made anew under our feet: the session must end, its UIDs mean nothing any more.
    [[nodiscard]] bool is_invalid() const { return mailbox_->uidvalidity() != uidvalidity_; }
    [[nodiscard]] Time synced_at() const { return synced_at_; }

private:
    void tell_vanished(std::string& out, const store::Changes& changes) const;

    std::unique_ptr<store::Mailbox> mailbox_;
    std::string name_;
    const Enabled& enabled_;
    std::uint32_t uidvalidity_;
    std::size_t keywords_told_ = 0;
    Time synced_at_;
};

/// The sequence numbers that vanished messages had, highest first: sent in this order each is right as it stands.
/// `rows` and `changes` are what sync() left and found.
std::vector<std::uint32_t> vanished_numbers(std::span<const store::MessageRow> rows, const store::Changes& changes);

/// How many rows are \Recent.
std::uint32_t recent_count(std::span<const store::MessageRow> rows);

} // namespace hearth::imap
