// SPDX-License-Identifier: Apache-2.0
// What clients do to a mailbox, each in one call that has to succeed.
#pragma once

#include "maildir_fixture.hpp"

namespace hearth::store {

using Mode = FlagChange::Mode;

inline FlagChange flag_change(Mode mode, std::vector<mail::Flag> flags, std::vector<std::string> keywords = {}) {
    FlagChange change;
    change.mode = mode;
    for (const auto flag : flags) change.flags.set(flag);
    change.keywords = std::move(keywords);
    return change;
}

inline FlagOutcome store_flags(Mailbox& mailbox, const Uids& uids, const FlagChange& change) {
    auto outcome = patiently([&] { return mailbox.change_flags(uids, change); });
    REQUIRE(outcome.has_value());
    return std::move(*outcome);
}

inline Uids append(Account& account, const std::string& mailbox, const std::vector<std::string>& texts) {
    auto intake = patiently([&] { return account.intake(mailbox); });
    REQUIRE(intake.has_value());
    for (const auto& text : texts) {
        NewMessage message;
        message.size = text.size();
        message.internal_date = 1234567890;
        message.flags.set(mail::Flag::seen);
        message.keywords = {"$Label1"};
        REQUIRE(patiently([&] { return (*intake)->begin(message); }).has_value());
        REQUIRE((*intake)->write(text).has_value());
        REQUIRE((*intake)->finish().has_value());
    }
    const auto placed = patiently([&] { return (*intake)->commit(); });
    REQUIRE(placed.has_value());
    return placed->uids;
}

inline Uids copy(Account& account, Mailbox& from, const Uids& uids, const std::string& to) {
    auto intake = patiently([&] { return account.intake(to); });
    REQUIRE(intake.has_value());
    for (const auto uid : uids) REQUIRE(patiently([&] { return (*intake)->take(from, uid); }).has_value());
    const auto placed = patiently([&] { return (*intake)->commit(); });
    REQUIRE(placed.has_value());
    return placed->uids;
}

inline Uids expunge(Mailbox& mailbox, const Uids& uids, bool only_deleted = false) {
    Uids gone;
    for (std::span<const std::uint32_t> left(uids); !left.empty();) {
        const auto removed = patiently([&] { return mailbox.expunge(left, only_deleted); });
        REQUIRE(removed.has_value());
        gone.insert(gone.end(), removed->gone.begin(), removed->gone.end());
        left = left.subspan(removed->done);
    }
    return gone;
}

inline const MessageRow& row(const Mailbox& mailbox, std::uint32_t uid) {
    for (const auto& candidate : mailbox.rows())
        if (candidate.uid == uid) return candidate;
    FAIL("no such row");
    return mailbox.rows()[0];
}

inline std::size_t files_in(const Maildir& disk, const std::string& directory) {
    const std::filesystem::directory_iterator files(disk.path / directory);
    return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

} // namespace hearth::store
