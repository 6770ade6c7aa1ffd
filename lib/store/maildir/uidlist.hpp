// SPDX-License-Identifier: Apache-2.0
// The text of dovecot-uidlist, version 3 (and 1, read only):
//
//     3 V<uidvalidity> N<next uid> G<mailbox guid>
//     <uid> [<key><value> ...] :<base name of the file>
//
// Keys we don't know are kept as they are. Pure; uidlist_file.hpp does the reading, locking and writing.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::store {

struct UidlistRecord {
    std::uint32_t uid = 0;
    std::string extensions; ///< "G<guid> W<size>" and so on, as it stood
    std::string base;       ///< file name up to its colon

    /// The value of extension `key`, nothing when there is none or it is empty.
    [[nodiscard]] std::optional<std::string_view> extension(char key) const;
    /// The record's line, with its line end.
    [[nodiscard]] std::string line() const;
    bool operator==(const UidlistRecord&) const = default;
};

/// The extensions of a record: "G<guid> W<virtual size>", each left out when it has no value. A message whose GUID is
/// its base name needs no G, and one with ",W=" in its base name no W.
std::string record_extensions(std::string_view guid, std::optional<std::uint64_t> virtual_size);

struct Uidlist {
    int version = 3;
    std::uint32_t uidvalidity = 0;
    std::uint32_t uidnext = 1;          ///< larger than every UID ever listed
    std::string guid;                   ///< of the mailbox: 32 hexadecimal digits, or empty
    std::string extensions;             ///< other header fields, as they stood
    std::vector<UidlistRecord> records; ///< in UID order
    bool torn = false;                  ///< the last line had no line end and was left out: a writer died or is at work

    /// A sentence when the text is no uidlist: broken header, broken line, UIDs not ascending. Then no UID in it can be
    /// trusted, because a lost line may have held a higher one.
    static Checked<Uidlist> parse(std::string_view text);
    /// The whole file, as version 3.
    [[nodiscard]] std::string text() const;
    /// Adds a record with the next UID and gives it.
    const UidlistRecord& add(std::string base, std::string record_extensions = {});
    /// Whether lines may be appended to the file this was read from, or it must be written anew.
    [[nodiscard]] bool appendable() const { return version == 3 && !torn && !guid.empty(); }
    bool operator==(const Uidlist&) const = default;
};

} // namespace hearth::store
