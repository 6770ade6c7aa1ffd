// SPDX-License-Identifier: Apache-2.0
#include "command/commands.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace hearth::imap::command {
namespace {

// How often a mailbox is looked at when the system has no watch to spare.
constexpr std::chrono::seconds poll_interval{15};

// What the client said meanwhile: true when IDLE is over.
bool is_done(Context& context, Reply& reply) {
    switch (context.input.next()) {
    case CommandParser::Event::more: return false;
    case CommandParser::Event::command:
        if (!equal_ignoring_case(trim(context.input.command()), "DONE")) reply = Reply::bad("Expected DONE.");
        return true;
    default: reply = Reply::bad("Expected DONE."); return true;
    }
}

} // namespace

/// RFC 9051 section 6.3.13 (RFC 2177). Without a selected mailbox there is nothing to tell, and DONE is awaited.
asio::awaitable<Reply> idle(Context& context, Arguments& arguments) {
    if (!arguments.end()) co_return Reply::bad("");
    context.progress.end(); // it waits, and is not at work
    // next() reuses the parser's memory, which `arguments` points into; it is not looked at any more.
    auto reply = Reply::ok("Idle completed.");
    const int watch = context.selected ? context.selected->mailbox().watch_descriptor() : -1;
    const bool polls = context.selected && watch < 0;
    auto notify_at = Clock::now() + context.info.idle_notify_interval;
    context.out.buffer() += "+ idling\r\n";
    co_await context.sync(); // what fails here is told by the next NOOP
    for (;;) {
        if (context.is_over() || is_done(context, reply)) break;
        co_await context.out.flush();
        const auto now = Clock::now();
        auto left = std::chrono::ceil<std::chrono::milliseconds>(notify_at - now);
        if (polls) left = std::min<std::chrono::milliseconds>(left, poll_interval);
        const auto wake = co_await context.connection.wait(watch, std::max(left, std::chrono::milliseconds(0)));
        context.running_since = Clock::now();
        if (wake == Wake::input) {
            co_await context.read();
            continue;
        }
        if (wake == Wake::watch) context.selected->mailbox().clear_watch();
        co_await context.sync();
        if (Clock::now() < notify_at) continue;
        context.out.buffer() += "* OK Still here\r\n";
        notify_at = Clock::now() + context.info.idle_notify_interval;
    }
    co_return reply;
}

} // namespace hearth::imap::command
