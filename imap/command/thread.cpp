// SPDX-License-Identifier: Apache-2.0
// THREAD and UID THREAD: ORDEREDSUBJECT and REFERENCES of RFC 5256, and REFS.
#include "command/commands.hpp"
#include "patience.hpp"
#include "search/find_messages.hpp"
#include "sort/sliced_sort.hpp"
#include "thread/read_thread_message.hpp"
#include "thread/threads.hpp"
#include "wire/search_request.hpp"

#include <numeric>

namespace hearth::imap::command {
namespace {

/// What was read of the messages that were found.
struct Material {
    std::vector<ThreadMessage> messages; // their ids and references are in `links`
    ReferenceLinks links;
};

// What is gone by now is left out, as SEARCH would.
asio::awaitable<error_code> read_messages(
    Context& context, ThreadAlgorithm algorithm, const std::vector<std::uint32_t>& found, Material& material) {
    const auto rows = context.selected->rows();
    for (const auto index : found) {
        MessageReader reader(context.selected->mailbox(), rows[index]);
        auto read = [&] { return read_thread_message(reader, index, algorithm); };
        auto message = read();
        if (!message) message = co_await patiently(context, read);
        if (context.is_winded()) co_await context.breathe();
        if (context.is_over()) break;
        if (!message && message.error() == store::Error::expunged) continue;
        if (!message) co_return message.error();
        if (algorithm != ThreadAlgorithm::ordered_subject) material.links.add(*message);
        message->id = {};
        message->references = {};
        material.messages.push_back(std::move(*message));
    }
    co_return error_code();
}

asio::awaitable<std::vector<std::uint32_t>> in_order_of_dates(
    Context& context, const std::vector<ThreadMessage>& messages, bool received) {
    std::vector<std::uint32_t> numbers(messages.size());
    std::iota(numbers.begin(), numbers.end(), 0U);
    // Messages are in the order of the mailbox already, and the sort is stable.
    auto before = [&messages, received](std::uint32_t a, std::uint32_t b) {
        return received ? messages[a].received < messages[b].received : messages[a].sent < messages[b].sent;
    };
    SlicedSort sort(std::move(numbers), before);
    while (!sort.done()) {
        sort.step();
        if (context.is_winded()) co_await context.breathe();
    }
    co_return sort.take();
}

ThreadTree make_threads(
    ThreadAlgorithm algorithm, const Material& material, const std::vector<std::uint32_t>& by_date) {
    switch (algorithm) {
    case ThreadAlgorithm::ordered_subject: return thread_by_subject(material.messages, by_date);
    case ThreadAlgorithm::references: return thread_by_references(material.links, material.messages, by_date);
    case ThreadAlgorithm::refs: return thread_by_newest(material.links, material.messages, by_date);
    }
    return {};
}

asio::awaitable<Reply> run(Context& context, Arguments& arguments, bool uid) {
    arguments.space();
    const auto request = read_thread_request(arguments);
    if (!request) co_return Reply::bad("");
    if (auto refused = refuse_search(context, *request, true)) co_return std::move(*refused);
    const auto found = co_await find_messages(context, request->key);
    if (!found) co_return store_failure(found.error(), context.selected->name());
    Material material;
    const auto failure = co_await read_messages(context, request->algorithm, *found, material);
    if (failure) co_return store_failure(failure, context.selected->name());
    const bool received = request->algorithm == ThreadAlgorithm::refs;
    const auto by_date = co_await in_order_of_dates(context, material.messages, received);
    const auto tree = make_threads(request->algorithm, material, by_date);
    const auto rows = context.selected->rows();
    auto& out = context.out.buffer();
    out += "* THREAD";
    if (!tree.roots.empty()) out += ' ';
    append_threads(out, tree, [&](std::uint32_t row) { return std::to_string(uid ? rows[row].uid : row + 1); });
    out += "\r\n";
    co_return Reply::ok("Thread completed.");
}

} // namespace

/// RFC 5256 section 3.
asio::awaitable<Reply> thread(Context& context, Arguments& arguments) {
    return run(context, arguments, false);
}

/// RFC 5256 section 3.
asio::awaitable<Reply> uid_thread(Context& context, Arguments& arguments) {
    return run(context, arguments, true);
}

} // namespace hearth::imap::command
