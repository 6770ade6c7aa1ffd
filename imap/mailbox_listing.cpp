// SPDX-License-Identifier: Apache-2.0
#include "mailbox_listing.hpp"

#include "base/text.hpp"
#include "mail/mailbox_name.hpp"

#include <map>
#include <unordered_map>

namespace hearth::imap {
namespace {

/// The patterns of a request with their reference, INBOX spelt as the store spells it.
class Patterns {
public:
    explicit Patterns(const ListRequest& request) {
        for (const auto& pattern : request.patterns) {
            full_.push_back(request.reference + pattern);
            upper_.push_back(to_upper(full_.back()));
        }
    }

    [[nodiscard]] bool match(std::string_view name, char separator) const {
        const bool below_inbox = name.size() > 5 && name.starts_with("INBOX") && name[5] == separator;
        for (std::size_t i = 0; i < full_.size(); ++i) {
            if (mail::matches_pattern(name, full_[i], separator)) return true;
            // INBOX is the one name without case (RFC 9051 section 5.1), also as a parent.
            if (name == "INBOX" && mail::matches_pattern(name, upper_[i], separator)) return true;
            if (below_inbox && upper_[i].starts_with("INBOX") &&
                mail::matches_pattern(name.substr(5), std::string_view(full_[i]).substr(5), separator))
                return true;
        }
        return false;
    }

private:
    std::vector<std::string> full_, upper_;
};

using Listing = std::map<std::string, ListedMailbox, std::less<>>;

// The names above `name`, longest first: "a/b" and "a" of "a/b/c".
template <class Use> void for_each_parent(std::string_view name, char separator, Use use) {
    for (auto at = name.rfind(separator); at != std::string_view::npos && at > 0; at = name.rfind(separator, at - 1))
        use(name.substr(0, at));
}

ListedMailbox& add(Listing& listing, std::string_view name, char separator, const store::MailboxInfo* info) {
    const auto found = listing.find(name);
    if (found != listing.end()) return found->second;
    ListedMailbox listed{.name = std::string(name), .separator = separator, .info = info, .child_matches = false};
    return listing.emplace(listed.name, listed).first->second;
}

std::vector<ListedMailbox> in_order(Listing& listing) {
    std::vector<ListedMailbox> result;
    result.reserve(listing.size());
    for (auto& [name, listed] : listing)
        result.push_back(std::move(listed));
    return result;
}

/// Finds mailboxes by name; only made when a parent is looked for.
class ByName {
public:
    explicit ByName(std::span<const store::MailboxInfo> mailboxes) : mailboxes_(mailboxes) {}

    const store::MailboxInfo* find(std::string_view name) {
        if (index_.empty())
            for (const auto& info : mailboxes_)
                index_.emplace(info.name, &info);
        const auto found = index_.find(name);
        return found == index_.end() ? nullptr : found->second;
    }

private:
    std::span<const store::MailboxInfo> mailboxes_;
    std::unordered_map<std::string_view, const store::MailboxInfo*> index_;
};

bool is_selected(const ListRequest& request, const store::MailboxInfo& info) {
    if (!request.select_subscribed && !info.exists) return false;
    if (request.select_subscribed && !info.subscribed) return false;
    return !request.select_special_use || !info.special_use.empty();
}

} // namespace

std::vector<ListedMailbox> select_for_list(const ListRequest& request, std::span<const store::MailboxInfo> mailboxes) {
    const Patterns patterns(request);
    const bool plain = !request.select_subscribed && !request.select_special_use;
    ByName by_name(mailboxes);
    Listing listing;
    for (const auto& info : mailboxes)
        if (is_selected(request, info) && patterns.match(info.name, info.separator))
            add(listing, info.name, info.separator, &info);
    for (const auto& info : mailboxes) {
        if (!is_selected(request, info) || (!plain && !request.recursive_match)) continue;
        const bool shown = listing.contains(info.name);
        for_each_parent(info.name, info.separator, [&](std::string_view parent) {
            const auto known = listing.find(parent);
            // A parent that wasn't selected itself is told for the sake of children that aren't (RFC 5258 section 3.5).
            if (known == listing.end() && ((!plain && shown) || !patterns.match(parent, info.separator))) return;
            auto& listed =
                known == listing.end() ? add(listing, parent, info.separator, by_name.find(parent)) : known->second;
            listed.child_matches = listed.child_matches || !plain;
        });
    }
    return in_order(listing);
}

std::vector<ListedMailbox> select_for_lsub(const ListRequest& request, std::span<const store::MailboxInfo> mailboxes) {
    const Patterns patterns(request);
    Listing listing;
    for (const auto& info : mailboxes)
        if (info.subscribed && patterns.match(info.name, info.separator))
            add(listing, info.name, info.separator, &info);
    for (const auto& info : mailboxes) {
        if (!info.subscribed || listing.contains(info.name)) continue;
        for_each_parent(info.name, info.separator, [&](std::string_view parent) {
            if (patterns.match(parent, info.separator)) add(listing, parent, info.separator, nullptr);
        });
    }
    return in_order(listing);
}

} // namespace hearth::imap
