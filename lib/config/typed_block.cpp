// SPDX-License-Identifier: Apache-2.0
#include "config/typed_block.hpp"

#include "base/ensure.hpp"
#include "config/interpret.hpp"
#include "config/value.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace hearth::config {

const Entry& TypedBlock::entry(std::string_view key) const {
    const auto* found = block_.find(key);
    ensure(found != nullptr, fmt::format("config: a {} block has no {}", block_.type, key));
    return *found;
}

std::uint64_t TypedBlock::number(std::string_view key) const {
    const auto value = decode_number(entry(key).value);
    ensure(value.has_value(), fmt::format("config: {} is no number", key));
    return *value;
}

std::uint32_t TypedBlock::u32(std::string_view key) const {
    constexpr std::uint64_t greatest = std::numeric_limits<std::uint32_t>::max();
    return static_cast<std::uint32_t>(std::min(number(key), greatest));
}

std::chrono::milliseconds TypedBlock::time(std::string_view key) const {
    const auto value = decode_time(entry(key).value);
    ensure(value.has_value(), fmt::format("config: {} is no time", key));
    return *value;
}

std::vector<std::string> TypedBlock::words(std::string_view key) const {
    return decode_words(entry(key).value);
}

Block default_namespace() {
    auto block = block_of(Scope::name_space, "inbox", {});
    block.find("inbox")->value = "yes";
    return block;
}

} // namespace hearth::config
