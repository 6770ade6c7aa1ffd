// SPDX-License-Identifier: Apache-2.0
#include "thread/reference_links.hpp"

namespace hearth::imap {

std::uint32_t ReferenceLinks::make_node() {
    const auto node = forest_.add();
    parents_.push_back(none);
    messages_.push_back(none);
    return node;
}

// None when there is no room for a new one.
std::uint32_t ReferenceLinks::node_of(const std::string& id) {
    const auto found = nodes_.find(id);
    if (found != nodes_.end()) return found->second;
    constexpr std::size_t node_bytes = 100;
    if (id_bytes_ + id.size() + node_bytes > id_bytes_max) return none;
    id_bytes_ += id.size() + node_bytes;
    const auto node = make_node();
    nodes_.emplace(id, node);
    return node;
}

// A message without id, or with one that an earlier message has, is one that nobody refers to.
std::uint32_t ReferenceLinks::node_of_message(const std::string& id) {
    auto node = id.empty() ? none : node_of(id);
    if (node == none || messages_[node] != none) node = make_node();
    messages_[node] = message_count_++;
    return node;
}

// Unless it would make a loop. `child` is a root.
void ReferenceLinks::link(std::uint32_t child, std::uint32_t parent) {
    if (forest_.root(parent) == child) return;
    forest_.link(child, parent);
    parents_[child] = parent;
}

void ReferenceLinks::add(const ThreadMessage& message) {
    // Step 1.A: each reference answers the one before it, unless it is known to answer another.
    std::uint32_t last = none;
    for (const auto& id : message.references) {
        const auto node = node_of(id);
        if (node == none) continue;
        if (last != none && parents_[node] == none) link(node, last);
        last = node;
    }
    // Step 1.B: the message answers its last reference, whatever was thought before. Without one it answers nobody.
    const auto node = node_of_message(message.id);
    if (parents_[node] != none) {
        forest_.cut(node);
        parents_[node] = none;
    }
    if (last != none) link(node, last);
}

} // namespace hearth::imap
