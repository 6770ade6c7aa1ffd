// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fmt/core.h>
#include <unistd.h>

namespace hearth::admin {
namespace {

// Does the file set libexec_dir? A file with errors is the master's to complain about.
bool names_libexec_dir(const Common& common) {
    config::LoadOptions options;
    options.managed = ::geteuid() == 0;
    const auto loaded = config::load(common.config, options);
    const auto untouched = config::load_text("", options);
    return loaded.settings && untouched.settings && loaded.settings->libexec_dir != untouched.settings->libexec_dir;
}

} // namespace

int serve(const Common& common, const ServeOptions& options) {
    // Both layouts put the programs beside us: build/bin with build/libexec, /usr/bin with /usr/libexec. A libexec_dir in
    // the file or in -o comes later and wins.
    const auto programs = std::filesystem::weakly_canonical(program_directory() + "/../libexec/hearth").string();
    const auto master = programs + "/master";
    std::vector<std::string> words{"hearth-master", "-c", common.config};
    if (!names_libexec_dir(common)) words.insert(words.end(), {"-o", "libexec_dir=" + programs});
    for (const auto& entry : options.overrides) {
        words.emplace_back("-o");
        words.push_back(entry);
    }
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ::execv(master.c_str(), arguments.data());
    fmt::print(stderr, "hearth: can't start {}: {}. Is Hearth installed whole?\n", master, std::strerror(errno));
    return exit_unavailable;
}

} // namespace hearth::admin
