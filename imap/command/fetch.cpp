// SPDX-License-Identifier: Apache-2.0
// FETCH and UID FETCH. One message after the other is put into the output buffer, which leaves when it is full; large
// sections go past the buffer, piece by piece from where they are stored. A message that turns out to be gone is left out
// as a whole, and the command then ends with NO [EXPUNGEISSUED] (RFC 5530).
#include "command/commands.hpp"
#include "command/fetch_message.hpp"
#include "command/fetch_selection.hpp"
#include "command/seen_marks.hpp"
#include "options.hpp"
#include "patience.hpp"
#include "wire/response_writer.hpp"

#include <algorithm>

namespace hearth::imap::command {
namespace {

/// A large section is sent in pieces of this size.
constexpr std::uint64_t piece_max = 256 * 1024;

constexpr std::string_view not_readable = "[UNAVAILABLE] A message could not be read to its end.";
constexpr std::string_view not_readable_reason = "Disconnected: Message could not be read to its end";

/// One FETCH command at work.
class Fetch {
public:
    Fetch(Context& context, FetchRequest request, bool uid)
        : context_(context), request_(std::move(request)), uid_(uid), seen_(context), progress_(context.info.progress_interval) {
        tells_uid_ = uid && !request_.has(FetchItem::Kind::uid);
        marks_ = request_.marks_seen() && !context.selected->mailbox().read_only();
    }
    Fetch(const Fetch&) = delete;
    Fetch& operator=(const Fetch&) = delete;

    asio::awaitable<Reply> run(MessageSet set);

private:
    asio::awaitable<bool> tell_vanished(const MessageSet& set);
    asio::awaitable<FetchError> send_message(std::size_t index);
    asio::awaitable<FetchError> send_item(MessageItems& items, const FetchItem& item, bool seen);
    asio::awaitable<void> send_large(MessageItems& items, SectionBody body, bool binary);
    asio::awaitable<void> between_messages();
    void failed(const FetchError& failure);
    [[nodiscard]] Reply reply() const;

