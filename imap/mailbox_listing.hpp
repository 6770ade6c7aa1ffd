// SPDX-License-Identifier: Apache-2.0
// Which names LIST and LSUB answer with. Pure: the mailboxes are handed in.
#pragma once

#include "mailbox_pattern.hpp"
#include "store/store.hpp"
#include "wire/list_request.hpp"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace hearth::imap {

/// One line of the answer.
struct ListedMailbox {
    std::string name;
    char separator = '/';
    const store::MailboxInfo* info = nullptr; ///< null: a parent that doesn't exist, in the way of its children only
    bool child_matches = false;               ///< RFC 5258 CHILDINFO: something below it was selected
};

/// The patterns of a request with their reference. INBOX is the one name without case (RFC 9051 section 5.1), also as a
/// parent.
class MailboxPatterns {
public:
    MailboxPatterns(const ListRequest& request, char separator);
    [[nodiscard]] bool match(std::string_view name) const;

private:
    char separator_;
    std::vector<MailboxPattern> patterns_;
    std::vector<MailboxPattern> inbox_patterns_;       // in upper case, for the name INBOX
    std::vector<MailboxPattern> below_inbox_patterns_; // what follows an "inbox" of any case
};

/// Picks the names a slice at a time: a client may have thousands of mailboxes, and a request 32 patterns.
class MailboxSelection {
public:
    enum class Kind {
        list, ///< RFC 9051 section 6.3.9, RFC 5258
        /// RFC 3501 section 6.3.9: subscribed names, and for "%" parents of those that it hides (info is null then,
        /// whether they exist or not, as they aren't subscribed).
        lsub,
    };
    /// Both outlive this; the results point into `mailboxes`.
    MailboxSelection(const ListRequest& request, std::span<const store::MailboxInfo> mailboxes, Kind kind);

    /// Looks at some more; false when all is done.
    bool step();
    /// In name order.
    std::vector<ListedMailbox> take();

private:
    [[nodiscard]] bool is_selected(const store::MailboxInfo& info) const;
    void look_at(const store::MailboxInfo& info);
    void look_above(const store::MailboxInfo& info);
    void tell_parent(std::string_view parent, bool child_is_told);
    const store::MailboxInfo* find(std::string_view name);
    ListedMailbox& add(std::string_view name, const store::MailboxInfo* info);

    const ListRequest& request_;
    std::span<const store::MailboxInfo> mailboxes_;
    Kind kind_;
    bool plain_; // no selection: every name
    char separator_;
    MailboxPatterns patterns_;
    bool parents_ = false; // the second round
    std::size_t at_ = 0;
    std::map<std::string, ListedMailbox, std::less<>> listing_;
    std::unordered_map<std::string_view, const store::MailboxInfo*> by_name_;
    std::unordered_set<std::string_view> seen_parents_[2]; // of children that aren't told, that are
};

} // namespace hearth::imap
