// SPDX-License-Identifier: Apache-2.0
#include "quota_limits.hpp"

#include <doctest/doctest.h>
#include <map>

using namespace hearth;
using namespace hearth::imap;

namespace {

Checked<store::QuotaLimits> limits(std::string settings, std::map<std::string, std::string, std::less<>> fields = {}) {
    const auto snapshot = config::Snapshot::parse(settings).value();
    return read_quota_limits(snapshot, [&](std::string_view key) {
        const auto at = fields.find(key);
        return at == fields.end() ? std::string() : at->second;
    });
}

store::QuotaLimits made(std::uint64_t bytes, std::uint64_t messages) {
    store::QuotaLimits result;
    result.bytes = bytes;
    result.messages = messages;
    return result;
}

} // namespace

TEST_CASE("a user's limits are the settings', and the userdb's in their place") {
    CHECK(limits("").value() == made(0, 0));
    CHECK(limits("quota_storage_size=1M\n").value() == made(1 << 20, 0));
    CHECK(limits("quota_message_count=7\n", {{"quota_rule", "*:bytes=100"}}).value() == made(100, 7));
    CHECK(limits("quota_root=User quota\n", {{"quota_rule", "*:storage=1G:messages=5"}}).value() ==
          made(std::uint64_t{1} << 30, 5));
    CHECK(limits("quota_storage_size=1M\n", {{"quota_storage_size", "2M"}, {"quota_message_count", "3"}}).value() ==
          made(2 << 20, 3));
    CHECK(limits("quota_storage_size=1M\n", {{"quota_storage_size", "unlimited"}}).value() == made(0, 0));
}

TEST_CASE("a userdb's limits count only where quota is on") {
    CHECK(limits("", {{"quota_rule", "*:bytes=100"}}).value() == made(0, 0));
}

TEST_CASE("a limit that can't be understood is an error, not no limit") {
    for (const auto* rule : {"100M", "*:storage=x", "Trash:storage=1M", "*:storage=+1M", "*:ignore"})
        CHECK_FALSE(limits("quota_root=U\n", {{"quota_rule", rule}}).has_value());
    CHECK_FALSE(limits("quota_root=U\n", {{"quota_storage_size", "much"}}).has_value());
}
