// SPDX-License-Identifier: Apache-2.0
#include "config/block.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace hearth::config {
namespace {

template <class Items, class Matches> auto* first(Items& items, Matches matches) {
    const auto found = std::find_if(items.begin(), items.end(), matches);
    return found == items.end() ? nullptr : &*found;
}

} // namespace

std::string Origin::text() const {
    return is_default() ? "default" : fmt::format("{}:{}", file, line);
}

const Entry* Block::find(std::string_view key) const {
    return first(entries, [&](const Entry& entry) { return entry.key == key; });
}

Entry* Block::find(std::string_view key) {
    return first(entries, [&](const Entry& entry) { return entry.key == key; });
}

std::string_view Block::text(std::string_view key) const {
    const auto* entry = find(key);
    return entry == nullptr ? std::string_view{} : std::string_view(entry->value);
}

const Block* Block::find(std::string_view inner_type, std::string_view inner_name) const {
    return first(blocks, [&](const Block& b) { return b.type == inner_type && b.name == inner_name; });
}

Block* Block::find(std::string_view inner_type, std::string_view inner_name) {
    return first(blocks, [&](const Block& b) { return b.type == inner_type && b.name == inner_name; });
}

} // namespace hearth::config
