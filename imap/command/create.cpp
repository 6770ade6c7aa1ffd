// SPDX-License-Identifier: Apache-2.0
#include "command/commands.hpp"
#include "patience.hpp"

#include "base/text.hpp"

#include <array>

namespace hearth::imap::command {
namespace {

// RFC 6154 section 2. \All and \Flagged would be views of other mailboxes: there are none here.
constexpr std::array<std::string_view, 5> special_uses = {"Archive", "Drafts", "Junk", "Sent", "Trash"};

/// CREATE's parameters (RFC 4466, RFC 6154 section 3).
struct CreateParameters {
    std::string special_use;  ///< "\\Sent", or empty
    bool unsupported = false; ///< a use that no mailbox can have here, or several
};

bool read_uses(Arguments& arguments, CreateParameters& parameters) {
    if (!arguments.space() || !arguments.expect('(')) return false;
    while (!arguments.take(')')) {
        if (!arguments.expect('\\')) return false;
        const auto use = arguments.atom();
        if (!use) return false;
        bool known = false;
        for (const auto candidate : special_uses) {
            if (!equal_ignoring_case(*use, candidate)) continue;
            known = parameters.special_use.empty();
            parameters.special_use = "\\" + std::string(candidate);
        }
        if (!known) parameters.unsupported = true;
        if (arguments.peek() != ')' && !arguments.space()) return false;
    }
    return !arguments.failed();
}

// " (USE (\Sent))", or nothing.
bool read_parameters(Arguments& arguments, CreateParameters& parameters) {
    if (arguments.at_end()) return !arguments.failed();
    if (!arguments.space() || !arguments.expect('(')) return false;
    while (!arguments.take(')')) {
        if (!arguments.take_word("USE")) return arguments.fail("USE is all that CREATE can be told");
        if (!read_uses(arguments, parameters)) return false;
        if (arguments.peek() != ')' && !arguments.space()) return false;
    }
    return arguments.end();
}

// A separator at the end says that there will be mailboxes below (RFC 9051 section 6.3.4): nothing to us.
void drop_last_separator(std::string& name, char separator) {
    if (name.size() > 1 && name.back() == separator) name.pop_back();
}

// RFC 8474 section 4.1.
asio::awaitable<std::string> mailbox_id(Context& context, const std::string& name) {
    auto look = [&] { return context.account.status(name); };
    const auto status = co_await patiently(context, look);
    co_return status ? status->mailbox_id : std::string();
}

} // namespace

/// RFC 9051 section 6.3.4.
asio::awaitable<Reply> create(Context& context, Arguments& arguments) {
    arguments.space();
    auto name = arguments.mailbox();
    CreateParameters parameters;
    if (!name || !read_parameters(arguments, parameters)) co_return Reply::bad("");
    drop_last_separator(*name, context.account.personal_namespace().separator);
    *name = canonical_mailbox(std::move(*name));
    if (name->empty()) co_return Reply::no("[CANNOT] A mailbox needs a name");
    if (*name == "INBOX") co_return store_failure(store::Error::already_exists, *name);
    if (parameters.unsupported) co_return Reply::no("[USEATTR] No mailbox can have this special use here");
    auto make = [&] { return context.account.create(*name, parameters.special_use); };
    const auto made = co_await patiently(context, make);
    if (!made && made.error() == store::Error::unsupported && !parameters.special_use.empty())
        co_return Reply::no("[USEATTR] Special uses can't be kept here");
    if (!made) co_return store_failure(made.error(), *name);
    const auto id = co_await mailbox_id(context, *name);
    if (id.empty()) co_return Reply::ok("Create completed.");
    co_return Reply::ok("[MAILBOXID (" + id + ")] Create completed.");
}

} // namespace hearth::imap::command
