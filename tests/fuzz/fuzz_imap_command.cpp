// link: hearth_imap_core
// SPDX-License-Identifier: Apache-2.0
// Bytes of a client that is logged in: first through the parser alone, whole and split, which must agree; then through
// a whole session on a mailbox in memory, which must come to its end.
#include "tests/unit/imap/fake_account.hpp"
#include "tests/unit/imap/transcript.hpp"

#include "base/ensure.hpp"
#include "command_table.hpp"
#include "store/memory_account.hpp"
#include "wire/command_parser.hpp"

#include <cstdint>
#include <string>
#include <string_view>

using namespace hearth;
using namespace hearth::imap;

namespace {

// Every event and its text, in one string. Memory must stay bounded whatever comes.
std::string events(std::string_view bytes, std::size_t chunk) {
    CommandParser parser(takes_literals);
    std::string log;
    for (;;) {
        const auto event = parser.next();
        if (event == CommandParser::Event::bytes) {
            log += parser.piece(); // how it is cut depends on the chunks
            continue;
        }
        log += static_cast<char>('0' + static_cast<int>(event));
        if (event == CommandParser::Event::announced) {
            log += parser.command();
            if (parser.announced().size % 2 == 0)
                parser.accept();
            else if (parser.announced().size % 3 == 0)
                parser.refuse({.bad = false, .text = "no"});
        }
        if (event == CommandParser::Event::command) log += parser.command();
        if (event == CommandParser::Event::refused) log += parser.refusal().tag + parser.refusal().text;
        if (event == CommandParser::Event::lost) return log;
        ensure(parser.command().size() <= CommandParser::command_max + 2, "a command beyond its limit");
        if (event != CommandParser::Event::more) continue;
        log.pop_back(); // how often more was wanted depends on the chunks
        if (bytes.empty()) return log;
        parser.feed(bytes.substr(0, chunk));
        bytes.remove_prefix(std::min(chunk, bytes.size()));
    }
}

void furnish(testing::FakeAccount& account) {
    account.inbox().keywords = {"Junk"};
    account.inbox().add("Subject: one\nFrom: a@b\nContent-Type: multipart/mixed; "
                        "boundary=x\n\n--x\n\na\n--x\nContent-Type: message/rfc822\n\nSubject: in\n\nb\n--x--\n");
    account.inbox().add("Subject: two\n\ntext\n").row.recent = true;
    account.inbox().add("gone\n").unreadable = true;
    account.add("Work/Deep").info.subscribed = true;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto whole = events(bytes, std::string_view::npos);
    ensure(whole == events(bytes, 1), "splits change what is parsed");
    testing::FakeAccount account;
    furnish(account);
    const auto transcript = testing::play(account, {"s SELECT INBOX\r\n" + std::string(bytes)});
    ensure(transcript.ended.final_bytes.size() <= Session::final_bytes_max, "too much is left to write");
    // The same on a mailbox that takes changes.
    store::MemoryAccount writable;
    auto& inbox = writable.folder("INBOX");
    inbox.keywords = {"Junk"};
    for (int i = 0; i < 3; ++i)
        inbox.deliver("Subject: one\n\ntext\n");
    writable.folder("Work");
    const auto written = testing::play(writable, {"s SELECT INBOX (CONDSTORE)\r\n" + std::string(bytes)});
    ensure(written.ended.final_bytes.size() <= Session::final_bytes_max, "too much is left to write");
    return 0;
}
