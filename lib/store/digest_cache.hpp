// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/index/index.hpp"
#include "store/store.hpp"

#include <unordered_map>

namespace hearth::store {

/// Digests of messages (mail/digest.hpp) as a SEARCH goes through them: read from the index many at a time, and kept
/// while sessions run. Belongs to the account. What a message says never changes, so nothing in here gets old.
class DigestCache {
public:
    /// Of the digests and what they are found by. Beyond it, all are let go of.
    static constexpr std::size_t bytes_max = std::size_t{8} << 20;
    /// Messages that are read ahead.
    static constexpr std::size_t batch = 256;

    /// `index` must outlive this.
    explicit DigestCache(Index& index) : index_(index) {}

    struct Entry {
        std::string bytes;                 ///< sound; empty: the message has no digest
        std::optional<std::uint64_t> size; ///< as the index knew it
    };
    /// What is known of a message by its id; null: it isn't here.
    [[nodiscard]] const Entry* find(std::uint64_t message) const;
    /// Whether the index has been asked for this message lately.
    [[nodiscard]] bool was_looked_for(std::uint64_t message) const;
    /// Reads what the index has of the first of these messages and the next `batch`.
    Result<void> read(std::span<const MessageRow> rows);
    const Entry& keep(std::uint64_t message, Entry entry);
    void clear();

private:
    Index& index_;
    std::unordered_map<std::uint64_t, Entry> entries_;
    std::size_t bytes_ = 0;
    std::uint64_t generation_ = 0;
    std::uint64_t looked_first_ = 1, looked_last_ = 0; // ids that were asked for last
};

} // namespace hearth::store
