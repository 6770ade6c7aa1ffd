// SPDX-License-Identifier: Apache-2.0
// Master and zygote: one order, one answer, each a record of a SEQPACKET socketpair (docs/protocol/service.md, "Zygotes").
// Both ends are of one build, so the records are plain structures; what isn't one is refused.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace hearth::protocol::zygote {

constexpr std::uint32_t version = 1;
constexpr std::size_t names_bytes_max = 1024;

/// Fork one worker. Comes with the worker's descriptors, in the order of `names` (joined by ':', as LISTEN_FDNAMES).
struct Order {
    std::uint64_t id = 0; ///< random, not 0: the worker's HELLO proves by it that the master wanted it
    std::uint32_t generation = 0;
    std::string names;
};

/// What came of it; sent as it lies in memory.
struct Answer {
    std::uint64_t id = 0;
    std::int32_t pid = 0;   ///< the worker's, or 0
    std::int32_t error = 0; ///< errno of the fork, or 0
};

struct OrderHead {
    std::uint32_t version, generation;
    std::uint64_t id;
};
constexpr std::size_t order_bytes_max = sizeof(OrderHead) + names_bytes_max;

inline std::string encode(const Order& order) {
    const OrderHead head{version, order.generation, order.id};
    std::string bytes(reinterpret_cast<const char*>(&head), sizeof head);
    return bytes += order.names;
}

/// The head; the names are what follows it. Allocates nothing: a zygote writes to no page that it can leave alone.
inline std::optional<OrderHead> decode_head(std::string_view bytes) {
    OrderHead head{};
    if (bytes.size() < sizeof head) return std::nullopt;
    std::memcpy(&head, bytes.data(), sizeof head);
    if (head.version != version || head.id == 0) return std::nullopt;
    return head;
}

inline std::optional<Answer> decode_answer(std::string_view bytes) {
    Answer answer;
    if (bytes.size() != sizeof answer) return std::nullopt;
    std::memcpy(&answer, bytes.data(), sizeof answer);
    if (answer.id == 0 || (answer.pid > 0) == (answer.error != 0)) return std::nullopt;
    return answer;
}

} // namespace hearth::protocol::zygote
