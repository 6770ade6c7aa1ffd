// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "context.hpp"
#include "reply.hpp"
#include "wire/search_request.hpp"

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <vector>

namespace hearth::imap {

/// Relevancies (RFC 6203 section 4) by row: 1 to 100 of those that match, else 0.
using Relevancies = std::vector<std::uint8_t>;

/// The rows of the selected mailbox that match, ascending. Others get their turn meanwhile. `key` outlives the call, and
/// so does `relevancies`, which is filled unless it is null.
asio::awaitable<Result<std::vector<std::uint32_t>>> find_messages(
    Context& context, const SearchKey& key, Relevancies* relevancies = nullptr);

/// Why a program can't be run here, before it is: its charset, or modification sequences in a mailbox that keeps none
/// (RFC 7162 section 3.1.2.2). A MODSEQ key switches CONDSTORE on (section 3.1). `must_have_charset`: SORT and THREAD,
/// which can't do without the argument.
std::optional<Reply> refuse_search(Context& context, const SearchProgram& program, bool must_have_charset);

/// Whether there is a MODSEQ among the keys: results tell the highest then.
bool asks_for_modseq(const SearchKey& key);

} // namespace hearth::imap
