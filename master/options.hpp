// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"

#include <span>
#include <string>
#include <vector>

namespace hearth::master {

struct Options {
    std::string config = "/etc/hearth/hearth.conf"; ///< absolute: the master changes its directory
    std::vector<std::string> overrides;             ///< "key=value", after -o
};

/// `master [-c FILE] [-o key=value]...`
Checked<Options> parse_options(std::span<char* const> words);

} // namespace hearth::master
