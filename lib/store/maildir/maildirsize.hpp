// SPDX-License-Identifier: Apache-2.0
// The `maildirsize` file of Maildir++: how many bytes and messages an account has. Shared with Dovecot (quota =
// maildir), Courier, Exim and Postfix's VDA, which all append what they add or remove.
//
//     <limit>S,<limit>C
//     <bytes> <messages>       one line for the count, one more for each change
#pragma once

#include "base/result.hpp"
#include "store/maildir/directory_stream.hpp"
#include "store/maildir/folder_name.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::store {

/// 0 is no limit.
struct QuotaLimits {
    std::uint64_t bytes = 0, messages = 0;
    bool operator==(const QuotaLimits&) const = default;
};
/// Bytes and messages, or a change of them.
struct QuotaUse {
    std::int64_t bytes = 0, messages = 0;
    bool operator==(const QuotaUse&) const = default;
};

/// The text of a maildirsize file. Pure.
struct MaildirSize {
    QuotaLimits limits;
    QuotaUse use;
    std::size_t lines = 0; ///< behind the header
    /// Nothing when it is no such file, or its sum is below zero: then count anew.
    static std::optional<MaildirSize> parse(std::string_view text);
    /// A fresh file.
    static std::string text(const QuotaLimits& limits, const QuotaUse& use);
};

/// The account's use against its limits, from maildirsize in the mail root. Counts anew, in slices, when the file is
/// missing, broken, above 5,120 bytes, has other limits, or says "over" and has changes in it or is 15 minutes old.
class MaildirQuota {
public:
    static constexpr std::size_t file_bytes_max = 5120;
    static constexpr std::int64_t recount_after = 15 * 60; ///< seconds

    /// `root` must outlive this.
    MaildirQuota(int root, Layout layout, QuotaLimits limits) : root_(root), layout_(layout), limits_(limits) {}

    [[nodiscard]] const QuotaLimits& limits() const { return limits_; }
    /// What is used now. Error::unfinished: call again at once.
    Result<QuotaUse> use();
    /// Whether so much more fits: Error::over_quota when not; Error::unfinished as above.
    Result<void> check_room(const QuotaUse& more);
    /// Appends a change: after a message was added or removed. Not durable by itself: a lost line is found by the next
    /// count. Without file nothing happens.
    Result<void> add(const QuotaUse& change);

private:
    struct Known {
        MaildirSize size;
        bool is_old = false;
    };
    struct Count {
        std::vector<std::string> pending; // directories with messages, the next one last
        std::optional<DirectoryStream> reading;
        QuotaUse use;
    };
    [[nodiscard]] std::optional<Known> read() const;
    Result<QuotaUse> count();
    bool count_some(Count& count) const;
    [[nodiscard]] bool is_within(const QuotaUse& use) const;

    int root_;
    Layout layout_;
    QuotaLimits limits_;
    std::optional<Count> counting_;
};

} // namespace hearth::store
