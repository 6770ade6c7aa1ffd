// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/schema.hpp"

#include <functional>
#include <string_view>

namespace hearth::config {

/// Cuts an unquoted value into text and names: `$name` or `$ENV:NAME` at the beginning of a word. Calls `take` with
/// each piece in order (names without their `$`); says whether there was a name.
bool for_each_piece(std::string_view value, const std::function<void(std::string_view piece, bool is_name)>& take);

/// Would this value be expanded if it stood there unquoted?
bool has_name(std::string_view value);

/// `$default_internal_user` and its like in `user` and `group` mean what these settings are in the end, not so far.
bool is_late_name(const SettingSpec& spec, std::string_view name);

} // namespace hearth::config
