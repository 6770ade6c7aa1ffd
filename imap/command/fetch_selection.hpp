// SPDX-License-Identifier: Apache-2.0
// Which rows a FETCH is about, once its set is known as rows: those that changed (RFC 7162), of them a page (RFC 9394).
#pragma once

#include "store/store.hpp"
#include "view.hpp"
#include "wire/arguments.hpp"
#include "wire/fetch_request.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace hearth::imap::command {

class Selection {
public:
    /// Decides at once which rows are meant: what changes in them while a FETCH runs, changes nothing in that.
    Selection(std::span<const store::MessageRow> rows, std::span<const RowRange> ranges, const FetchRequest& request);

    /// Indexes into the rows, ascending.
    [[nodiscard]] std::optional<std::size_t> first() const;
    [[nodiscard]] std::optional<std::size_t> next(std::size_t index) const;
    /// How many there are.
    [[nodiscard]] std::size_t count() const;

private:
    [[nodiscard]] std::optional<std::size_t> at_or_after(std::size_t range, std::size_t index) const;
    void keep_changed(std::span<const store::MessageRow> rows, std::uint64_t since);
    void keep_page(const Page& page);

    std::vector<RowRange> ranges_; // ascending and disjoint
};

/// Those of the ascending UIDs `gone` that `set` names; "*" is the UID before `uidnext`.
std::vector<std::uint32_t> intersection(std::span<const std::uint32_t> gone, const MessageSet& set,
    std::span<const std::uint32_t> saved_result, std::uint32_t uidnext);

} // namespace hearth::imap::command
