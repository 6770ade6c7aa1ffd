// SPDX-License-Identifier: Apache-2.0
// How long users stay away. For each user of a service the last 24 gaps between the end of a session and the start of
// the next, a byte each: enough to see a client that polls, and to see that somebody doesn't. Pure.
#pragma once

#include "base/clock.hpp"
#include "protocol/anvil.hpp"
#include "slab.hpp"

#include <array>
#include <boost/unordered/unordered_flat_set.hpp>
#include <optional>
#include <string_view>

namespace hearth::anvil {

constexpr std::size_t gaps_max = 24; ///< kept of one user
constexpr std::size_t histories_max =
    1'000'000; ///< users of all services; the one that was here longest ago goes first

/// A span of time in seconds, as predictions count it.
using Seconds = std::chrono::duration<double>;

/// The last gaps of one user, on a logarithmic scale of 15 steps an octave (4.7 %), up to 36 hours; longer ones count
/// as that. Plain data of fixed size: copying it is cheaper than looking it up.
class Gaps {
public:
    /// O(1); the oldest one is forgotten when there are gaps_max.
    void add(Seconds gap);
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }
    /// The gap that was added as the last but `back`; back < size().
    [[nodiscard]] Seconds recent(std::size_t back) const;
    /// Zero if there are none.
    [[nodiscard]] Seconds longest() const;
    /// Does this user come like a clock? Three in four of the last eight gaps are within 15 % of their median. A gap
    /// alone is taken for a clock's: the next one tells.
    [[nodiscard]] bool is_regular() const { return regular_; }

    bool operator==(const Gaps&) const = default;

private:
    [[nodiscard]] bool judge() const;

    std::array<std::uint8_t, gaps_max> levels_{};
    std::uint8_t next_ = 0, size_ = 0;
    bool regular_ = false; // judged once for each gap, asked for each look at an idle worker
};

/// Names a user's history: service and name in 64 bits. Two users with the same key share a history, and routing is a
/// hint: that costs a cold start at most.
using HistoryKey = std::uint64_t;
HistoryKey history_key(std::string_view service, std::string_view user);

/// The histories of all users. 64 bytes a user, the table's own room included; every call is O(1).
class Histories {
public:
    /// Keeps at most `limit` users, at least one.
    explicit Histories(std::size_t limit = histories_max);
    Histories(const Histories&) = delete;
    Histories& operator=(const Histories&) = delete;

    /// What `came` learned: the gap that just ended, and the gaps that were known before it.
    struct Return {
        Gaps before;
        Seconds gap{};
    };
    /// The user's first session starts while there was none. Nothing if it isn't known how long the user was away: on
    /// the first visit, and when `came` is said twice.
    std::optional<Return> came(HistoryKey user, Time now);
    /// The user's last session ended. Said twice, the later time counts.
    void left(HistoryKey user, Time now);
    /// Empty for a user who is unknown.
    [[nodiscard]] Gaps gaps(HistoryKey user) const;
    /// A worker of the user ended.
    void ended(HistoryKey user, protocol::anvil::ExitReason why);
    /// Why the user's latest worker ended; nothing if none did, or the user is unknown.
    [[nodiscard]] std::optional<protocol::anvil::ExitReason> last_end(HistoryKey user) const;
    [[nodiscard]] std::size_t size() const { return users_.size(); }

    /// Bytes that one user takes in the slab; its place in the hash set takes 5.9 to 12 more.
    static constexpr std::size_t record_bytes = 48;

private:
    struct Record {
        std::uint32_t key_high = 0, key_low = 0; // not one of 64 bits, whose alignment would cost four bytes
        std::uint32_t away_since = 0;            // in ticks after base_; 0: is here, or never left
        Link by_age;
        Gaps gaps;
        std::uint8_t end = 0; // ExitReason + 1; 0: none
        [[nodiscard]] HistoryKey key() const { return HistoryKey{key_high} << 32 | key_low; }
    };
    static_assert(sizeof(Record) <= record_bytes);
    struct Hash {
        using is_transparent = void;
        const Slab<Record>* items;
        std::size_t operator()(HistoryKey key) const { return static_cast<std::size_t>(key); }
        std::size_t operator()(Index user) const { return (*this)((*items)[user].key()); }
    };
    struct Equal {
        using is_transparent = void;
        const Slab<Record>* items;
        bool operator()(HistoryKey key, Index user) const { return (*items)[user].key() == key; }
        bool operator()(Index user, HistoryKey key) const { return (*this)(key, user); }
        bool operator()(Index a, Index b) const { return a == b; }
    };

    Record& touch(HistoryKey user);
    [[nodiscard]] std::uint32_t ticks(Time now);

    std::size_t limit_;
    std::optional<Time> base_; // a tick before the first event
    Slab<Record> users_;
    boost::unordered_flat_set<Index, Hash, Equal> by_key_; // looks into users_, so never moved
    Chain by_age_;                                         // who came or left last goes first
};

} // namespace hearth::anvil
