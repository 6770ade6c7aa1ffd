// SPDX-License-Identifier: Apache-2.0
#include "store/memory_account.hpp"
#include "store/memory_intake.hpp"
#include "store/memory_mailbox.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace hearth::store {

using StoredMessage = MemoryAccount::StoredMessage;

StoredMessage* MemoryAccount::Folder::find(std::uint32_t uid) {
    const auto at = std::lower_bound(messages.begin(), messages.end(), uid,
        [](const StoredMessage& stored, std::uint32_t wanted) { return stored.row.uid < wanted; });
    return at == messages.end() || at->row.uid != uid ? nullptr : &*at;
}

std::optional<std::uint64_t> MemoryAccount::Folder::keyword_bit(std::string_view name) {
    const auto at = std::find_if(
        keywords.begin(), keywords.end(), [&](const std::string& known) { return equal_ignoring_case(known, name); });
    const auto index = static_cast<std::size_t>(at - keywords.begin());
    if (index >= keywords_max) return std::nullopt;
    if (at == keywords.end()) keywords.emplace_back(name);
    return std::uint64_t{1} << index;
}

std::uint32_t MemoryAccount::Folder::deliver(std::string bytes, mail::Flags flags, std::int64_t internal_date) {
    StoredMessage stored;
    stored.row.uid = uidnext++;
    stored.row.flags = flags;
    stored.row.recent = true;
    stored.row.internal_date = stored.saved = internal_date;
    stored.row.modseq = ++highest_modseq;
    stored.row.message = ++*message_counter;
    stored.bytes = std::move(bytes);
    messages.push_back(std::move(stored));
    return messages.back().row.uid;
}

void MemoryAccount::Folder::expunge(std::uint32_t uid) {
    if (find(uid) == nullptr) return;
    std::erase_if(messages, [&](const StoredMessage& stored) { return stored.row.uid == uid; });
    tombstones.push_back({uid, ++highest_modseq});
}

void MemoryAccount::Folder::set_flags(std::uint32_t uid, mail::Flags flags) {
    auto* stored = find(uid);
    if (stored == nullptr) return;
    stored->row.flags = flags;
    stored->row.modseq = ++highest_modseq;
}

std::optional<Error> MemoryAccount::Faults::take() {
    if (always) return always;
    if (next.empty()) return std::nullopt;
    const auto error = next.front();
    next.pop_front();
    return error;
}

MemoryAccount::MemoryAccount(Namespace names) : names_(std::move(names)) {
    folder("INBOX");
}

std::shared_ptr<MemoryAccount::Folder> MemoryAccount::make_folder() {
    auto made = std::make_shared<Folder>();
    made->mailbox_id = "F" + std::to_string(++folders_made_);
    made->message_counter = message_counter_;
    return made;
}

MemoryAccount::Folder& MemoryAccount::folder(const std::string& name) {
    auto& found = folders_[name];
    if (!found) found = make_folder();
    return *found;
}

bool MemoryAccount::has_children(std::string_view name) const {
    const auto start = std::string(name) + names_.separator;
    const auto at = folders_.lower_bound(start);
    return at != folders_.end() && at->first.starts_with(start);
}

Result<std::shared_ptr<MemoryAccount::Folder>> MemoryAccount::find(std::string_view mailbox) const {
    const auto at = folders_.find(equal_ignoring_case(mailbox, "INBOX") ? "INBOX" : std::string(mailbox));
    if (at != folders_.end()) return at->second;
    return has_children(mailbox) ? Error::not_selectable : Error::no_such_mailbox;
}

