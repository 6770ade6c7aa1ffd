// SPDX-License-Identifier: Apache-2.0
#include "users.hpp"

namespace hearth::anvil {

Users::Users() : by_name_(0, Hash{&items_}, Equal{&items_}) {}

Index Users::find(ServiceIndex service, std::string_view name) const {
    const auto found = by_name_.find(Key{service, name});
    return found == by_name_.end() ? none : *found;
}

Index Users::acquire(ServiceIndex service, std::string_view name, std::uint64_t key) {
    if (const auto known = find(service, name); known != none) return known;
    User user;
    user.name = name;
    user.key = key;
    user.service = service;
    const auto index = items_.add(std::move(user));
    by_name_.insert(index);
    return index;
}

void Users::release(Index user) {
    const auto& item = items_[user];
    if (item.workers > 0 || item.sessions > 0 || item.lookups > 0) return;
    by_name_.erase(user);
    items_.remove(user);
}

} // namespace hearth::anvil
