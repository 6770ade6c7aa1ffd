// SPDX-License-Identifier: Apache-2.0
#include "success_cache.hpp"
#include "base/ensure.hpp"
#include "protocol/wire.hpp"

#include "base/text.hpp"
#include <cstring>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

namespace hearth::auth {

std::size_t SuccessCache::FirstBytes::operator()(const Key& key) const noexcept {
    std::size_t value = 0;
    std::memcpy(&value, key.data(), sizeof value);
    return value;
}

SuccessCache::SuccessCache(const Limits& limits, const BootKey& boot_key) : limits_(limits), boot_key_(boot_key) {}

SuccessCache::~SuccessCache() {
    ::explicit_bzero(boot_key_.data(), boot_key_.size());
}

SuccessCache::Key SuccessCache::key(
    std::string_view user, std::string_view password, std::string_view stored, std::string_view service) const {
    protocol::Writer out; // lengths stand before the texts, so "ab"+"c" and "a"+"bc" differ
    out.blob(user);
    out.blob(password);
    out.blob(stored);
    out.blob(service);
    auto message = out.take();
    Key result{};
    unsigned size = 0;
    const auto* made = ::HMAC(::EVP_sha256(), boot_key_.data(), static_cast<int>(boot_key_.size()),
        reinterpret_cast<const unsigned char*>(message.data()), message.size(), result.data(), &size);
    wipe(message);
    ensure(made != nullptr && size == result.size(), "OpenSSL can't compute HMAC-SHA256");
    return result;
}

std::optional<bool> SuccessCache::find(const Key& key, Time now) {
    const auto found = index_.find(key);
    if (found == index_.end()) return std::nullopt;
    const auto entry = found->second;
    if (entry->until <= now) {
        entries_.erase(entry);
        index_.erase(found);
        return std::nullopt;
    }
    entries_.splice(entries_.begin(), entries_, entry);
    return entry->matches;
}

void SuccessCache::remember(const Key& key, bool matches, Time now) {
    const auto ttl = matches ? limits_.ttl : limits_.negative_ttl;
    const auto capacity = limits_.bytes / entry_bytes;
    if (ttl <= std::chrono::milliseconds::zero() || capacity == 0) return;
    const auto until = ttl == std::chrono::milliseconds::max() ? Time::max() : now + ttl;
    if (const auto found = index_.find(key); found != index_.end()) {
        entries_.erase(found->second);
        index_.erase(found);
    }
    while (entries_.size() >= capacity) {
        index_.erase(entries_.back().key);
        entries_.pop_back();
    }
    entries_.push_front(Entry{key, matches, until});
    index_.emplace(key, entries_.begin());
}

std::size_t SuccessCache::flush() {
    const auto count = entries_.size();
    index_.clear();
    entries_.clear();
    return count;
}

} // namespace hearth::auth
