// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "store/slice.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

struct __dirstream; // NOLINT: DIR of dirent.h

namespace hearth::store {

/// A file in cur/ or new/.
struct FoundName {
    std::string name;
    bool fresh = false;    ///< in new/
    std::uint32_t uid = 0; ///< of the row it belongs to; 0: none
};

/// The names in new/ and cur/, read in slices, one for each base name.
class NameScan {
public:
    /// More files than this are left out, and is_truncated() says so.
    static constexpr std::size_t files_max = 4000000;

    NameScan() = default;

    /// Begins to read new/, then cur/ if `with_cur`: the order in which a file travels; one seen in both counts as in
    /// cur/. Adds to what was read before: a rename during one reading may hide a file from it, but hardly from two.
    Result<void> begin(int maildir, bool with_cur);
    /// Error::unfinished: call again.
    Result<void> read(const Slice& slice);

    /// Files in the order in which they were found; a name that an other look found again under another one is empty.
    std::deque<FoundName>& names() { return names_; }
    FoundName* find(std::string_view base);
    [[nodiscard]] bool is_truncated() const { return truncated_; }

private:
    struct CloseDirectory {
        void operator()(__dirstream* directory) const;
    };
    using Directory = std::unique_ptr<__dirstream, CloseDirectory>;
    void take(std::string_view name, bool fresh);

    Directory fresh_, cur_; // still to be read
    std::deque<FoundName> names_;
    std::unordered_map<std::string_view, std::size_t> by_base_; // keys point into names_
    bool truncated_ = false;
};

} // namespace hearth::store
