// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace hearth::config {

/// The services that are there when the file says nothing, in the configuration's own syntax. It is read before the
/// file, which adds to these blocks or changes them.
std::string_view builtin_text();
bool is_builtin_service(std::string_view name);

} // namespace hearth::config
