// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/store.hpp"

#include <deque>
#include <map>
#include <set>

namespace hearth::store {

/// An Account in memory: makes protocol commands testable without a disk. What a test changes through `folder` shows in
/// open mailboxes at their next sync(), as on a real store. Several mailboxes may be open at once; each has its view.
class MemoryAccount : public Account {
public:
    struct StoredMessage {
        MessageRow row;       ///< uid, flags, date and so on; `recent` is set when the message is delivered
        std::string bytes;    ///< any line ends
        std::string threadid; ///< RFC 8474; empty: unknown
        std::int64_t saved = 0;
        bool unreadable = false; ///< its file is gone: reading says Error::expunged
    };
    struct Tombstone {
        std::uint32_t uid;
        std::uint64_t modseq;
    };
    struct Folder {
        std::uint32_t uidvalidity = 1, uidnext = 1;
        std::vector<StoredMessage> messages; ///< in UID order
        std::vector<std::string> keywords;
        bool subscribed = false;
        std::string special_use;
        std::string mailbox_id = "F0";
        std::uint64_t highest_modseq = 1;
        bool keeps_modseqs = true;
        std::vector<Tombstone> tombstones;
        std::uint64_t tombstone_floor = 0; ///< what was expunged up to here is forgotten
        bool removed = false;              ///< deleted: open mailboxes notice it in sync()
        std::shared_ptr<std::uint64_t> message_counter = std::make_shared<std::uint64_t>(0);

        /// Adds a message with the next UID, as a delivery would, and gives its UID.
        std::uint32_t deliver(std::string bytes, mail::Flags flags = {}, std::int64_t internal_date = 0);
        /// As another program would: a new modseq each.
        void expunge(std::uint32_t uid);
        void set_flags(std::uint32_t uid, mail::Flags flags);
        /// Null when there is none.
        StoredMessage* find(std::uint32_t uid);
        /// The bit of a keyword, which is added if it is new; nothing when there is no room.
        std::optional<std::uint64_t> keyword_bit(std::string_view name);
    };
    /// What goes wrong, shared with the account's mailboxes and intakes.
    struct Faults {
        std::optional<Error> always; ///< every call
        std::deque<Error> next;      ///< one call each, the first of them the next one
        std::optional<Error> take();
    };

    /// Starts with an empty INBOX.
    explicit MemoryAccount(Namespace names = {"", '/'});

    /// The folder of this name, made if there is none.
    Folder& folder(const std::string& name);
    /// What all calls fail with, until set to nothing.
    void fail_with(std::optional<Error> error) { faults_->always = error; }
    /// What the next calls fail with, one each: Error::busy and Error::unfinished must not be noticed by clients.
    void fail_next(std::deque<Error> errors) { faults_->next = std::move(errors); }
    void limit_quota(std::uint64_t bytes, std::uint64_t messages) { quota_ = {0, bytes, 0, messages}; }
    void limit_message_bytes(std::uint64_t bytes) { message_bytes_max_ = bytes; }
    [[nodiscard]] int idle_count() const { return idle_count_; }

    [[nodiscard]] Namespace personal_namespace() const override { return names_; }
    Result<std::vector<MailboxInfo>> list() override;
    Result<Status> status(std::string_view mailbox) override;
    Result<std::unique_ptr<Mailbox>> open(std::string_view mailbox, bool read_only) override;
    Result<void> create(std::string_view name, std::string_view special_use) override;
    Result<void> remove(std::string_view name) override;
    Result<void> rename(std::string_view from, std::string_view to) override;
    Result<void> subscribe(std::string_view name, bool on) override;
    Result<std::unique_ptr<Intake>> intake(std::string_view mailbox) override;
    [[nodiscard]] std::uint64_t message_bytes_max() const override { return message_bytes_max_; }
    Result<Quota> quota() override;
    [[nodiscard]] std::string epoch() const override { return "memory"; }
    void went_idle() override { ++idle_count_; }

private:
    using Folders = std::map<std::string, std::shared_ptr<Folder>>;

    Result<std::shared_ptr<Folder>> find(std::string_view mailbox) const;
    [[nodiscard]] bool has_children(std::string_view name) const;
    [[nodiscard]] std::optional<std::string> valid_name(std::string_view name) const;
    std::shared_ptr<Folder> make_folder();
    void rename_tree(const std::string& from, const std::string& to);

    Namespace names_;
    Folders folders_;
    std::set<std::string> subscribed_; // names without a folder
    std::shared_ptr<Faults> faults_ = std::make_shared<Faults>();
    std::shared_ptr<std::uint64_t> message_counter_ = std::make_shared<std::uint64_t>(0);
    std::uint32_t folders_made_ = 0;
    Quota quota_;
    std::uint64_t message_bytes_max_ = std::uint64_t{1} << 20;
    int idle_count_ = 0;
};

} // namespace hearth::store
