// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/message.hpp"

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>

namespace hearth::store {

/// Least recently used values by key, bounded by the bytes their owners say they take.
template <class T> class BoundedCache {
public:
    explicit BoundedCache(std::size_t bytes_max) : bytes_max_(bytes_max) {}

    std::shared_ptr<const T> find(const std::string& key) {
        const auto at = by_key_.find(key);
        if (at == by_key_.end()) return nullptr;
        items_.splice(items_.begin(), items_, at->second);
        return at->second->value;
    }
    /// Keeps `value`, unless it alone is more than a quarter of the bound.
    void keep(const std::string& key, std::shared_ptr<const T> value, std::size_t bytes) {
        if (bytes > bytes_max_ / 4 || by_key_.count(key) != 0) return;
        items_.push_front({key, std::move(value), bytes});
        by_key_.emplace(key, items_.begin());
        bytes_ += bytes;
        while (bytes_ > bytes_max_) {
            bytes_ -= items_.back().bytes;
            by_key_.erase(items_.back().key);
            items_.pop_back();
        }
    }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }
    [[nodiscard]] std::size_t size() const { return items_.size(); }

private:
    struct Item {
        std::string key;
        std::shared_ptr<const T> value;
        std::size_t bytes;
    };
    std::size_t bytes_max_, bytes_ = 0;
    std::list<Item> items_;
    std::unordered_map<std::string, typename std::list<Item>::iterator> by_key_;
};

/// About how much memory these take.
std::size_t memory_bytes(const mail::Message& message);
std::size_t memory_bytes(const mail::Envelope& envelope);

/// What a warm worker remembers of messages between sessions, by GUID: a message never changes, whatever its flags,
/// place or file name do. All of it together is the 256 KiB that design and docs/store.md allow.
struct MessageCache {
    BoundedCache<mail::Message> messages{std::size_t{160} << 10};
    BoundedCache<mail::Envelope> envelopes{std::size_t{96} << 10};
};

} // namespace hearth::store
