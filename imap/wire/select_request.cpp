// SPDX-License-Identifier: Apache-2.0
#include "wire/select_request.hpp"

namespace hearth::imap {
namespace {

// known-uids, known-sequence-set and known-uid-set of RFC 7162 section 7: numbers without "*".
std::optional<mail::NumberSet> known_numbers(Arguments& arguments) {
    const auto text = arguments.rest().substr(0, arguments.rest().find_first_of(" )"));
    if (text.find('*') != std::string_view::npos) {
        arguments.fail("QRESYNC takes no \"*\"");
        return std::nullopt;
    }
    return arguments.number_set();
}

// "(67890007 20050715194045000 41,43:211 (1,2 41,43))", the last two may be missing.
std::optional<KnownState> read_known_state(Arguments& arguments) {
    KnownState known;
    arguments.expect('(');
    const auto uidvalidity = arguments.number();
    arguments.space();
    const auto modseq = arguments.number64();
    if (!uidvalidity || !modseq) return std::nullopt;
    known.uidvalidity = *uidvalidity;
    known.modseq = *modseq;
    if (*uidvalidity == 0 || *modseq == 0) arguments.fail("QRESYNC takes no zero");
    if (arguments.peek() == ' ') {
        arguments.space();
        if (arguments.peek() != '(') known.uids = known_numbers(arguments);
    }
    if (known.uids && arguments.peek() == ' ') arguments.space();
    if (arguments.take('(')) {
        known.matched_numbers = known_numbers(arguments);
        arguments.space();
        known.matched_uids = known_numbers(arguments);
        arguments.expect(')');
    }
    if (!arguments.expect(')')) return std::nullopt;
    return known;
}

void read_parameter(Arguments& arguments, SelectRequest& request) {
    if (arguments.take_word("CONDSTORE")) {
        request.condstore = true;
    } else if (arguments.take_word("QRESYNC")) {
        arguments.space();
        request.known = read_known_state(arguments);
    } else {
        arguments.fail("Unknown SELECT parameter");
    }
}

} // namespace

std::optional<SelectRequest> read_select_request(Arguments& arguments) {
    SelectRequest request;
    arguments.space();
    auto name = arguments.mailbox();
    if (!name) return std::nullopt;
    request.mailbox = std::move(*name);
    if (arguments.peek() == ' ') arguments.space();
    if (arguments.take('(')) {
        do {
            read_parameter(arguments, request);
        } while (!arguments.failed() && arguments.peek() == ' ' && arguments.space());
        arguments.expect(')');
    }
    if (!arguments.end()) return std::nullopt;
    return request;
}

} // namespace hearth::imap
