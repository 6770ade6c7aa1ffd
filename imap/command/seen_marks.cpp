// SPDX-License-Identifier: Apache-2.0
#include "command/seen_marks.hpp"
#include "patience.hpp"

#include <cstdint>

namespace hearth::imap::command {

asio::awaitable<void> SeenMarks::settle() {
    if (indexes_.empty()) co_return;
    auto& view = *context_.selected;
    std::vector<std::uint32_t> uids;
    uids.reserve(indexes_.size());
    for (const auto index : indexes_)
        uids.push_back(view.rows()[index].uid);
    auto job = [&] { return view.mailbox().add_seen(uids); };
    const auto marked = co_await patiently(context_, job);
    // The responses said \Seen already; when the store refuses, they are taken back.
    if (!marked || context_.enabled.condstore) to_tell_.insert(to_tell_.end(), indexes_.begin(), indexes_.end());
    indexes_.clear();
}

void SeenMarks::tell() {
    for (const auto index : to_tell_)
        context_.selected->append_flags_update(context_.out.buffer(), index);
    to_tell_.clear();
}

} // namespace hearth::imap::command
