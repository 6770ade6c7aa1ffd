// SPDX-License-Identifier: Apache-2.0
#include "reply.hpp"

#include "base/text.hpp"
#include "store/store.hpp"
#include "wire/response_writer.hpp"

#include <fmt/format.h>

namespace hearth::imap {

void Reply::append_to(std::string& out, std::string_view tag) const {
    static constexpr std::string_view words[] = {" OK ", " NO ", " BAD "};
    out += tag.empty() ? "*" : tag;
    out += words[static_cast<std::size_t>(kind_)];
    append_text(out, text_);
    out += "\r\n";
}

Reply store_failure(error_code error, std::string_view mailbox) {
    const auto name = printable(mailbox, 100);
    if (error.category() != store::error_category())
        return Reply::no("[UNAVAILABLE] Mail storage fails at the moment, try again later");
    switch (static_cast<store::Error>(error.value())) {
    case store::Error::no_such_mailbox: return Reply::no(fmt::format("[NONEXISTENT] Mailbox doesn't exist: {}", name));
    case store::Error::not_selectable:
        return Reply::no(fmt::format("[CANNOT] Mailbox holds other mailboxes but no mail: {}", name));
    case store::Error::expunged: return Reply::no("[EXPUNGEISSUED] Some messages have been expunged meanwhile");
    case store::Error::busy:
    case store::Error::unfinished:
    case store::Error::in_use: return Reply::no("[INUSE] Another program holds the mailbox's lock, try again later");
    case store::Error::corrupt:
        return Reply::no("[CORRUPTION] Mail storage needs its administrator, see the server's log");
    case store::Error::unavailable: return Reply::no("[UNAVAILABLE] Mail storage fails at the moment, try again later");
    case store::Error::not_permitted: return Reply::no(fmt::format("[NOPERM] File permissions forbid it: {}", name));
    case store::Error::already_exists: return Reply::no(fmt::format("[ALREADYEXISTS] Mailbox exists: {}", name));
    case store::Error::has_children:
        return Reply::no(fmt::format("[HASCHILDREN] There are mailboxes below it, delete them first: {}", name));
    case store::Error::bad_name:
        return Reply::no(fmt::format("[CANNOT] No mailbox can have this name here: {}", name));
    case store::Error::over_quota: return Reply::no("[OVERQUOTA] No room is left in this account");
    case store::Error::too_big: return Reply::no("[TOOBIG] The message is larger than this server takes");
    case store::Error::limit_reached: return Reply::no("[LIMIT] The mailbox can't have more keywords");
    case store::Error::unsupported: return Reply::no("[CANNOT] This mail storage can't do that");
    }
    return Reply::no("[SERVERBUG] Unknown failure of the mail storage");
}

} // namespace hearth::imap
