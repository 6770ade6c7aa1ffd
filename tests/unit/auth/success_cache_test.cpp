// SPDX-License-Identifier: Apache-2.0
#include "success_cache.hpp"

#include <doctest/doctest.h>
#include <set>

using namespace hearth;
using namespace hearth::auth;
using namespace std::chrono_literals;

namespace {

const Time start{1000s};
const SuccessCache::BootKey boot_key{1, 2, 3};

} // namespace

TEST_CASE("a remembered success is found until its time is over, and isn't prolonged by use") {
    SuccessCache cache({.bytes = 1 << 20, .ttl = 60s}, boot_key);
    const auto key = cache.key("alice", "secret", "{PLAIN}secret", "imap");
    CHECK_FALSE(cache.find(key, start));
    cache.remember(key, true, start);
    CHECK(cache.find(key, start + 30s) == true);
    CHECK(cache.find(key, start + 59s) == true);
    CHECK_FALSE(cache.find(key, start + 60s));
    CHECK(cache.size() == 0);
}

TEST_CASE("whatever differs, user, password, stored hash or service, is another key") {
    const SuccessCache cache({}, boot_key);
    std::set<SuccessCache::Key> keys{cache.key("alice", "secret", "hash", "imap"),
        cache.key("alicE", "secret", "hash", "imap"), cache.key("alice", "secreT", "hash", "imap"),
        cache.key("alice", "secret", "hasH", "imap"), cache.key("alice", "secret", "hash", "jmap"),
        cache.key("alices", "ecret", "hash", "imap"), cache.key("alice", "secreth", "ash", "imap"),
        SuccessCache({}, {9}).key("alice", "secret", "hash", "imap")};
    CHECK(keys.size() == 8);
    CHECK(cache.key("alice", "secret", "hash", "imap") == cache.key("alice", "secret", "hash", "imap"));
}

TEST_CASE("wrong passwords are remembered only if asked for") {
    SuccessCache off({.bytes = 1 << 20, .ttl = 60s, .negative_ttl = 0s}, boot_key);
    const auto key = off.key("alice", "wrong", "hash", "imap");
    off.remember(key, false, start);
    CHECK_FALSE(off.find(key, start));
    SuccessCache on({.bytes = 1 << 20, .ttl = 60s, .negative_ttl = 5s}, boot_key);
    on.remember(key, false, start);
    CHECK(on.find(key, start + 4s) == false);
    CHECK_FALSE(on.find(key, start + 5s));
}

TEST_CASE("a full cache drops what was not used for longest") {
    SuccessCache cache({.bytes = 3 * SuccessCache::entry_bytes, .ttl = 60s}, boot_key);
    const auto key = [&](const char* user) { return cache.key(user, "p", "h", "imap"); };
    for (const auto* user : {"a", "b", "c"})
        cache.remember(key(user), true, start);
    CHECK(cache.find(key("a"), start + 1s));
    cache.remember(key("d"), true, start + 2s);
    CHECK(cache.size() == 3);
    CHECK(cache.find(key("a"), start + 3s));
    CHECK_FALSE(cache.find(key("b"), start + 3s));
    CHECK(cache.find(key("c"), start + 3s));
    CHECK(cache.find(key("d"), start + 3s));
}

TEST_CASE("size 0 or ttl 0 switches the cache off, flush empties it and counts") {
    SuccessCache none({.bytes = 0}, boot_key), short_lived({.bytes = 1 << 20, .ttl = 0s}, boot_key),
        cache({}, boot_key);
    const auto key = cache.key("a", "p", "h", "imap");
    none.remember(key, true, start);
    short_lived.remember(key, true, start);
    CHECK(none.size() + short_lived.size() == 0);
    cache.remember(key, true, start);
    cache.remember(key, true, start + 1s);
    cache.remember(cache.key("b", "p", "h", "imap"), true, start);
    CHECK(cache.flush() == 2);
    CHECK_FALSE(cache.find(key, start));
    SuccessCache forever({.bytes = 1 << 20, .ttl = std::chrono::milliseconds::max()}, boot_key);
    forever.remember(key, true, start);
    CHECK(forever.find(key, start + 24h * 10000) == true);
}
