// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include <filesystem>
#include <fmt/format.h>

namespace hearth::master {

Checked<Options> parse_options(std::span<char* const> words) {
    Options options;
    for (std::size_t i = 1; i < words.size(); ++i) {
        const std::string_view word = words[i];
        if (word != "-c" && word != "-o")
            return Complaint{fmt::format("unknown argument \"{}\"; usage: master [-c FILE] [-o key=value]...", word)};
        if (++i == words.size()) return Complaint{fmt::format("{} needs a value", word)};
        if (word == "-c") options.config = words[i];
        else options.overrides.emplace_back(words[i]);
    }
    std::error_code failure;
    const auto absolute = std::filesystem::absolute(options.config, failure);
    if (!failure) options.config = absolute.string();
    return options;
}

} // namespace hearth::master
