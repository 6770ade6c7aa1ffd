// SPDX-License-Identifier: Apache-2.0
// A configuration as it is written: sections and settings in the order of the text, includes in their place, nothing
// expanded and nothing known of what names mean.
#pragma once

#include "config/origin.hpp"

#include <string>
#include <vector>

namespace hearth::config {

struct Word {
    std::string text;
    Origin origin;
    bool quoted = false; ///< stood in quotes: no $name and no <file in it
};

/// `key = value`, or `key name {` ... `}`.
struct Statement {
    bool is_section = false;
    Word key;                      ///< the setting's name, or the section's type
    Word value;                    ///< the setting's value, or the section's name (may be empty)
    std::vector<Statement> inside; ///< of a section
};

} // namespace hearth::config
