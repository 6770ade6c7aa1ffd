// SPDX-License-Identifier: Apache-2.0
#include "rendered_items.hpp"

namespace hearth::imap {

std::size_t RenderedItems::cost(const Item& item) {
    constexpr std::size_t node_estimate = 160; // list node, hash node, two allocations' overhead
    return item.key.size() + item.rendered.size() + node_estimate;
}

std::string_view RenderedItems::key_of(std::uint64_t message, std::string_view label) {
    key_.assign(reinterpret_cast<const char*>(&message), sizeof message);
    key_ += label;
    return key_;
}

const std::string* RenderedItems::find(std::uint64_t message, std::string_view label) {
    if (message == 0) return nullptr;
    const auto found = by_key_.find(key_of(message, label));
    if (found == by_key_.end()) return nullptr;
    items_.splice(items_.begin(), items_, found->second);
    return &found->second->rendered;
}

void RenderedItems::add(std::uint64_t message, std::string_view label, std::string_view rendered) {
    if (message == 0 || rendered.size() > item_max || by_key_.contains(key_of(message, label))) return;
    items_.push_front({key_, std::string(rendered)});
    by_key_.emplace(items_.front().key, items_.begin());
    bytes_ += cost(items_.front());
    while (bytes_ > bytes_max)
        drop_oldest();
}

void RenderedItems::drop_oldest() {
    bytes_ -= cost(items_.back());
    by_key_.erase(items_.back().key);
    items_.pop_back();
}

void RenderedItems::clear() {
    by_key_.clear();
    items_.clear();
    bytes_ = 0;
}

} // namespace hearth::imap
