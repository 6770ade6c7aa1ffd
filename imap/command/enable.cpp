// SPDX-License-Identifier: Apache-2.0
#include "command/commands.hpp"

#include "base/text.hpp"

namespace hearth::imap::command {
namespace {

void switch_on(bool& what, std::string_view name, std::string& switched_on) {
    if (what) return;
    what = true;
    switched_on += ' ';
    switched_on += name;
}

} // namespace

/// RFC 9051 section 6.3.1 (RFC 5161), with RFC 7162 section 3.2.3 and RFC 6855 section 3. Unknown names are ignored;
/// what was on already isn't named again.
Reply enable(Context& context, Arguments& arguments) {
    bool condstore = false, qresync = false, utf8 = false, imap4rev2 = false;
    do {
        arguments.space();
        const auto name = arguments.atom();
        if (!name) return Reply::bad("");
        condstore = condstore || equal_ignoring_case(*name, "CONDSTORE");
        qresync = qresync || equal_ignoring_case(*name, "QRESYNC");
        utf8 = utf8 || equal_ignoring_case(*name, "UTF8=ACCEPT");
        imap4rev2 = imap4rev2 || equal_ignoring_case(*name, "IMAP4rev2");
    } while (!arguments.at_end());
    auto& enabled = context.enabled;
    const bool had_condstore = enabled.condstore;
    std::string switched_on;
    if (condstore) switch_on(enabled.condstore, "CONDSTORE", switched_on);
    if (qresync) switch_on(enabled.qresync, "QRESYNC", switched_on);
    if (utf8) switch_on(enabled.utf8, "UTF8=ACCEPT", switched_on);
    if (imap4rev2) switch_on(enabled.imap4rev2, "IMAP4rev2", switched_on);
    context.out.buffer() += "* ENABLED" + switched_on + "\r\n";
    enabled.condstore = had_condstore;
    if (condstore || qresync) context.enable_condstore();
    return Reply::ok("Enabled.");
}

} // namespace hearth::imap::command
