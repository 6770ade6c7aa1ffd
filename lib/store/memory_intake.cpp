// SPDX-License-Identifier: Apache-2.0
#include "store/memory_intake.hpp"
#include "store/memory_mailbox.hpp"

#include "base/ensure.hpp"

namespace hearth::store {

Result<void> MemoryIntake::check_room(std::uint64_t size) {
    const auto quota = account_.quota();
    if (!quota) return quota.error();
    const bool bytes_full = quota->bytes_limit != 0 && quota->bytes + bytes_ + size > quota->bytes_limit;
    const bool count_full = quota->messages_limit != 0 && quota->messages + pending_.size() >= quota->messages_limit;
    if (bytes_full || count_full) return Error::over_quota;
    return {};
}

Result<void> MemoryIntake::begin(const NewMessage& message) {
    ensure(!open_, "the message before has no end");
    if (const auto fault = faults_->take()) return *fault;
    if (message.size > account_.message_bytes_max()) return Error::too_big;
    if (const auto room = check_room(message.size); !room) return room.error();
    Pending pending;
    pending.message.row.flags = message.flags;
    pending.message.row.internal_date = pending.message.saved = message.internal_date.value_or(0);
    pending.keywords = message.keywords;
    pending_.push_back(std::move(pending));
    bytes_ += message.size;
    open_ = true;
    return {};
}

Result<void> MemoryIntake::write(std::string_view bytes) {
    ensure(open_, "bytes without a message");
    if (const auto fault = faults_->take()) return *fault;
    pending_.back().message.bytes += bytes;
    return {};
}

Result<void> MemoryIntake::finish() {
    ensure(open_, "an end without a message");
    if (const auto fault = faults_->take()) return *fault;
    pending_.back().message.row.message = ++*folder_->message_counter;
    open_ = false;
    return {};
}

Result<void> MemoryIntake::take(Mailbox& from, std::uint32_t uid) {
    ensure(!open_, "the message before has no end");
    if (const auto fault = faults_->take()) return *fault;
    auto& mailbox = dynamic_cast<MemoryMailbox&>(from);
    const auto* stored = mailbox.stored(uid);
    if (stored == nullptr) return Error::expunged;
    if (const auto room = check_room(stored->bytes.size()); !room) return room.error();
    Pending pending;
    pending.message = *stored;
    const auto& names = mailbox.folder().keywords;
    for (std::size_t i = 0; i < names.size(); ++i)
        if ((stored->row.keywords >> i & 1) != 0) pending.keywords.push_back(names[i]);
    bytes_ += stored->bytes.size();
    pending_.push_back(std::move(pending));
    return {};
}

Result<Placed> MemoryIntake::commit() {
    ensure(!open_, "the message before has no end");
    if (const auto fault = faults_->take()) return *fault;
    if (folder_->removed) return Error::no_such_mailbox;
    Placed placed;
    placed.uidvalidity = folder_->uidvalidity;
    ++folder_->highest_modseq;
    for (auto& pending : pending_) {
        auto& row = pending.message.row;
        row.uid = folder_->uidnext++;
        row.recent = true;
        row.modseq = folder_->highest_modseq;
        row.keywords = 0;
        for (const auto& name : pending.keywords)
            row.keywords |= folder_->keyword_bit(name).value_or(0);
        placed.uids.push_back(row.uid);
        folder_->messages.push_back(std::move(pending.message));
    }
    pending_.clear();
    return placed;
}

} // namespace hearth::store
