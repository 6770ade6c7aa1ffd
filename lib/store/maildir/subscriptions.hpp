// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hearth::store {

constexpr std::size_t subscriptions_bytes_max = std::size_t{4} << 20;

/// The names in a `subscriptions` file as Dovecot writes it: version 2 (header "V\t2", an empty line, levels separated
/// by tabs) or the older plain list. Names come as on disk: modified UTF-7, levels joined by the disk's separator.
/// Broken lines are left out.
std::vector<std::string> parse_subscriptions(std::string_view text, char separator = '.');

/// The text with `name` (as parse_subscriptions gives it) in it, last, or without it; in its own format, version 2 for
/// an empty one. Other lines stay as they are.
std::string with_subscription(std::string_view text, std::string_view name, bool subscribed, char separator = '.');

/// Changes the file `file` in `directory`, under its dotlock (one try: Error::busy), all or nothing, durable on return.
/// Error::limit_reached above subscriptions_bytes_max.
Result<void> change_subscription(
    int directory, const std::string& file, std::string_view name, bool subscribed, char separator = '.');

} // namespace hearth::store
