// SPDX-License-Identifier: Apache-2.0
// The ledger's memory: records in slabs, named by 32-bit indices and chained through links inside the records. An index
// is half a pointer, and no record is a node of several containers: a user with an idle worker takes about 200 bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace hearth::anvil {

/// Names a record in its slab for as long as the record lives; then it may name another.
using Index = std::uint32_t;
constexpr Index none = 0xffffffff;

/// Owns records of one kind. References stay valid while other records come and go.
template <class T> class Slab {
public:
    Index add(T item) {
        Index index = used_;
        if (!free_.empty()) {
            index = free_.back();
            free_.pop_back();
        } else {
            if (used_ % chunk == 0) chunks_.push_back(std::make_unique<T[]>(chunk));
            ++used_;
        }
        (*this)[index] = std::move(item);
        return index;
    }
    void remove(Index index) {
        (*this)[index] = T{};
        free_.push_back(index);
    }
    T& operator[](Index index) { return chunks_[index / chunk][index % chunk]; }
    const T& operator[](Index index) const { return chunks_[index / chunk][index % chunk]; }
    [[nodiscard]] std::size_t size() const { return used_ - free_.size(); }

private:
    static constexpr Index chunk = 256; // records at once; std::deque would take four, and waste a fifth

    std::vector<std::unique_ptr<T[]>> chunks_;
    Index used_ = 0;
    std::vector<Index> free_;
};

/// A record's place in one chain.
struct Link {
    Index previous = none, next = none;
};
/// A doubly linked chain of records of one slab.
struct Chain {
    Index first = none, last = none;
    [[nodiscard]] bool empty() const { return first == none; }
};

/// The same for who never asks for the last one.
struct Stack {
    Index first = none;
    [[nodiscard]] bool empty() const { return first == none; }
};

template <auto link, class T, class List> void push_front(Slab<T>& items, List& list, Index index) {
    items[index].*link = Link{none, list.first};
    if (list.first != none)
        (items[list.first].*link).previous = index;
    else if constexpr (std::is_same_v<List, Chain>)
        list.last = index;
    list.first = index;
}

template <auto link, class T, class List> void unlink(Slab<T>& items, List& list, Index index) {
    const Link self = items[index].*link;
    (self.previous != none ? (items[self.previous].*link).next : list.first) = self.next;
    if (self.next != none)
        (items[self.next].*link).previous = self.previous;
    else if constexpr (std::is_same_v<List, Chain>)
        list.last = self.previous;
    items[index].*link = Link{};
}

/// The indices of a chain or stack, first to last, at most `limit` of them.
template <auto link, class T, class List>
std::vector<Index> members(const Slab<T>& items, const List& list, std::size_t limit = SIZE_MAX) {
    std::vector<Index> result;
    for (auto index = list.first; index != none && result.size() < limit; index = (items[index].*link).next)
        result.push_back(index);
    return result;
}

} // namespace hearth::anvil
