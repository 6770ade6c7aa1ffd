// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string_view>

namespace hearth::store {

/// Takes a sentence for the administrator. Never mail content.
using Warn = std::function<void(std::string_view)>;

} // namespace hearth::store
