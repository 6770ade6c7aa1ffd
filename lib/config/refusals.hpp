// SPDX-License-Identifier: Apache-2.0
// Values that are well formed and still can't be honoured, each with the way out. What a table can say stands in the
// schema; here is what takes a look at the value.
#pragma once

#include "config/report.hpp"
#include "config/schema.hpp"
#include "config/value.hpp"

#include <optional>
#include <string_view>

namespace hearth::config {

/// Why this value of this setting is refused.
std::optional<BadValue> refusal(const SettingSpec& spec, std::string_view value);

/// Notes that depend on the value: protocols that aren't served, plugins that aren't loaded.
void note_value(const SettingSpec& spec, std::string_view value, const Origin& origin, Report& report);

/// Protocols of Dovecot that Hearth does not serve.
bool is_foreign_protocol(std::string_view name);

} // namespace hearth::config
