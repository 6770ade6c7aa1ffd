// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"

#include <fmt/core.h>
#include <unistd.h>

namespace hearth::admin {

int check(const Common& common) {
    config::LoadOptions options;
    options.managed = ::geteuid() == 0;
    const auto loaded = config::load(common.config, options);
    fmt::print(stderr, "{}", loaded.text());
    if (!loaded.errors.empty()) {
        fmt::print(stderr, "{}: {} error{}\n", common.config, loaded.errors.size(), loaded.errors.size() == 1 ? "" : "s");
        return exit_config;
    }
    fmt::print("{}: good\n", common.config);
    return exit_ok;
}

} // namespace hearth::admin