Result<std::vector<MailboxInfo>> MemoryAccount::list() {
    if (const auto fault = faults_->take()) return *fault;
    std::vector<MailboxInfo> result;
    const auto add = [&](const std::string& name, const Folder* folder) {
        MailboxInfo info;
        info.name = name;
        info.separator = names_.separator;
        info.exists = info.selectable = folder != nullptr;
        info.subscribed = folder == nullptr || folder->subscribed;
        if (folder != nullptr) info.special_use = folder->special_use;
        info.has_children = has_children(name);
        result.push_back(std::move(info));
    };
    for (const auto& [name, folder] : folders_)
        add(name, folder.get());
    for (const auto& name : subscribed_)
        add(name, nullptr);
    std::sort(result.begin(), result.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return result;
}

Result<Status> MemoryAccount::status(std::string_view mailbox) {
    if (const auto fault = faults_->take()) return *fault;
    const auto found = find(mailbox);
    if (!found) return found.error();
    const auto& folder = **found;
    Status status;
    for (const auto& stored : folder.messages) {
        const auto size = mail::to_crlf(stored.bytes).size();
        const bool deleted = stored.row.flags.has(mail::Flag::deleted);
        ++status.messages;
        status.recent += stored.row.recent ? 1 : 0;
        status.unseen += stored.row.flags.has(mail::Flag::seen) ? 0 : 1;
        status.deleted += deleted ? 1 : 0;
        status.bytes += size;
        status.deleted_bytes += deleted ? size : 0;
    }
    status.uidnext = folder.uidnext;
    status.uidvalidity = folder.uidvalidity;
    status.highest_modseq = folder.highest_modseq;
    status.mailbox_id = folder.mailbox_id;
    return status;
}

Result<std::unique_ptr<Mailbox>> MemoryAccount::open(std::string_view mailbox, bool read_only) {
    if (const auto fault = faults_->take()) return *fault;
    const auto found = find(mailbox);
    if (!found) return found.error();
    return std::unique_ptr<Mailbox>(std::make_unique<MemoryMailbox>(*found, faults_, read_only));
}

std::optional<std::string> MemoryAccount::valid_name(std::string_view name) const {
    if (!name.empty() && name.back() == names_.separator) name.remove_suffix(1);
    for (const auto level : split(name, names_.separator))
        if (level.empty()) return std::nullopt;
    return equal_ignoring_case(name, "INBOX") ? "INBOX" : std::string(name);
}

Result<void> MemoryAccount::create(std::string_view name, std::string_view special_use) {
    if (const auto fault = faults_->take()) return *fault;
    const auto valid = valid_name(name);
    if (!valid) return Error::bad_name;
    if (folders_.contains(*valid)) return Error::already_exists;
    auto made = make_folder();
    made->uidvalidity = folders_made_; // a mailbox made again has another one
    made->special_use = special_use;
    made->subscribed = subscribed_.erase(*valid) > 0;
    folders_[*valid] = std::move(made);
    return {};
}

Result<void> MemoryAccount::remove(std::string_view name) {
    if (const auto fault = faults_->take()) return *fault;
    if (equal_ignoring_case(name, "INBOX")) return Error::not_permitted;
    const auto found = find(name);
    if (!found) return found.error();
    (*found)->removed = true;
    if ((*found)->subscribed) subscribed_.emplace(name); // RFC 9051 section 6.3.7: a subscription stays
    folders_.erase(std::string(name));
    return {};
}

void MemoryAccount::rename_tree(const std::string& from, const std::string& to) {
    Folders renamed;
    for (auto at = folders_.begin(); at != folders_.end();) {
        const bool below = at->first == from || at->first.starts_with(from + names_.separator);
        if (!below) {
            ++at;
            continue;
        }
        const auto new_name = to + at->first.substr(from.size());
        if (at->second->subscribed) subscribed_.insert(at->first);
        at->second->subscribed = subscribed_.erase(new_name) > 0;
        renamed[new_name] = std::move(at->second);
        at = folders_.erase(at);
    }
    folders_.merge(renamed);
}

Result<void> MemoryAccount::rename(std::string_view from, std::string_view to) {
    if (const auto fault = faults_->take()) return *fault;
    const auto found = find(from);
    if (!found && found.error() != Error::not_selectable) return found.error();
    const auto valid = valid_name(to);
    if (!valid || valid->starts_with(std::string(from) + names_.separator)) return Error::bad_name;
    if (folders_.contains(*valid)) return Error::already_exists;
    if (!equal_ignoring_case(from, "INBOX")) {
        rename_tree(std::string(from), *valid);
        return {};
    }
    // RFC 9051 section 6.3.6: INBOX stays, its messages move.
    auto& target = folder(*valid);
    target.keywords = (*found)->keywords;
    for (auto message : std::vector<StoredMessage>((*found)->messages)) {
        (*found)->expunge(message.row.uid);
        message.row.uid = target.uidnext++;
        message.row.modseq = ++target.highest_modseq;
        target.messages.push_back(std::move(message));
    }
    return {};
}

Result<void> MemoryAccount::subscribe(std::string_view name, bool on) {
    if (const auto fault = faults_->take()) return *fault;
    const auto found = find(name);
    if (found)
        (*found)->subscribed = on;
    else if (on)
        subscribed_.emplace(name);
    else
        subscribed_.erase(std::string(name));
    return {};
}

Result<std::unique_ptr<Intake>> MemoryAccount::intake(std::string_view mailbox) {
    if (const auto fault = faults_->take()) return *fault;
    const auto found = find(mailbox);
    if (!found) return found.error();
    return std::unique_ptr<Intake>(std::make_unique<MemoryIntake>(*this, *found, faults_));
}

Result<Quota> MemoryAccount::quota() {
    auto quota = quota_;
    for (const auto& [name, folder] : folders_) {
        quota.messages += folder->messages.size();
        for (const auto& stored : folder->messages)
            quota.bytes += stored.bytes.size();
    }
    return quota;
}

} // namespace hearth::store
