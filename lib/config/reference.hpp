// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace hearth::config {

/// The tables of docs/configuration.md, in Markdown, made of the schema.
std::string settings_reference();

} // namespace hearth::config
