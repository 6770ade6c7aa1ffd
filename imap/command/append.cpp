// SPDX-License-Identifier: Apache-2.0
// APPEND. Messages go from the client's connection to the store in pieces; nothing of them is kept here. What makes
// the command fail is known before the client is asked for a message, unless it comes unasked: then it is thrown away.
// Whatever ends the command early destroys the Intake, and nothing remains.
#include "command/binary_message.hpp"
#include "command/commands.hpp"
#include "command/transfer.hpp"
#include "patience.hpp"
#include "wire/append_request.hpp"
#include "wire/response_writer.hpp"

namespace hearth::imap::command {
namespace {

using Event = CommandParser::Event;

/// Read from the client at once while a message comes.
constexpr std::size_t message_read_size = 32 * 1024;

// What the client sends next of its command: never Event::more. Event::lost: there is nothing to come.
asio::awaitable<Event> next_event(Context& context) {
    for (;;) {
        const auto event = context.input.next();
        if (event == Event::lost) context.hang_up("Too much unwanted data.", "Disconnected: Literal without end");
        if (event != Event::more) co_return event;
        co_await context.out.flush();
        if (!context.is_over()) co_await context.read(message_read_size);
        if (context.is_over()) co_return Event::lost;
    }
}

void take_literal(Context& context) {
    if (context.input.announced().waits) context.out.buffer() += "+ OK\r\n";
    context.input.accept();
}

// The announced literal8, kept until it is whole. An error of the store, or nothing.
asio::awaitable<error_code> receive_binary_message(
    Context& context, store::Intake& intake, store::NewMessage message) {
    if (message.size > context.account.message_bytes_max()) co_return store::make_error_code(store::Error::too_big);
    take_literal(context);
    BinaryMessage binary;
    while (!context.input.literal_complete()) {
        const auto event = co_await next_event(context);
        if (event != Event::bytes) co_return error_code();
        binary.add(context.input.piece());
        if (context.is_winded()) co_await context.breathe();
    }
    const auto bytes = binary.take();
    message.size = bytes.size();
    auto begin = [&] { return intake.begin(message); };
    const auto begun = co_await patiently(context, begin);
    if (!begun) co_return begun.error();
    for (std::size_t at = 0; at < bytes.size(); at += message_read_size) {
        auto write = [&] { return intake.write(std::string_view(bytes).substr(at, message_read_size)); };
        const auto written = co_await patiently(context, write);
        if (!written) co_return written.error();
        if (context.is_winded()) co_await context.breathe();
    }
    auto finish = [&] { return intake.finish(); };
    const auto finished = co_await patiently(context, finish);
    co_return finished ? error_code() : finished.error();
}

// The announced message, from the client to the store. An error of the store, or nothing.
asio::awaitable<error_code> receive_message(Context& context, store::Intake& intake, const AppendOptions& options) {
    store::NewMessage message;
    message.flags = options.flags.flags;
    message.keywords = options.flags.keywords;
    message.internal_date = options.internal_date;
    message.size = context.input.announced().size;
    if (context.input.announced().binary && message.size <= BinaryMessage::bytes_max)
        co_return co_await receive_binary_message(context, intake, std::move(message));
    auto begin = [&] { return intake.begin(message); };
    const auto begun = co_await patiently(context, begin);
    if (!begun) co_return begun.error();
    take_literal(context);
    while (!context.input.literal_complete()) {
        const auto event = co_await next_event(context);
        if (event != Event::bytes) break;
        auto write = [&] { return intake.write(context.input.piece()); };
        const auto written = co_await patiently(context, write);
        if (!written) co_return written.error();
        if (context.is_winded()) co_await context.breathe();
    }
    if (context.is_over()) co_return error_code();
    auto finish = [&] { return intake.finish(); };
    const auto finished = co_await patiently(context, finish);
    co_return finished ? error_code() : finished.error();
}

Reply refusal_of(const CommandParser& input) {
    const auto& refusal = input.refusal();
    return refusal.bad ? Reply::bad(refusal.text) : Reply::no(refusal.text);
}

// All messages of the command. Nothing when they are in `intake`.
asio::awaitable<std::optional<Reply>> receive_messages(
    Context& context, Arguments first, store::Intake& intake, std::string_view mailbox) {
    auto arguments = first;
    for (;;) {
        const auto options = read_append_options(arguments);
        if (!options) co_return Reply::bad("APPEND: " + arguments.error());
        if (options->utf8 && !context.enabled.utf8_names()) co_return Reply::bad("APPEND: UTF8 is not enabled");
        if (context.input.announced().size == 0) co_return Reply::no("[CANNOT] A message can't be empty");
        const auto failure = co_await receive_message(context, intake, *options);
        if (failure) co_return target_failure(failure, mailbox);
        const auto event = co_await next_event(context);
        if (event == Event::refused) co_return refusal_of(context.input);
        if (context.is_over()) co_return Reply::no("");
        arguments = Arguments(context.input.command(), context.enabled.utf8_names());
        if (options->utf8) arguments.expect(')');
        if (event == Event::announced) continue;
        if (arguments.end()) co_return std::nullopt;
        co_return Reply::bad("APPEND: " + arguments.error());
    }
}

} // namespace

/// RFC 9051 section 6.3.12; RFC 3502 (several messages), RFC 4315 (APPENDUID), RFC 7888, RFC 6855 section 4.
asio::awaitable<Reply> append(Context& context, Arguments& arguments) {
    arguments.space();
    const auto name = arguments.mailbox();
    if (name && !context.input.is_streaming()) arguments.fail("A message is missing");
    if (arguments.failed()) co_return Reply::bad("");
    auto open = [&] { return context.account.intake(*name); };
    const auto intake = co_await patiently(context, open);
    if (!intake) co_return target_failure(intake.error(), *name);
    context.progress.end(); // what takes long now is the client
    // `arguments` read the text before the first message, which goes when that is accepted.
    const Arguments rest(arguments.rest(), context.enabled.utf8_names());
    arguments = Arguments("");
    const auto refused = co_await receive_messages(context, rest, **intake, *name);
    if (refused) co_return *refused;
    context.progress.begin(Clock::now());
    auto commit = [&] { return (*intake)->commit(); };
    const auto placed = co_await patiently(context, commit);
    if (!placed) co_return target_failure(placed.error(), *name);
    if (context.selected && context.selected->name() == *name) co_await context.sync();
    co_return Reply::ok("[APPENDUID " + std::to_string(placed->uidvalidity) + ' ' +
                        mail::to_sequence_set(placed->uids) + "] Append completed.");
}

} // namespace hearth::imap::command
