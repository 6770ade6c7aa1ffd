// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "thread/forest.hpp"
#include "thread/thread_tree.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace hearth::imap {

/// Who answers whom: step 1 of RFC 5256's REFERENCES algorithm. A node is a message id, whether its message is there or
/// only spoken of; links never form a loop.
class ReferenceLinks {
public:
    static constexpr std::uint32_t none = 0xffffffff;
    /// What ids may take in memory. Beyond it, references to messages that haven't come yet are forgotten.
    static constexpr std::size_t id_bytes_max = std::size_t{64} << 20;

    /// The next message of the mailbox; it gets the number of messages added before.
    void add(const ThreadMessage& message);

    [[nodiscard]] std::size_t size() const { return parents_.size(); }
    /// The parent of a node, or none.
    [[nodiscard]] std::uint32_t parent(std::uint32_t node) const { return parents_[node]; }
    /// Which message a node is, or none.
    [[nodiscard]] std::uint32_t message(std::uint32_t node) const { return messages_[node]; }

private:
    std::uint32_t make_node();
    std::uint32_t node_of(const std::string& id);
    std::uint32_t node_of_message(const std::string& id);
    void link(std::uint32_t child, std::uint32_t parent);

    std::unordered_map<std::string, std::uint32_t> nodes_;
    std::vector<std::uint32_t> parents_, messages_;
    Forest forest_;
    std::uint32_t message_count_ = 0;
    std::size_t id_bytes_ = 0;
};

} // namespace hearth::imap
