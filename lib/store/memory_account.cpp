// SPDX-License-Identifier: Apache-2.0
#include "store/memory_account.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace hearth::store {
namespace {

using Folder = MemoryAccount::Folder;
using StoredMessage = MemoryAccount::StoredMessage;

StoredMessage* find_message(Folder& folder, std::uint32_t uid) {
    const auto at = std::find_if(folder.messages.begin(), folder.messages.end(),
        [&](const StoredMessage& stored) { return stored.row.uid == uid; });
    return at == folder.messages.end() ? nullptr : &*at;
}

class MemoryMailbox : public Mailbox {
public:
    MemoryMailbox(std::shared_ptr<Folder> folder, bool read_only) : folder_(std::move(folder)), read_only_(read_only) {
        static_cast<void>(sync());
    }
    [[nodiscard]] std::span<const MessageRow> rows() const override { return rows_; }
    [[nodiscard]] std::uint32_t uidvalidity() const override { return folder_->uidvalidity; }
    [[nodiscard]] std::uint32_t uidnext() const override { return uidnext_; }
    [[nodiscard]] std::span<const std::string> keywords() const override { return keywords_; }
    [[nodiscard]] bool read_only() const override { return read_only_; }
    Result<Changes> sync() override;
    Result<std::uint64_t> size(std::uint32_t uid) override;
    Result<std::shared_ptr<const mail::Message>> message(std::uint32_t uid) override;
    Result<void> add_seen(std::span<const std::uint32_t> uids) override;
    int watch_descriptor() override { return -1; }
    void clear_watch() override {}

private:
    MessageRow* row(std::uint32_t uid) {
        const auto at = std::find_if(rows_.begin(), rows_.end(), [&](const MessageRow& r) { return r.uid == uid; });
        return at == rows_.end() ? nullptr : &*at;
    }

    std::shared_ptr<Folder> folder_;
    bool read_only_;
    std::vector<MessageRow> rows_;
    std::vector<std::string> keywords_;
    std::uint32_t uidnext_ = 1;
};

Result<Changes> MemoryMailbox::sync() {
    Changes changes;
    std::vector<MessageRow> rows;
    for (auto& stored : folder_->messages) {
        auto now = stored.row;
        if (const auto* before = row(now.uid)) {
            now.recent = before->recent;
            if (!(before->flags == now.flags) || before->keywords != now.keywords)
                changes.flags_changed.push_back(now.uid);
        } else {
            changes.arrived.push_back(now.uid);
            if (!read_only_) stored.row.recent = false;
        }
        rows.push_back(std::move(now));
    }
    for (const auto& before : rows_)
        if (find_message(*folder_, before.uid) == nullptr) changes.vanished.push_back(before.uid);
    changes.keywords_added = folder_->keywords.size() > keywords_.size();
    rows_ = std::move(rows);
    keywords_ = folder_->keywords;
    uidnext_ = folder_->uidnext;
    return changes;
}

Result<std::uint64_t> MemoryMailbox::size(std::uint32_t uid) {
    const auto* stored = row(uid) == nullptr ? nullptr : find_message(*folder_, uid);
    if (stored == nullptr) return Error::expunged;
    return mail::to_crlf(stored->bytes).size();
}

Result<std::shared_ptr<const mail::Message>> MemoryMailbox::message(std::uint32_t uid) {
    const auto* stored = row(uid) == nullptr ? nullptr : find_message(*folder_, uid);
    if (stored == nullptr) return Error::expunged;
    return mail::Message::parse(mail::to_crlf(stored->bytes));
}

Result<void> MemoryMailbox::add_seen(std::span<const std::uint32_t> uids) {
    if (read_only_) return Error::not_permitted;
    for (const auto uid : uids) {
        if (auto* mine = row(uid)) mine->flags.set(mail::Flag::seen);
        if (auto* stored = find_message(*folder_, uid)) stored->row.flags.set(mail::Flag::seen);
    }
    return {};
}

} // namespace

std::uint32_t MemoryAccount::Folder::deliver(std::string bytes, mail::Flags flags, std::int64_t internal_date) {
    StoredMessage stored;
    stored.row.uid = uidnext++;
    stored.row.flags = flags;
    stored.row.recent = true;
    stored.row.internal_date = internal_date;
    static std::uint64_t messages_made = 0;
    stored.row.message = ++messages_made;
    stored.bytes = std::move(bytes);
    messages.push_back(std::move(stored));
    return messages.back().row.uid;
}

void MemoryAccount::Folder::expunge(std::uint32_t uid) {
    std::erase_if(messages, [&](const StoredMessage& stored) { return stored.row.uid == uid; });
}

MemoryAccount::MemoryAccount(Namespace names) : names_(std::move(names)) {
    folder("INBOX");
}

Result<std::shared_ptr<MemoryAccount::Folder>> MemoryAccount::find(std::string_view mailbox) const {
    if (failure_) return *failure_;
    const auto at = folders_.find(equal_ignoring_case(mailbox, "INBOX") ? "INBOX" : std::string(mailbox));
    if (at != folders_.end()) return at->second;
    const auto child = std::string(mailbox) + names_.separator;
    const bool is_parent = std::any_of(
        folders_.begin(), folders_.end(), [&](const auto& entry) { return entry.first.starts_with(child); });
    return is_parent ? Error::not_selectable : Error::no_such_mailbox;
}

Result<std::vector<MailboxInfo>> MemoryAccount::list() {
    if (failure_) return *failure_;
    std::vector<MailboxInfo> result;
    for (const auto& [name, folder] : folders_) {
        MailboxInfo info;
        info.name = name;
        info.separator = names_.separator;
        info.subscribed = folder->subscribed;
        info.special_use = folder->special_use;
        info.has_children = std::any_of(folders_.begin(), folders_.end(),
            [&, &parent = name](const auto& other) { return other.first.starts_with(parent + names_.separator); });
        result.push_back(std::move(info));
    }
    return result;
}

Result<Status> MemoryAccount::status(std::string_view mailbox) {
    const auto found = find(mailbox);
    if (!found) return found.error();
    Status status;
    for (const auto& stored : (*found)->messages) {
        ++status.messages;
        status.recent += stored.row.recent ? 1 : 0;
        status.unseen += stored.row.flags.has(mail::Flag::seen) ? 0 : 1;
    }
    status.uidnext = (*found)->uidnext;
    status.uidvalidity = (*found)->uidvalidity;
    return status;
}

Result<std::unique_ptr<Mailbox>> MemoryAccount::open(std::string_view mailbox, bool read_only) {
    const auto found = find(mailbox);
    if (!found) return found.error();
    return std::unique_ptr<Mailbox>(std::make_unique<MemoryMailbox>(*found, read_only));
}

} // namespace hearth::store