    Context& context_;
    const FetchRequest request_;
    const bool uid_;
    bool tells_uid_ = false, marks_ = false;
    SeenMarks seen_;
    error_code error_;
    bool unknown_encoding_ = false;
    Progress progress_;
};

// Bytes of a message that were announced can't be had: nothing can follow on this connection.
void give_up(Context& context) {
    context.hang_up(std::string(not_readable), std::string(not_readable_reason));
}

// The rest of a literal that was announced.
asio::awaitable<void> Fetch::send_large(MessageItems& items, SectionBody body, bool binary) {
    co_await seen_.settle(); // of the messages before, which leave with it
    if (!body.is_stored()) {
        std::string copy;
        auto bytes = body.view();
        if (!binary && bytes.find('\0') != std::string_view::npos) {
            copy = bytes;
            replace_nul(copy);
            bytes = copy;
        }
        co_await context_.out.write_through(bytes);
        co_return;
    }
    for (auto left = body.span(); left.size() > 0 && !context_.is_over();) {
        const mail::Span piece{left.begin, std::min(left.begin + piece_max, left.end)};
        auto job = [&] { return items.source().read(piece); };
        auto bytes = co_await patiently(context_, job);
        if (!bytes) co_return give_up(context_);
        if (bytes->find('\0') != std::string::npos) replace_nul(*bytes);
        co_await context_.out.write_through(*bytes);
        left.begin = piece.end;
        if (context_.is_winded()) co_await context_.breathe();
    }
}

asio::awaitable<FetchError> Fetch::send_item(MessageItems& items, const FetchItem& item, bool seen) {
    Patience patience(context_);
    for (;;) {
        const auto start = context_.out.buffer().size();
        auto failure = items.append(context_.out.buffer(), item, seen);
        if (!failure) break;
        context_.out.buffer().resize(start);
        if (failure.unknown_encoding) co_return failure;
        const bool again = co_await patience.again(failure.error);
        if (again) continue;
        failure.error = patience.error();
        co_return failure;
    }
    if (auto large = items.take_large())
        co_await send_large(items, std::move(*large), item.kind == FetchItem::Kind::binary);
    co_return FetchError();
}

// "* 12 FETCH (...)": nothing at all when the message can't be read.
asio::awaitable<FetchError> Fetch::send_message(std::size_t index) {
    const auto start = context_.out.buffer().size();
    const auto written = context_.out.written();
    MessageItems items(context_, index);
    const bool marks = marks_ && !items.row().flags.has(mail::Flag::seen);
    const bool tells_seen = marks && !context_.enabled.condstore;
    append_fetch_start(context_.out.buffer(), index + 1);
    if (tells_uid_) items.append_uid(context_.out.buffer());
    for (const auto& item : request_.items) {
        auto failure = co_await send_item(items, item, tells_seen);
        if (context_.is_over()) co_return FetchError();
        if (!failure) continue;
        // Once a part of it has left, a response can't be taken back.
        if (context_.out.written() == written)
            context_.out.buffer().resize(start);
        else
            give_up(context_);
        co_return failure;
    }
    if (tells_seen && !request_.has(FetchItem::Kind::flags)) items.append_seen_flags(context_.out.buffer());
    context_.out.buffer() += ")\r\n";
    if (marks) seen_.add(index);
    co_return FetchError();
}

asio::awaitable<void> Fetch::between_messages() {
    seen_.tell();
    if (context_.out.is_full()) {
        co_await seen_.settle();
        co_await context_.out.flush();
        seen_.tell();
    }
    if (progress_.is_due(Clock::now())) {
        co_await seen_.settle();
        progress_.append(context_.out.buffer(), context_.tag, Clock::now());
        co_await context_.out.flush();
        seen_.tell();
    }
    if (context_.is_winded()) co_await context_.breathe();
}

void Fetch::failed(const FetchError& failure) {
    if (failure.unknown_encoding)
        unknown_encoding_ = true;
    else if (!error_ || failure.error != store::Error::expunged)
        error_ = failure.error;
    if (failure.unknown_encoding || failure.error == store::Error::expunged) return;
    if (context_.info.options->fetch_failure == FetchFailure::disconnect_immediately) give_up(context_);
}

Reply Fetch::reply() const {
    if (error_) return store_failure(error_, context_.selected->name());
    if (unknown_encoding_) return Reply::no("[UNKNOWN-CTE] A part is encoded in a way that is not known here");
    return Reply::ok("Fetch completed.");
}

// RFC 7162 section 3.2.6. False: the store can't say.
asio::awaitable<bool> Fetch::tell_vanished(const MessageSet& set) {
    auto& mailbox = context_.selected->mailbox();
    auto job = [&] { return mailbox.expunged_since(*request_.changed_since); };
    const auto gone = co_await patiently(context_, job);
    if (!gone) {
        error_ = gone.error();
        co_return false;
    }
    const auto uids = intersection(*gone, set, context_.search_result, mailbox.uidnext());
    if (!uids.empty()) context_.out.buffer() += "* VANISHED (EARLIER) " + mail::to_sequence_set(uids) + "\r\n";
    co_return true;
}

asio::awaitable<Reply> Fetch::run(MessageSet set) {
    if (request_.changed_since || request_.has(FetchItem::Kind::modseq)) context_.enable_condstore();
    const auto ranges = context_.rows_of(set, uid_);
    if (!ranges) co_return Reply::bad("The mailbox has no message of this number");
    if (request_.vanished) {
        const bool told = co_await tell_vanished(set);
        if (!told) co_return reply();
    }
    const Selection selection(context_.selected->rows(), *ranges, request_);
    // Inside of a response nothing may be told: this command does it itself, between messages.
    context_.progress.end();
    progress_.begin(Clock::now());
    const auto total = selection.count();
    std::size_t done = 0;
    for (auto index = selection.first(); index && !context_.is_over(); index = selection.next(*index)) {
        const auto failure = co_await send_message(*index);
        if (failure) failed(failure);
        progress_.step(++done, total);
        co_await between_messages();
    }
    co_await seen_.settle();
    seen_.tell();
    if (error_ && error_ != store::Error::expunged &&
        context_.info.options->fetch_failure == FetchFailure::disconnect_after)
        give_up(context_);
    co_return reply();
}

asio::awaitable<Reply> read_and_run(Context& context, Arguments& arguments, bool uid) {
    arguments.space();
    auto set = arguments.message_set();
    arguments.space();
    auto request = read_fetch_request(arguments);
    if (!set || !request || !arguments.end()) co_return Reply::bad("");
    if (request->vanished && !(uid && context.enabled.qresync))
        co_return Reply::bad("VANISHED goes with UID FETCH after ENABLE QRESYNC only");
    Fetch fetch(context, std::move(*request), uid);
    co_return co_await fetch.run(std::move(*set));
}

} // namespace

/// RFC 9051 section 6.4.5.
asio::awaitable<Reply> fetch(Context& context, Arguments& arguments) {
    return read_and_run(context, arguments, false);
}

/// RFC 9051 section 6.4.9.
asio::awaitable<Reply> uid_fetch(Context& context, Arguments& arguments) {
    return read_and_run(context, arguments, true);
}

} // namespace hearth::imap::command
