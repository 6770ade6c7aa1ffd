// SPDX-License-Identifier: Apache-2.0
// The threading algorithms of RFC 5256 section 3. Pure. Messages come in the order of the mailbox; `by_date` are their
// numbers in the order in which siblings and threads are told: by sent date, then by place in the mailbox. With that
// order given, all is linear: whoever is met first is first among its siblings.
#pragma once

#include "thread/reference_links.hpp"
#include "thread/thread_tree.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace hearth::imap {

/// ORDEREDSUBJECT: the first message of a subject, and all others as its children.
ThreadTree thread_by_subject(std::span<const ThreadMessage> messages, std::span<const std::uint32_t> by_date);

/// REFERENCES: by who answers whom, threads of the same subject joined. `links` has had all messages.
ThreadTree thread_by_references(const ReferenceLinks& links, std::span<const ThreadMessage> messages,
    std::span<const std::uint32_t> by_date);

/// REFS (draft-ietf-morg-inthread): without joining subjects, and threads by their newest message. For this, `by_date` is
/// by internal date.
ThreadTree thread_by_newest(const ReferenceLinks& links, std::span<const ThreadMessage> messages,
    std::span<const std::uint32_t> by_date);

} // namespace hearth::imap
