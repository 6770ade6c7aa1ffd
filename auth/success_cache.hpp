// SPDX-License-Identifier: Apache-2.0
// Remembers that a password was right, so that a webmail's next click pays no password hash. Pure: the clock is passed.
//
// The key is HMAC-SHA256 (under a random key that dies with the process) over user, password, the stored hash it
// matched, and service. So a changed password, on either side, misses at once; nothing has to be invalidated. Neither
// password nor hash is kept.
#pragma once

#include "base/clock.hpp"

#include <array>
#include <cstdint>
#include <list>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace hearth::auth {

class SuccessCache {
public:
    struct Limits {
        std::size_t bytes = 1024 * 1024;          ///< auth_cache_size; 0: off
        std::chrono::milliseconds ttl{3'600'000}; ///< auth_cache_ttl; 0: off
        std::chrono::milliseconds negative_ttl{
            0}; ///< auth_cache_negative_ttl: how long a wrong one is remembered; 0: off
    };
    using BootKey = std::array<std::uint8_t, 32>;
    using Key = std::array<std::uint8_t, 32>;

    SuccessCache(const Limits& limits, const BootKey& boot_key);
    ~SuccessCache();
    SuccessCache(const SuccessCache&) = delete;
    SuccessCache& operator=(const SuccessCache&) = delete;

    [[nodiscard]] Key key(
        std::string_view user, std::string_view password, std::string_view stored, std::string_view service) const;

    /// What was remembered: matches or not. An entry doesn't live longer by being used.
    std::optional<bool> find(const Key& key, Time now);
    /// Remembers it, at the price of the entries that were not used for longest.
    void remember(const Key& key, bool matches, Time now);
    /// Forgets everything; says how many entries that were.
    std::size_t flush();

    [[nodiscard]] std::size_t size() const { return entries_.size(); }

    /// What an entry is counted as: itself, its list and table nodes and their allocation overhead.
    static constexpr std::size_t entry_bytes = 192;

private:
    struct Entry {
        Key key;
        bool matches;
        Time until;
    };
    struct FirstBytes {
        std::size_t operator()(const Key& key) const noexcept; // keys are random already
    };

    Limits limits_;
    BootKey boot_key_;
    std::list<Entry> entries_; // most recently used first
    std::unordered_map<Key, std::list<Entry>::iterator, FirstBytes> index_;
};

} // namespace hearth::auth
