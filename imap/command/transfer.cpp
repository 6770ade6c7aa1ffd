// SPDX-License-Identifier: Apache-2.0
#include "command/transfer.hpp"
#include "patience.hpp"

#include "base/text.hpp"

namespace hearth::imap::command {

Reply target_failure(error_code error, std::string_view mailbox) {
    if (error == store::Error::no_such_mailbox || error == store::Error::not_selectable)
        return Reply::no("[TRYCREATE] Mailbox doesn't exist: " + printable(mailbox, 100));
    return store_failure(error, mailbox);
}

Reply read_only_refusal() {
    return Reply::no("[READ-ONLY] The mailbox is selected read-only");
}

std::optional<TransferRequest> read_transfer_request(Context& context, Arguments& arguments, bool uid, Reply& refusal) {
    arguments.space();
    const auto set = arguments.message_set();
    arguments.space();
    auto target = arguments.mailbox();
    if (!set || !target || !arguments.end()) return std::nullopt;
    const auto ranges = context.rows_of(*set, uid);
    if (!ranges) {
        refusal = Reply::bad("The mailbox has no message of this number");
        return std::nullopt;
    }
    return TransferRequest{context.selected->uids_of(*ranges), std::move(*target)};
}

asio::awaitable<Result<store::Placed>> transfer(Context& context, const TransferRequest& request) {
    auto open = [&] { return context.account.intake(request.target); };
    const auto intake = co_await patiently(context, open);
    if (!intake) co_return intake.error();
    std::size_t done = 0;
    for (const auto uid : request.uids) {
        auto take = [&] { return (*intake)->take(context.selected->mailbox(), uid); };
        const auto taken = co_await patiently(context, take);
        if (!taken) co_return taken.error();
        context.progress.step(++done, request.uids.size());
        if (context.is_winded()) co_await context.breathe();
    }
    auto commit = [&] { return (*intake)->commit(); };
    co_return co_await patiently(context, commit);
}

std::string copyuid(const TransferRequest& request, const store::Placed& placed) {
    return "[COPYUID " + std::to_string(placed.uidvalidity) + ' ' + mail::to_sequence_set(request.uids) + ' ' +
           mail::to_sequence_set(placed.uids) + ']';
}

} // namespace hearth::imap::command
