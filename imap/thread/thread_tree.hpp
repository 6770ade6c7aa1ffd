// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hearth::imap {

/// A message as threading sees it.
struct ThreadMessage {
    std::uint32_t row = 0;       ///< its place in the mailbox
    std::int64_t sent = 0;       ///< RFC 5256 section 2.2
    std::int64_t received = 0;   ///< the internal date
    std::string subject;         ///< base subject as i;unicode-casemap compares it
    bool is_reply = false;       ///< or a forward, by its subject
    std::string id;              ///< hashed (mail/digest.hpp); empty: none that is valid
    std::vector<std::string> references; ///< hashed ids, oldest first; of In-Reply-To when References names nobody
};

/// Threads as THREAD tells them.
struct ThreadTree {
    static constexpr std::uint32_t no_row = 0xffffffff;
    struct Node {
        std::uint32_t row = no_row; ///< no_row: a message that isn't there holds its replies together; only roots
        std::vector<std::uint32_t> children;
    };
    std::vector<Node> nodes;
    std::vector<std::uint32_t> roots;
};

/// " (3 6 (4 23)(44 7 96))": the threads of RFC 5256 section 5, UIDs or sequence numbers by number_of(row).
template <class NumberOf> void append_threads(std::string& out, const ThreadTree& tree, const NumberOf& number_of) {
    struct Step {
        std::uint32_t node;
        bool opens = false, closes = false;
    };
    std::vector<Step> steps; // what is still to be written, last first: threads may be as deep as a mailbox is large
    const auto push_all = [&](const std::vector<std::uint32_t>& nodes) {
        for (auto node = nodes.rbegin(); node != nodes.rend(); ++node)
            steps.push_back({*node, true, true});
    };
    push_all(tree.roots);
    while (!steps.empty()) {
        const auto step = steps.back();
        steps.pop_back();
        if (step.node == ThreadTree::no_row) {
            out += ')';
            continue;
        }
        const auto& node = tree.nodes[step.node];
        if (step.opens) out += '(';
        if (step.closes) steps.push_back({ThreadTree::no_row});
        if (node.row != ThreadTree::no_row) out += number_of(node.row);
        if (node.children.empty()) continue;
        if (node.row != ThreadTree::no_row) out += ' ';
        if (node.children.size() == 1)
            steps.push_back({node.children.front()});
        else
            push_all(node.children);
    }
}

} // namespace hearth::imap
