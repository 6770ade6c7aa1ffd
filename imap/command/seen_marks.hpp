// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "context.hpp"

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <vector>

namespace hearth::imap::command {

/// Messages that BODY[...] without PEEK has read and the store doesn't know of yet. They are marked together, when the
/// output that has them leaves; the rare one that is too large for the buffer, when it has left. So a message that nobody
/// was sent is never marked.
class SeenMarks {
public:
    /// `context` outlives it, and its mailbox doesn't change meanwhile.
    explicit SeenMarks(Context& context) : context_(context) {}

    /// Row `index` was rendered. Its response has \Seen in its flags, unless CONDSTORE is on: then the change is told
    /// afterwards, with the modseq that it has got (RFC 7162 section 3.1).
    void add(std::size_t index) { indexes_.push_back(index); }
    /// Tells the store. What the client must hear of it waits for tell().
    asio::awaitable<void> settle();
    /// Appends what settle() brought up, where a response may begin.
    void tell();

private:
    Context& context_;
    std::vector<std::size_t> indexes_;
    std::vector<std::size_t> to_tell_;
};

} // namespace hearth::imap::command
