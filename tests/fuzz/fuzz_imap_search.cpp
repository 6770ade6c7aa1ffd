// link: hearth_imap_core
// SPDX-License-Identifier: Apache-2.0
// The arguments of SEARCH, SORT, THREAD, LIST, STATUS and CREATE, and References fields: what is read keeps its bounds,
// and a whole session that runs them comes to its end with one tagged reply each.
#include "tests/unit/imap/search/stuttering_account.hpp"
#include "tests/unit/imap/transcript.hpp"

#include "base/ensure.hpp"
#include "mailbox_pattern.hpp"
#include "mail/message_ids.hpp"
#include "wire/list_request.hpp"
#include "wire/search_request.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

using namespace hearth;
using namespace hearth::imap;

namespace {

std::size_t depth_of(const SearchKey& key) {
    std::size_t depth = 0;
    for (const auto& child : key.children)
        depth = std::max(depth, depth_of(child));
    return depth + 1;
}

void check(const SearchKey& key) {
    ensure(depth_of(key) <= search_depth_max + 2, "search keys beyond their depth");
    std::size_t keys = 0;
    has_key(key, [&](const SearchKey& k) {
        keys += k.children.empty() ? 1 : 0;
        ensure(k.children.empty() || k.cost >= k.children.back().cost, "children that aren't sorted by cost");
        return false;
    });
    ensure(keys <= search_keys_max, "too many search keys");
}

void read_all(std::string_view text) {
    Arguments search(text), sort(text), thread(text), list(text), lsub(text), status(text), returns(text);
    if (const auto request = read_search_request(search)) check(request->key);
    if (const auto request = read_sort_request(sort)) check(request->key);
    if (const auto request = read_thread_request(thread)) check(request->key);
    if (const auto request = read_list_request(list, false)) ensure(!request->patterns.empty(), "LIST of nothing");
    read_list_request(lsub, true);
    if (const auto items = read_status_items(status)) ensure(!items->empty(), "STATUS of nothing");
    if (const auto wanted = read_search_return(returns); wanted && wanted->partial)
        ensure(wanted->partial->first >= 1 && wanted->partial->first <= wanted->partial->last, "a page that is none");
    ensure(hearth::mail::message_ids(text).size() <= hearth::mail::references_max, "too many references");
    const auto middle = text.size() / 2;
    static_cast<void>(MailboxPattern(text.substr(0, middle), '/').matches(text.substr(middle)));
}

// A command holds one line: what is meant for literals is left to fuzz_imap_command.
bool is_one_line(std::string_view text) {
    return text.find_first_of("\r\n{") == std::string_view::npos && text.find('\0') == std::string_view::npos;
}

void run_all(std::string_view text) {
    testing::StutteringAccount account;
    account.habits.fails_every = 3;
    account.habits.has_summaries = text.size() % 2 == 0;
    auto& inbox = account.folder("INBOX");
    inbox.deliver("Message-ID: <a@b>\nSubject: one\nDate: 1 Jan 2020 10:00:00 +0000\n\ntext\n");
    inbox.deliver("Message-ID: <c@d>\nReferences: " + std::string(text) + "\nSubject: Re: one\n\n" + std::string(text) + "\n");
    inbox.deliver("gone\n");
    inbox.messages.back().unreadable = true;
    std::string script = "s SELECT INBOX\r\n";
    int tag = 0;
    for (const auto* command : {"SEARCH", "UID SORT", "UID THREAD", "SORT", "LIST", "LSUB", "STATUS", "CREATE", "GETQUOTA"})
        script += "t" + std::to_string(tag++) + " " + command + " " + std::string(text) + "\r\n";
    const auto transcript = testing::play(account, {script + "z LOGOUT\r\n"});
    for (int i = 0; i < tag; ++i)
        ensure(transcript.output.find("t" + std::to_string(i) + " ") != std::string::npos, "a command without answer");
    ensure(transcript.output.find("z OK") != std::string::npos, "a session that didn't end");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    read_all(text);
    if (is_one_line(text) && text.size() < 1000) run_all(text);
    return 0;
}
