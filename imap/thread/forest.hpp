// SPDX-License-Identifier: Apache-2.0
// Trees that are linked and cut while they grow, with "what is the root of this node?" in O(log n) amortised: a chain of
// 100,000 replies, in whatever order they come, costs no quadratic walk upwards. Link-cut trees of Sleator and Tarjan
// (1983): each path is a splay tree ordered by depth.
#pragma once

#include <cstdint>
#include <vector>

namespace hearth::imap {

class Forest {
public:
    using Node = std::uint32_t;

    /// Makes a tree of one node; nodes are numbered from 0.
    Node add();
    [[nodiscard]] std::size_t size() const { return nodes_.size() - 1; }

    /// The root of the tree in which `node` is. Not const: the trees are rearranged inside.
    Node root(Node node);
    /// Hangs the tree of `child`, which is its root, below `parent`, which is in another tree.
    void link(Node child, Node parent);
    /// Makes `node` the root of its own tree.
    void cut(Node node);

private:
    // 0 is no node; the others are Node + 1.
    struct Links {
        std::uint32_t parent = 0, left = 0, right = 0;
    };

    [[nodiscard]] bool is_splay_root(std::uint32_t node) const;
    void rotate(std::uint32_t node);
    void splay(std::uint32_t node);
    void access(std::uint32_t node);

    std::vector<Links> nodes_ = std::vector<Links>(1);
};

} // namespace hearth::imap
