// SPDX-License-Identifier: Apache-2.0
#include "command/expunging.hpp"
#include "patience.hpp"

#include <algorithm>

namespace hearth::imap::command {
namespace {

/// So many files are removed in some milliseconds.
constexpr std::size_t turn_min = 256;
/// Each turn looks at the whole mailbox once: their number is bounded, so that the cost stays linear.
constexpr std::size_t turns_max = 256;

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
    const auto turn_max = std::max(turn_min, uids.size() / turns_max);
    for (std::size_t done = 0; done < uids.size();) {
        const auto turn = uids.subspan(done, std::min(turn_max, uids.size() - done));
        auto job = [&] { return mailbox.expunge(turn, only_deleted); };
        const auto gone = co_await patiently(context, job);
        if (!gone) co_return gone.error();
        context.progress.step(done += turn.size(), uids.size());
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
