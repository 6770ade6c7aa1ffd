// SPDX-License-Identifier: Apache-2.0
#include "session.hpp"
#include "capabilities.hpp"
#include "command_table.hpp"
#include "reply.hpp"
#include "wire/arguments.hpp"
#include "wire/response_writer.hpp"

#include <boost/asio/this_coro.hpp>

namespace hearth::imap {
namespace {

// Updates that a client didn't ask for with NOOP are looked for at most this often: a click that selects, fetches
// and logs out shall look at the disk once.
constexpr std::chrono::seconds implicit_sync_interval{1};

asio::awaitable<void> sync_after(Context& context, SyncAfter when, Reply& reply) {
    if (!context.selected || when == SyncAfter::never) co_return;
    const bool due = Clock::now() - context.selected->synced_at() >= implicit_sync_interval;
    if (when == SyncAfter::if_due && (!due || context.info.options->delays_new_mail)) co_return;
    const auto synced = co_await context.sync(when == SyncAfter::always);
    // Whoever asked for news is told that there are none to be had; others got what they asked for.
    if (!synced && when == SyncAfter::always) reply = store_failure(synced.error(), context.selected->name());
}

} // namespace

Session::Session(store::Account& account, Connection& connection, RenderedItems& rendered, SessionInfo info)
    : context_(account, connection, rendered, std::move(info), takes_literals) {}

asio::awaitable<Ended> Session::run() {
    // Whoever cancels us (a client silent for too long) finds the reason in what read_some() returned.
    co_await asio::this_coro::throw_if_cancelled(false);
    context_.running_since = Clock::now();
    context_.tag = context_.info.login_tag;
    answer(Reply::ok("[CAPABILITY " + capabilities_of(context_) + "] Logged in"));
    while (!context_.is_over()) {
        switch (context_.input.next()) {
        case CommandParser::Event::more:
            // The client waits for us, or we for it: everything that was said so far leaves in one write.
            co_await context_.out.flush();
            if (!context_.is_over()) co_await context_.read();
            break;
        case CommandParser::Event::continuation: context_.out.buffer() += "+ OK\r\n"; break;
        case CommandParser::Event::refused: {
            const auto& refusal = context_.input.refusal();
            context_.tag = refusal.tag;
            answer(refusal.bad ? Reply::bad(refusal.text) : Reply::no(refusal.text));
            break;
        }
        case CommandParser::Event::lost:
            context_.hang_up("Too much unwanted data.", "Disconnected: Literal without end");
            break;
        case CommandParser::Event::bytes: break; // of a literal whose command has ended: it is refused
        case CommandParser::Event::announced:
        case CommandParser::Event::command: co_await execute(); break;
        }
        if (context_.out.is_full()) co_await context_.out.flush();
        if (context_.is_winded()) co_await context_.breathe();
    }
    co_return co_await end();
}

asio::awaitable<void> Session::execute() {
    const auto command = context_.input.command();
    const auto tag = tag_of(command);
    context_.tag = tag;
    context_.progress.begin(Clock::now());
    Arguments arguments(command.substr(tag.size()), context_.enabled.utf8_names());
    if (context_.info.options->extra_mailbox_separator)
        arguments.drop_at_end_of_names(context_.account.personal_namespace().separator);
    if (tag.empty()) arguments.fail("A command begins with a tag");
    const auto* entry = read_command(arguments, context_.selected != nullptr);
    auto reply = Reply::bad(arguments.error());
    if (entry != nullptr) {
        if (entry->plain != nullptr)
            reply = entry->plain(context_, arguments);
        else
            reply = co_await entry->slow(context_, arguments);
        if (reply.kind() == Reply::Kind::bad && arguments.failed())
            reply = arguments.has_wrong_name() ? Reply::no("[CANNOT] " + arguments.error())
                                               : Reply::bad(std::string(entry->name) + ": " + arguments.error());
    }
    context_.progress.end();
    if (context_.client_gone) co_return;
    if (context_.input.is_streaming()) {
        // Literals are still to come: the answer waits until they are thrown away.
        context_.input.refuse({.tag = context_.tag, .bad = reply.kind() == Reply::Kind::bad, .text = reply.text()});
        co_return;
    }
    if (entry != nullptr) co_await sync_after(context_, entry->sync, reply);
    answer(std::move(reply));
}

void Session::answer(Reply reply) {
    // BYE precedes the tagged line, as LOGOUT wants it (RFC 9051 section 6.1.3).
    if (!context_.bye.empty()) {
        context_.out.buffer() += "* BYE ";
        append_text(context_.out.buffer(), context_.bye);
        context_.out.buffer() += "\r\n";
        context_.bye.clear();
    }
    reply.append_to(context_.out.buffer(), context_.tag);
    bad_in_a_row_ = reply.kind() == Reply::Kind::bad ? bad_in_a_row_ + 1 : 0;
    if (bad_in_a_row_ >= bad_commands_max)
        context_.hang_up("Too many invalid IMAP commands.", "Disconnected: Too many invalid IMAP commands");
}

asio::awaitable<Ended> Session::end() {
    context_.selected.reset();
    auto& out = context_.out;
    const bool failed = out.failed();
    if (!context_.bye.empty()) {
        out.buffer() += "* BYE ";
        append_text(out.buffer(), context_.bye);
        out.buffer() += "\r\n";
    }
    Ended ended;
    // The end of the last reply may wait until the worker is free; what precedes it is too much for that.
    if (out.buffer().size() > final_bytes_max) co_await out.flush();
    if (!out.failed()) ended.final_bytes = out.take();
    ended.reason =
        failed || context_.end_reason.empty() ? "Disconnected: " + out.error().message() : context_.end_reason;
    ended.statistics = context_.statistics;
    ended.statistics.bytes_out = out.written() + ended.final_bytes.size();
    co_return ended;
}

} // namespace hearth::imap
