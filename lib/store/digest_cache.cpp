// SPDX-License-Identifier: Apache-2.0
#include "store/digest_cache.hpp"

#include "mail/digest.hpp"

#include <algorithm>

namespace hearth::store {
namespace {

// What an entry takes beside its bytes: node, bucket, allocator.
constexpr std::size_t entry_bytes = 128;
// Ids of one mailbox's messages follow each other where they came one after the other. When they are further apart than
// this, what lies between them isn't worth reading.
constexpr std::uint64_t gap_max = 4 * DigestCache::batch;

} // namespace

const DigestCache::Entry* DigestCache::find(std::uint64_t message) const {
    if (generation_ != index_.generation()) return nullptr;
    const auto at = entries_.find(message);
    return at == entries_.end() ? nullptr : &at->second;
}

bool DigestCache::was_looked_for(std::uint64_t message) const {
    return generation_ == index_.generation() && looked_first_ <= message && message <= looked_last_;
}

Result<void> DigestCache::read(std::span<const MessageRow> rows) {
    if (rows.empty()) return {};
    if (generation_ != index_.generation()) clear();
    generation_ = index_.generation();
    auto first = rows.front().message, last = first;
    for (const auto& row : rows.subspan(0, std::min(rows.size(), batch))) {
        const auto low = std::min(first, row.message), high = std::max(last, row.message);
        if (high - low > gap_max) break;
        first = low;
        last = high;
    }
    if (bytes_ > bytes_max) {
        entries_.clear();
        bytes_ = 0;
    }
    auto read = index_.digests(first, last, mail::digest_version,
        [&](std::uint64_t message, std::string_view bytes, std::optional<std::uint64_t> size) {
            if (mail::read_digest(bytes)) keep(message, {std::string(bytes), size});
        });
    if (!read) return read;
    looked_first_ = first;
    looked_last_ = last;
    return {};
}

const DigestCache::Entry& DigestCache::keep(std::uint64_t message, Entry entry) {
    const auto [at, is_new] = entries_.try_emplace(message);
    bytes_ += entry.bytes.size() + (is_new ? entry_bytes : 0) - std::min(bytes_, at->second.bytes.size());
    at->second = std::move(entry);
    return at->second;
}

void DigestCache::clear() {
    entries_ = {};
    bytes_ = 0;
    looked_first_ = 1;
    looked_last_ = 0;
}

} // namespace hearth::store
