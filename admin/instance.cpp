// SPDX-License-Identifier: Apache-2.0
#include "instance.hpp"

#include <climits>
#include <cstdlib>
#include <fmt/core.h>
#include <unistd.h>

namespace hearth::admin {

config::Settings load_or_exit(const Common& common) {
    config::LoadOptions options;
    options.managed = ::geteuid() == 0;
    auto loaded = config::load(common.config, options);
    if (loaded.settings) return std::move(*loaded.settings);
    fmt::print(stderr, "{}", loaded.text());
    std::exit(exit_config);
}

std::string control_socket(const config::Settings& settings, std::string_view name) {
    return fmt::format("{}/{}", settings.base_dir, name);
}

std::string program_directory() {
    char path[PATH_MAX];
    const auto size = ::readlink("/proc/self/exe", path, sizeof path);
    if (size <= 0) return "/usr/bin";
    const std::string_view whole(path, static_cast<std::size_t>(size));
    return std::string(whole.substr(0, whole.rfind('/')));
}

} // namespace hearth::admin
