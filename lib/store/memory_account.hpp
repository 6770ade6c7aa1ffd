// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/store.hpp"

#include <map>

namespace hearth::store {

/// An Account in memory: makes protocol commands testable without a disk. What a test changes through `folder` shows in
/// open mailboxes at their next sync(), as on a real store.
class MemoryAccount : public Account {
public:
    struct StoredMessage {
        MessageRow row;    ///< uid, flags, date and so on; `recent` is set when the message is delivered
        std::string bytes; ///< any line ends
    };
    struct Folder {
        std::uint32_t uidvalidity = 1, uidnext = 1;
        std::vector<StoredMessage> messages; ///< in UID order
        std::vector<std::string> keywords;
        bool subscribed = false;
        std::string special_use;

        /// Adds a message with the next UID, as a delivery would, and gives its UID.
        std::uint32_t deliver(std::string bytes, mail::Flags flags = {}, std::int64_t internal_date = 0);
        void expunge(std::uint32_t uid);
    };

    /// Starts with an empty INBOX.
    explicit MemoryAccount(Namespace names = {"", '/'});

    /// The folder of this name, made if there is none.
    Folder& folder(const std::string& name) {
        return *folders_.try_emplace(name, std::make_shared<Folder>()).first->second;
    }
    /// What the next calls fail with, until set to nothing.
    void fail_with(std::optional<Error> error) { failure_ = error; }
    [[nodiscard]] int idle_count() const { return idle_count_; }

    [[nodiscard]] Namespace personal_namespace() const override { return names_; }
    Result<std::vector<MailboxInfo>> list() override;
    Result<Status> status(std::string_view mailbox) override;
    Result<std::unique_ptr<Mailbox>> open(std::string_view mailbox, bool read_only) override;
    void went_idle() override { ++idle_count_; }

private:
    Result<std::shared_ptr<Folder>> find(std::string_view mailbox) const;

    Namespace names_;
    std::map<std::string, std::shared_ptr<Folder>> folders_;
    std::optional<Error> failure_;
    int idle_count_ = 0;
};

} // namespace hearth::store
