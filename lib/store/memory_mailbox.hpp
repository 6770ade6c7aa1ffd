// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/memory_account.hpp"

#include <memory>

namespace hearth::store {

/// A mailbox of a MemoryAccount. Its rows are copies, which change in sync() and by its own calls only.
class MemoryMailbox final : public Mailbox {
public:
    using Folder = MemoryAccount::Folder;
    using StoredMessage = MemoryAccount::StoredMessage;
    using Faults = MemoryAccount::Faults;

    MemoryMailbox(std::shared_ptr<Folder> folder, std::shared_ptr<Faults> faults, bool read_only);

    [[nodiscard]] std::span<const MessageRow> rows() const override { return rows_; }
    [[nodiscard]] std::uint32_t uidvalidity() const override { return folder_->uidvalidity; }
    [[nodiscard]] std::uint32_t uidnext() const override { return uidnext_; }
    [[nodiscard]] std::span<const std::string> keywords() const override { return keywords_; }
    [[nodiscard]] bool read_only() const override { return read_only_; }
    [[nodiscard]] std::string mailbox_id() const override { return folder_->mailbox_id; }
    [[nodiscard]] std::uint64_t highest_modseq() const override { return highest_modseq_; }
    [[nodiscard]] bool keeps_modseqs() const override { return folder_->keeps_modseqs; }
    Result<Changes> sync() override;
    Result<std::uint64_t> size(std::uint32_t uid) override;
    Result<std::shared_ptr<const mail::Message>> message(std::uint32_t uid) override;
    Result<MessageFacts> facts(std::uint32_t uid) override;
    Result<std::vector<std::uint32_t>> expunged_since(std::uint64_t modseq) override;
    Result<FlagOutcome> change_flags(std::span<const std::uint32_t> uids, const FlagChange& change) override;
    Result<Expunged> expunge(std::span<const std::uint32_t> uids, bool only_deleted) override;
    Result<void> add_seen(std::span<const std::uint32_t> uids) override;
    int watch_descriptor() override { return -1; }
    void clear_watch() override {}

    /// The stored message, if it is in the view and still there.
    StoredMessage* stored(std::uint32_t uid);
    [[nodiscard]] const Folder& folder() const { return *folder_; }

private:
    MessageRow* row(std::uint32_t uid);
    Changes look();

    std::shared_ptr<Folder> folder_;
    std::shared_ptr<Faults> faults_;
    bool read_only_;
    std::vector<MessageRow> rows_;
    std::vector<std::string> keywords_;
    std::uint32_t uidnext_ = 1;
    std::uint64_t highest_modseq_ = 1;
};

} // namespace hearth::store
