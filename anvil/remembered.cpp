// SPDX-License-Identifier: Apache-2.0
#include "remembered.hpp"
#include "base/ensure.hpp"

#include <functional>

namespace hearth::anvil {

using protocol::anvil::ExitReason;

Remembered::Key Remembered::key_of(ServiceIndex service, std::string_view user) {
    // Mixed once more (the finalizer of MurmurHash3), because the table takes it as it is.
    auto key = static_cast<Key>(std::hash<std::string_view>{}(user)) + std::uint64_t{service} * 0x9e3779b97f4a7c15;
    key = (key ^ (key >> 33)) * 0xff51afd7ed558ccd;
    key = (key ^ (key >> 33)) * 0xc4ceb9fe1a85ec53;
    return key ^ (key >> 33);
}

Remembered::Item& Remembered::touch(ServiceIndex service, std::string_view user) {
    const auto key = key_of(service, user);
    auto found = by_key_.find(key);
    if (found != by_key_.end()) {
        unlink<&Item::of_order>(items_, order_, *found);
        push_front<&Item::of_order>(items_, order_, *found);
        return items_[*found];
    }
    if (items_.size() >= limit_) {
        const auto oldest = order_.last;
        by_key_.erase(oldest);
        unlink<&Item::of_order>(items_, order_, oldest);
        items_.remove(oldest);
        ++forgotten_;
    }
    Item item;
    item.key = key;
    const auto index = items_.add(item);
    by_key_.insert(index);
    push_front<&Item::of_order>(items_, order_, index);
    return items_[index];
}

void Remembered::note_end(ServiceIndex service, std::string_view user, ExitReason reason) {
    touch(service, user).end = static_cast<std::uint8_t>(static_cast<unsigned>(reason) + 1);
}

std::optional<ExitReason> Remembered::last_end(ServiceIndex service, std::string_view user) const {
    const auto found = by_key_.find(key_of(service, user));
    if (found == by_key_.end() || items_[*found].end == 0) return std::nullopt;
    return static_cast<ExitReason>(items_[*found].end - 1);
}

void Remembered::verify_invariants() const {
    ensure(items_.size() <= limit_, "more users are remembered than there may be");
    ensure(by_key_.size() == items_.size(), "a remembered user isn't found");
    const auto order = members<&Item::of_order>(items_, order_);
    ensure(order.size() == items_.size(), "a remembered user is in no order");
    for (const auto index : order) {
        const auto found = by_key_.find(items_[index].key);
        ensure(found != by_key_.end() && *found == index, "a remembered user is found under another's key");
    }
}

} // namespace hearth::anvil
