// SPDX-License-Identifier: Apache-2.0
// FETCH and UID FETCH. One message after the other is put into the output buffer, which leaves when it is full; large
// sections go past the buffer straight from the message. A message that turns out to be gone is left out as a whole,
// and the command then ends with NO [EXPUNGEISSUED] (RFC 5530).
#include "command/commands.hpp"
#include "command/fetch_message.hpp"
#include "wire/fetch_request.hpp"
#include "wire/response_writer.hpp"

namespace hearth::imap::command {
namespace {

/// Sections from this size on aren't copied into the output buffer.
constexpr std::size_t copy_max = 32 * 1024;

/// What BODY[...] without PEEK has read and the store doesn't know yet. It is told before the bytes leave.
class SeenMarks {
public:
    explicit SeenMarks(Context& context) : context_(context) {}

    void add(std::size_t index) {
        if (indexes_.empty() || indexes_.back() != index) indexes_.push_back(index);
    }

    void settle() {
        if (indexes_.empty()) return;
        auto& view = *context_.selected;
        std::vector<std::uint32_t> uids;
        uids.reserve(indexes_.size());
        for (const auto index : indexes_)
            uids.push_back(view.rows()[index].uid);
        // The replies said \Seen already; when the store refuses, they are taken back.
        if (!view.mailbox().add_seen(uids))
            for (const auto index : indexes_)
                append_flags_update(context_.out.buffer(), view, index);
        indexes_.clear();
    }

private:
    Context& context_;
    std::vector<std::size_t> indexes_;
};

asio::awaitable<void> flush(Context& context, SeenMarks& seen) {
    seen.settle();
    co_await context.out.flush();
}

// " BODY[...] {n}" and the bytes.
asio::awaitable<void> send_section(Context& context, SeenMarks& seen, MessageItems& items, const FetchItem& item) {
    auto& out = context.out.buffer();
    const auto bytes = items.section(item);
    items.append_label(out, item.label);
    if (!bytes) {
        out += "NIL";
        co_return;
    }
    count_section(context.statistics, item, bytes->view().size());
    append_literal_size(out, bytes->view().size());
    if (bytes->view().size() < copy_max) {
        out += bytes->view();
        co_return;
    }
    seen.settle();
    co_await context.out.write_through(bytes->view());
}

// "* 12 FETCH (...)": nothing at all when the message can't be read.
asio::awaitable<error_code> send_message(
    Context& context, SeenMarks& seen, const FetchRequest& request, std::size_t index, bool uid) {
    auto& out = context.out.buffer();
    const auto start = out.size();
    const auto written = context.out.written();
    MessageItems items(context, index);
    const bool marks =
        request.marks_seen() && !items.row().flags.has(mail::Flag::seen) && !context.selected->mailbox().read_only();
    append_fetch_start(out, index + 1);
    if (uid && !request.has(FetchItem::Kind::uid)) items.append_uid(out);
    for (const auto& item : request.items) {
        if (item.kind != FetchItem::Kind::section) {
            items.append(out, item, marks);
        } else if (!items.append_known(out, item) && items.load()) {
            co_await send_section(context, seen, items, item);
        }
        if (items.error()) {
            // A message is loaded before its first section leaves; only RFC822.SIZE may still fail after one.
            if (context.out.written() == written)
                out.resize(start);
            else
                context.hang_up("[UNAVAILABLE] A message could not be read to its end.",
                    "Disconnected: Message could not be read to its end");
            co_return items.error();
        }
    }
    if (marks && !request.has(FetchItem::Kind::flags)) items.append_seen_flags(out);
    out += ")\r\n";
    if (marks) seen.add(index);
    co_return error_code();
}

asio::awaitable<Reply> run(Context& context, Arguments& arguments, bool uid) {
    arguments.space();
    const auto set = arguments.number_set();
    arguments.space();
    auto request = read_fetch_request(arguments);
    if (!set || !request || !arguments.end()) co_return Reply::bad("");
    const auto ranges = uid ? context.selected->rows_of_uids(*set) : context.selected->rows_of_sequence(*set);
    if (!ranges) co_return Reply::bad("The mailbox has no message of this number");
    SeenMarks seen(context);
    error_code failure;
    for (const auto& range : *ranges) {
        for (auto index = range.begin; index < range.end && !context.is_over(); ++index) {
            const auto error = co_await send_message(context, seen, *request, index, uid);
            if (error) failure = error;
            if (context.out.is_full()) co_await flush(context, seen);
            if (context.is_winded()) co_await context.breathe();
        }
    }
    seen.settle();
    if (failure) co_return store_failure(failure, context.selected->name());
    co_return Reply::ok("Fetch completed.");
}

} // namespace

/// RFC 9051 section 6.4.5.
asio::awaitable<Reply> fetch(Context& context, Arguments& arguments) {
    return run(context, arguments, false);
}

/// RFC 9051 section 6.4.9.
asio::awaitable<Reply> uid_fetch(Context& context, Arguments& arguments) {
    return run(context, arguments, true);
}

} // namespace hearth::imap::command
