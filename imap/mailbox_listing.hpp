// SPDX-License-Identifier: Apache-2.0
// Which names LIST and LSUB answer with. Pure: the mailboxes are handed in.
#pragma once

#include "store/store.hpp"
#include "wire/list_request.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::imap {

/// One line of the answer.
struct ListedMailbox {
    std::string name;
    char separator = '/';
    const store::MailboxInfo* info = nullptr; ///< null: a parent that doesn't exist, in the way of its children only
    bool child_matches = false;               ///< RFC 5258 CHILDINFO: something below it was selected
};

/// RFC 9051 section 6.3.9, RFC 5258. In name order. The results point into `mailboxes`, which is in name order too.
std::vector<ListedMailbox> select_for_list(const ListRequest& request, std::span<const store::MailboxInfo> mailboxes);

/// RFC 3501 section 6.3.9: subscribed names, and for "%" parents of those that it hides (info is null then, whether
/// they exist or not, as they aren't subscribed).
std::vector<ListedMailbox> select_for_lsub(const ListRequest& request, std::span<const store::MailboxInfo> mailboxes);

} // namespace hearth::imap
