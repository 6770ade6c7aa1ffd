// SPDX-License-Identifier: Apache-2.0
// A user's mail in memory, with the faults that tests want: messages whose file is gone, errors, changes by others.
#pragma once

#include "store/store.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::imap::testing {

struct FakeMessage {
    store::MessageRow row;
    std::string text;        // with CRLF
    bool unreadable = false; // its file is gone
    store::MessageFacts facts;
};

struct FakeBox {
    std::vector<FakeMessage> messages;
    std::uint32_t uidvalidity = 1000, uidnext = 1;
    std::vector<std::string> keywords;
    store::MailboxInfo info;
    error_code fails; // open, status and sync answer so
    bool fails_to_mark = false;
    int summaries = 0;                   // asked for
    bool summarised = false;             // its messages have summaries and are read in pieces
    std::vector<std::uint64_t> reads;    // sizes of the pieces that were read
    std::uint64_t cut_at = ~std::uint64_t{0}; // pieces beyond can't be read: the disk fails there
    int busy = 0;                        // so many times reading is Error::busy, each piece anew
    std::vector<std::uint32_t> expunged; // UIDs, what expunged_since() says
    bool keeps_modseqs = false;

    FakeMessage& add(std::string text, std::int64_t date = 86400) {
        FakeMessage message;
        message.row.uid = uidnext++;
        message.row.internal_date = date;
        static std::uint64_t messages_made = 0;
        message.row.message = ++messages_made;
        message.text = mail::to_crlf(text);
        return messages.emplace_back(std::move(message));
    }
    FakeMessage* find(std::uint32_t uid) {
        const auto at = std::find_if(messages.begin(), messages.end(), [&](const auto& m) { return m.row.uid == uid; });
        return at == messages.end() ? nullptr : &*at;
    }
    void remove(std::uint32_t uid) {
        std::erase_if(messages, [&](const auto& m) { return m.row.uid == uid; });
    }
};

class FakeMailbox final : public store::Mailbox {
public:
    FakeMailbox(FakeBox& box, bool read_only, int& loads, int& marks)
        : box_(box), read_only_(read_only), loads_(loads), marks_(marks) {
        copy_rows();
    }

    std::span<const store::MessageRow> rows() const override { return rows_; }
    std::uint32_t uidvalidity() const override { return box_.uidvalidity; }
    std::uint32_t uidnext() const override { return box_.uidnext; }
    std::span<const std::string> keywords() const override { return box_.keywords; }
    bool read_only() const override { return read_only_; }

