// SPDX-License-Identifier: Apache-2.0
#include "command/expunging.hpp"
#include "patience.hpp"

#include <algorithm>

namespace hearth::imap::command {
namespace {

/// The store removes as many as a slice has time for, and looks at all that it is asked for first.
constexpr std::size_t asked_at_once = 256;

} // namespace

std::vector<std::uint32_t> deleted_uids(const View& view, std::span<const RowRange> ranges) {
    std::vector<std::uint32_t> uids;
    for (const auto& range : ranges)
        for (auto index = range.begin; index < range.end; ++index)
            if (view.rows()[index].flags.has(mail::Flag::deleted)) uids.push_back(view.rows()[index].uid);
    return uids;
}

boost::asio::awaitable<Result<void>> expunge_in_turns(
    Context& context, std::span<const std::uint32_t> uids, bool only_deleted) {
    auto& mailbox = context.selected->mailbox();
    for (std::size_t done = 0; done < uids.size();) {
        const auto turn = uids.subspan(done, std::min(asked_at_once, uids.size() - done));
        auto job = [&] { return mailbox.expunge(turn, only_deleted); };
        const auto removed = co_await patiently(context, job);
        if (!removed) co_return removed.error();
        context.progress.step(done += removed->done, uids.size());
        if (context.is_winded()) co_await context.breathe();
    }
    co_return Result<void>();
}

Reply expunged_reply(const Context& context, const std::string& text) {
    const auto& mailbox = context.selected->mailbox();
    if (!context.enabled.condstore || !mailbox.keeps_modseqs()) return Reply::ok(text);
    return Reply::ok("[HIGHESTMODSEQ " + std::to_string(mailbox.highest_modseq()) + "] " + text);
}

} // namespace hearth::imap::command
