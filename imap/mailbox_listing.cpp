// SPDX-License-Identifier: Apache-2.0
#include "mailbox_listing.hpp"

#include "base/text.hpp"

namespace hearth::imap {
namespace {

constexpr std::string_view inbox = "INBOX";
/// Mailboxes looked at in one step.
constexpr std::size_t step_mailboxes = 64;

} // namespace

MailboxPatterns::MailboxPatterns(const ListRequest& request, char separator) : separator_(separator) {
    for (const auto& pattern : request.patterns) {
        const auto full = request.reference + pattern;
        const auto upper = to_upper(full);
        patterns_.emplace_back(full, separator);
        inbox_patterns_.emplace_back(upper, separator);
        if (upper.starts_with(inbox))
            below_inbox_patterns_.emplace_back(std::string_view(full).substr(inbox.size()), separator);
    }
}

bool MailboxPatterns::match(std::string_view name) const {
    const auto any = [](const std::vector<MailboxPattern>& patterns, std::string_view text) {
        for (const auto& pattern : patterns)
            if (pattern.matches(text)) return true;
        return false;
    };
    if (any(patterns_, name)) return true;
    if (name == inbox) return any(inbox_patterns_, name);
    const bool below_inbox = name.starts_with(inbox) && name[inbox.size()] == separator_;
    return below_inbox && any(below_inbox_patterns_, name.substr(inbox.size()));
}

MailboxSelection::MailboxSelection(
    const ListRequest& request, std::span<const store::MailboxInfo> mailboxes, Kind kind)
    : request_(request),
      mailboxes_(mailboxes),
      kind_(kind),
      plain_(kind == Kind::list && !request.select_subscribed && !request.select_special_use),
      separator_(mailboxes.empty() ? '/' : mailboxes.front().separator),
      patterns_(request, separator_) {}

bool MailboxSelection::step() {
    for (std::size_t i = 0; i < step_mailboxes; ++i, ++at_) {
        if (at_ == mailboxes_.size()) {
            if (parents_) return false;
            parents_ = true;
            at_ = 0;
            return true;
        }
        const auto& info = mailboxes_[at_];
        if (!is_selected(info)) continue;
        if (parents_)
            look_above(info);
        else
            look_at(info);
    }
    return true;
}

std::vector<ListedMailbox> MailboxSelection::take() {
    std::vector<ListedMailbox> result;
    result.reserve(listing_.size());
    for (auto& [name, listed] : listing_)
        result.push_back(std::move(listed));
    return result;
}

bool MailboxSelection::is_selected(const store::MailboxInfo& info) const {
    if (kind_ == Kind::lsub) return info.subscribed;
    if (!request_.select_subscribed && !info.exists) return false;
    if (request_.select_subscribed && !info.subscribed) return false;
    return !request_.select_special_use || !info.special_use.empty();
}

void MailboxSelection::look_at(const store::MailboxInfo& info) {
    if (patterns_.match(info.name)) add(info.name, &info);
}

// The names above, longest first: "a/b" and "a" of "a/b/c".
void MailboxSelection::look_above(const store::MailboxInfo& info) {
    const bool told = listing_.contains(info.name);
    if (kind_ == Kind::lsub && told) return;
    if (kind_ == Kind::list && !plain_ && !request_.recursive_match) return;
    const std::string_view name = info.name;
    for (auto at = name.rfind(separator_); at != std::string_view::npos && at > 0; at = name.rfind(separator_, at - 1)) {
        // What one child has brought about for its parents, another needn't do again.
        if (!seen_parents_[told ? 1 : 0].insert(name.substr(0, at)).second) return;
        tell_parent(name.substr(0, at), told);
    }
}

// A parent that wasn't selected itself is told for the sake of children that aren't (RFC 5258 section 3.5); without
// selection, names that are only in the way of others are.
void MailboxSelection::tell_parent(std::string_view parent, bool child_is_told) {
    const auto known = listing_.find(parent);
    if (known != listing_.end()) {
        known->second.child_matches = known->second.child_matches || !plain_;
        return;
    }
    if (kind_ == Kind::list && !plain_ && child_is_told) return;
    if (!patterns_.match(parent)) return;
    auto& listed = add(parent, kind_ == Kind::lsub ? nullptr : find(parent));
    listed.child_matches = !plain_;
}

const store::MailboxInfo* MailboxSelection::find(std::string_view name) {
    if (by_name_.empty())
        for (const auto& info : mailboxes_)
            by_name_.emplace(info.name, &info);
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
}

ListedMailbox& MailboxSelection::add(std::string_view name, const store::MailboxInfo* info) {
    ListedMailbox listed{.name = std::string(name), .separator = separator_, .info = info, .child_matches = false};
    return listing_.try_emplace(listed.name, std::move(listed)).first->second;
}

} // namespace hearth::imap
