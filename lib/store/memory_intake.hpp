// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/memory_account.hpp"

#include <memory>

namespace hearth::store {

/// Messages on their way into a folder of a MemoryAccount.
class MemoryIntake final : public Intake {
public:
    using Folder = MemoryAccount::Folder;
    using Faults = MemoryAccount::Faults;

    /// `account` outlives it.
    MemoryIntake(MemoryAccount& account, std::shared_ptr<Folder> folder, std::shared_ptr<Faults> faults)
        : account_(account), folder_(std::move(folder)), faults_(std::move(faults)) {}

    Result<void> begin(const NewMessage& message) override;
    Result<void> write(std::string_view bytes) override;
    Result<void> finish() override;
    Result<void> take(Mailbox& from, std::uint32_t uid) override;
    Result<Placed> commit() override;

private:
    struct Pending {
        MemoryAccount::StoredMessage message;
        std::vector<std::string> keywords;
    };
    Result<void> check_room(std::uint64_t size);

    MemoryAccount& account_;
    std::shared_ptr<Folder> folder_;
    std::shared_ptr<Faults> faults_;
    std::vector<Pending> pending_;
    std::uint64_t bytes_ = 0;
    bool open_ = false; // between begin() and finish()
};

} // namespace hearth::store
