// link: hearth_mail
// SPDX-License-Identifier: Apache-2.0
#include "base/ensure.hpp"
#include "mail/message.hpp"

namespace {

using namespace hearth::mail;

void check(const Part& part, std::uint64_t begin, std::uint64_t end, int depth) {
    hearth::ensure(depth <= Limits::depth_max, "nesting is bounded");
    hearth::ensure(begin <= part.header_begin && part.header_begin <= part.body_begin, "header in its parent");
    hearth::ensure(part.body_begin <= part.end && part.end <= end, "body in its parent");
    for (const auto& child : part.children)
        check(child, part.body_begin, part.end, depth + 1);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    const auto message = Message::parse(to_crlf(text));
    check(message->structure(), 0, message->bytes().size(), 1);
    const Section header{{}, SectionText::header, {}}, body{{}, SectionText::text, {}};
    hearth::ensure(*message->section(header) + *message->section(body) == message->bytes(), "header and text are all");
    for (const auto& address : message->envelope().from)
        hearth::ensure(address.mailbox.has_value() || !address.host.has_value(), "a host has a mailbox");
    static_cast<void>(message->searchable_text(true));
    return 0;
}
