// SPDX-License-Identifier: Apache-2.0
#include "thread/forest.hpp"

namespace hearth::imap {

Forest::Node Forest::add() {
    nodes_.emplace_back();
    return static_cast<Node>(nodes_.size() - 2);
}

// Its parent link, if any, leads to another path.
bool Forest::is_splay_root(std::uint32_t node) const {
    const auto parent = nodes_[node].parent;
    return parent == 0 || (nodes_[parent].left != node && nodes_[parent].right != node);
}

void Forest::rotate(std::uint32_t node) {
    const auto parent = nodes_[node].parent, above = nodes_[parent].parent;
    const bool parent_is_root = is_splay_root(parent);
    const bool is_left = nodes_[parent].left == node;
    auto& inner = is_left ? nodes_[node].right : nodes_[node].left;
    auto& outer = is_left ? nodes_[parent].left : nodes_[parent].right;
    outer = inner;
    if (inner != 0) nodes_[inner].parent = parent;
    inner = parent;
    nodes_[parent].parent = node;
    nodes_[node].parent = above;
    if (parent_is_root) return;
    (nodes_[above].left == parent ? nodes_[above].left : nodes_[above].right) = node;
}

void Forest::splay(std::uint32_t node) {
    while (!is_splay_root(node)) {
        const auto parent = nodes_[node].parent;
        if (!is_splay_root(parent)) {
            const auto above = nodes_[parent].parent;
            const bool same_side = (nodes_[parent].left == node) == (nodes_[above].left == parent);
            rotate(same_side ? parent : node);
        }
        rotate(node);
    }
}

// Makes the way from the root to `node` one path, with `node` as its last and the root of its splay tree.
void Forest::access(std::uint32_t node) {
    std::uint32_t below = 0;
    for (auto at = node; at != 0; at = nodes_[at].parent) {
        splay(at);
        nodes_[at].right = below;
        below = at;
    }
    splay(node);
}

Forest::Node Forest::root(Node node) {
    auto at = node + 1;
    access(at);
    while (nodes_[at].left != 0)
        at = nodes_[at].left;
    splay(at);
    return at - 1;
}

void Forest::link(Node child, Node parent) {
    access(child + 1);
    access(parent + 1);
    nodes_[child + 1].parent = parent + 1;
}

void Forest::cut(Node node) {
    access(node + 1);
    const auto above = nodes_[node + 1].left;
    if (above == 0) return;
    nodes_[above].parent = 0;
    nodes_[node + 1].left = 0;
}

} // namespace hearth::imap