    Result<store::Changes> sync() override {
        if (box_.fails) return box_.fails;
        store::Changes changes;
        for (const auto& row : rows_) {
            const auto* now = box_.find(row.uid);
            if (now == nullptr)
                changes.vanished.push_back(row.uid);
            else if (now->row.flags != row.flags || now->row.keywords != row.keywords)
                changes.flags_changed.push_back(row.uid);
        }
        const auto last = rows_.empty() ? 0 : rows_.back().uid;
        for (const auto& message : box_.messages)
            if (message.row.uid > last) changes.arrived.push_back(message.row.uid);
        changes.keywords_added = box_.keywords.size() > known_keywords_;
        copy_rows();
        return changes;
    }
    Result<std::uint64_t> size(std::uint32_t uid) override {
        const auto* message = box_.find(uid);
        if (message == nullptr) return store::make_error_code(store::Error::expunged);
        return std::uint64_t{message->text.size()};
    }
    Result<std::shared_ptr<const mail::Message>> message(std::uint32_t uid) override {
        ++loads_;
        const auto* message = box_.find(uid);
        if (message == nullptr || message->unreadable) return store::make_error_code(store::Error::expunged);
        return mail::Message::parse(message->text);
    }
    Result<void> add_seen(std::span<const std::uint32_t> uids) override {
        ++marks_;
        if (box_.fails_to_mark) return store::make_error_code(store::Error::not_permitted);
        for (const auto uid : uids) {
            auto* message = box_.find(uid);
            if (message == nullptr) continue;
            message->row.flags.set(mail::Flag::seen);
            ++message->row.modseq;
            for (auto& row : rows_)
                if (row.uid == uid) row = message->row;
        }
        return {};
    }
    Result<store::MessageFacts> facts(std::uint32_t uid) override {
        const auto& facts = box_.find(uid)->facts;
        if (facts.emailid.empty()) return store::make_error_code(store::Error::unsupported);
        return facts;
    }
    Result<std::shared_ptr<const mail::Summary>> summary(std::uint32_t uid) override {
        if (!box_.summarised) return store::make_error_code(store::Error::unsupported);
        ++box_.summaries;
        if (box_.busy > 0 && box_.busy-- > 0) return store::make_error_code(store::Error::unfinished);
        const auto* message = box_.find(uid);
        if (message == nullptr || message->unreadable) return store::make_error_code(store::Error::expunged);
        auto made = mail::make_summary(*mail::Message::parse(message->text));
        return made ? std::make_shared<const mail::Summary>(std::move(*made)) : nullptr;
    }
    Result<std::string> read(std::uint32_t uid, std::uint64_t offset, std::uint64_t count) override {
        if (box_.busy > 0 && box_.busy-- > 0) return store::make_error_code(store::Error::unfinished);
        const auto* message = box_.find(uid);
        if (message == nullptr || message->unreadable) return store::make_error_code(store::Error::expunged);
        if (offset + count > box_.cut_at) return store::make_error_code(store::Error::unavailable);
        box_.reads.push_back(count);
        return message->text.substr(std::min<std::uint64_t>(offset, message->text.size()), count);
    }
    Result<std::vector<std::uint32_t>> expunged_since(std::uint64_t) override { return box_.expunged; }
    bool keeps_modseqs() const override { return box_.keeps_modseqs; }
    std::uint64_t highest_modseq() const override {
        std::uint64_t highest = 1;
        for (const auto& row : rows_)
            highest = std::max(highest, row.modseq);
        return highest;
    }
    int watch_descriptor() override { return 1000; }
    void clear_watch() override {}

private:
    void copy_rows() {
        rows_.clear();
        for (const auto& message : box_.messages)
            rows_.push_back(message.row);
        known_keywords_ = box_.keywords.size();
    }

    FakeBox& box_;
    bool read_only_;
    int& loads_;
    int& marks_;
    std::vector<store::MessageRow> rows_;
    std::size_t known_keywords_ = 0;
};

class FakeAccount : public store::Account {
public:
    FakeAccount() { add("INBOX"); }

    FakeBox& add(const std::string& name) {
        auto& box = boxes_[name];
        box.info.name = name;
        return box;
    }
    FakeBox& inbox() { return boxes_["INBOX"]; }
    std::map<std::string, FakeBox>& boxes() { return boxes_; }
    int loads = 0, marks = 0;

    store::Namespace personal_namespace() const override { return {"", '/'}; }
    Result<std::vector<store::MailboxInfo>> list() override {
        std::vector<store::MailboxInfo> all;
        for (const auto& [name, box] : boxes_)
            all.push_back(box.info);
        return all;
    }
    Result<store::Status> status(std::string_view mailbox) override {
        const auto* box = find(mailbox);
        if (box == nullptr) return store::make_error_code(store::Error::no_such_mailbox);
        if (box->fails) return box->fails;
        store::Status status;
        status.messages = static_cast<std::uint32_t>(box->messages.size());
        status.uidnext = box->uidnext;
        status.uidvalidity = box->uidvalidity;
        for (const auto& message : box->messages) {
            status.unseen += message.row.flags.has(mail::Flag::seen) ? 0U : 1U;
            status.recent += message.row.recent ? 1U : 0U;
        }
        return status;
    }
    Result<std::unique_ptr<store::Mailbox>> open(std::string_view mailbox, bool read_only) override {
        auto* box = find(mailbox);
        if (box == nullptr) return store::make_error_code(store::Error::no_such_mailbox);
        if (!box->info.selectable) return store::make_error_code(store::Error::not_selectable);
        if (box->fails) return box->fails;
        return std::unique_ptr<store::Mailbox>(std::make_unique<FakeMailbox>(*box, read_only, loads, marks));
    }
    void went_idle() override {}

private:
    FakeBox* find(std::string_view name) {
        const auto at = boxes_.find(std::string(name));
        return at == boxes_.end() || !at->second.info.exists ? nullptr : &at->second;
    }
    std::map<std::string, FakeBox> boxes_;
};

} // namespace hearth::imap::testing
