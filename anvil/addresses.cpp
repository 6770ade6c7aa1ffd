// SPDX-License-Identifier: Apache-2.0
#include "addresses.hpp"
#include "base/ensure.hpp"

namespace hearth::anvil {
namespace {

std::string_view plain(std::string_view text) {
    constexpr std::string_view mapped = "::ffff:";
    if (text.starts_with(mapped) && text.find('.') != std::string_view::npos) text.remove_prefix(mapped.size());
    return text;
}

} // namespace

Index Addresses::acquire(std::string_view text) {
    const auto [found, added] = by_text_.try_emplace(std::string(plain(text)), none);
    if (added) found->second = items_.add(Address{found->first, 0});
    ++items_[found->second].references;
    return found->second;
}

void Addresses::release(Index address) {
    auto& item = items_[address];
    ensure(item.references > 0, "an address is released more often than acquired");
    if (--item.references > 0) return;
    by_text_.erase(item.text);
    items_.remove(address);
}

Index Addresses::find(std::string_view text) const {
    const auto found = by_text_.find(std::string(plain(text)));
    return found == by_text_.end() ? none : found->second;
}

} // namespace hearth::anvil
