// SPDX-License-Identifier: Apache-2.0
#include "command/expunging.hpp"

namespace hearth::imap::command {

std::vector<std::uint32_t> deleted_uids(const View& view, std::span<const RowRange> ranges) {
    std::vector<std::uint32_t> uids;
    for (const auto& range : ranges)
        for (auto index = range.begin; index < range.end; ++index)
            if (view.rows()[index].flags.has(mail::Flag::deleted)) uids.push_back(view.rows()[index].uid);
    return uids;
}

Reply expunged_reply(const Context& context, const std::string& text) {
    const auto& mailbox = context.selected->mailbox();
    if (!context.enabled.condstore || !mailbox.keeps_modseqs()) return Reply::ok(text);
    return Reply::ok("[HIGHESTMODSEQ " + std::to_string(mailbox.highest_modseq()) + "] " + text);
}

} // namespace hearth::imap::command
