// SPDX-License-Identifier: Apache-2.0
// Values as they are written, and their canonical text: one way to write each value, which everything behind the
// parser (dump, snapshot, typed settings) reads with the decode functions.
#pragma once

#include "config/schema.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::config {

/// What is wrong with a value, and what to write instead.
struct BadValue {
    std::string message, hint;
};

/// Checks `raw` against the type and range of `spec`; puts the canonical text into `canonical`.
std::optional<BadValue> canonicalize(const SettingSpec& spec, std::string_view raw, std::string& canonical);

/// The number behind canonical text of a count, size, mode or share (percent and count alike); nothing on other text.
std::optional<std::uint64_t> decode_number(std::string_view text);
/// The time behind "5 mins", "250 msecs", "0", "infinite" and every other way to write one.
std::optional<std::chrono::milliseconds> decode_time(std::string_view text);
/// Words between blanks and commas.
std::vector<std::string> decode_words(std::string_view text);

/// The canonical text of a time, in the greatest unit that divides it.
std::string time_text(std::chrono::milliseconds time);
std::string size_text(std::uint64_t bytes);

} // namespace hearth::config
