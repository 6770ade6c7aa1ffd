// SPDX-License-Identifier: Apache-2.0
#include "config/snapshot.hpp"
#include "worker/settings.hpp"

#include <doctest/doctest.h>

using namespace hearth;
using namespace hearth::worker;
using namespace std::chrono_literals;

namespace {

WorkerSettings settings_of(std::string_view text) {
    return read_settings(config::Snapshot::parse(text).value());
}

} // namespace

TEST_CASE("the framework's settings are read from the snapshot") {
    const auto settings =
        settings_of("service.client_limit=3\nservice.service_count=7\nservice.idle_kill=300 secs\n"
                    "first_valid_uid=600\nlast_valid_uid=700\nfirst_valid_gid=50\nlast_valid_gid=60\n");
    CHECK(settings.limits.client_limit == 3);
    CHECK(settings.limits.service_count == 7);
    CHECK(settings.limits.idle_kill == 300s);
    CHECK(settings.valid_uids.contains(600));
    CHECK(settings.valid_uids.contains(700));
    CHECK_FALSE(settings.valid_uids.contains(599));
    CHECK_FALSE(settings.valid_uids.contains(701));
    CHECK(settings.valid_gids.contains(50));
    CHECK_FALSE(settings.valid_gids.contains(61));
}

TEST_CASE("infinite idle_kill and unlimited service_count mean never") {
    const auto settings = settings_of("service.idle_kill=infinite\nservice.service_count=unlimited\n");
    CHECK_FALSE(settings.limits.idle_kill.has_value());
    CHECK(settings.limits.service_count == std::numeric_limits<std::uint64_t>::max());
}

TEST_CASE("id 0 is in no range, and a last of 0 is no bound") {
    const IdRange all{0, 0};
    CHECK_FALSE(all.contains(0));
    CHECK(all.contains(1));
    CHECK(all.contains(0xffffffff));
}
