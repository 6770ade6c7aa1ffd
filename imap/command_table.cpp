// SPDX-License-Identifier: Apache-2.0
#include "command_table.hpp"
#include "command/commands.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace hearth::imap {
namespace {

// clang-format off
constexpr CommandEntry table[] = {
    // name          needs           updates told       plain             slow
    {"CAPABILITY",   Needs::login,   SyncAfter::never,  command::capability},
    {"ID",           Needs::login,   SyncAfter::never,  command::id},
    {"COMPRESS",     Needs::login,   SyncAfter::never,  command::compress},
    {"GETJMAPACCESS", Needs::login,  SyncAfter::never,  command::get_jmap_access},
    {"ENABLE",       Needs::login,   SyncAfter::never,  command::enable},
    {"NOOP",         Needs::login,   SyncAfter::always, command::noop},
    {"CHECK",        Needs::mailbox, SyncAfter::always, command::check},
    {"LOGOUT",       Needs::login,   SyncAfter::never,  command::logout},
    {"NAMESPACE",    Needs::login,   SyncAfter::if_due, command::name_space},
    {"LIST",         Needs::login,   SyncAfter::if_due, nullptr,          command::list},
    {"LSUB",         Needs::login,   SyncAfter::if_due, nullptr,          command::lsub},
    {"STATUS",       Needs::login,   SyncAfter::if_due, nullptr,          command::status},
    {"SELECT",       Needs::login,   SyncAfter::never,  nullptr,          command::select},
    {"EXAMINE",      Needs::login,   SyncAfter::never,  nullptr,          command::examine},
    {"CLOSE",        Needs::mailbox, SyncAfter::never,  nullptr,          command::close},
    {"UNSELECT",     Needs::mailbox, SyncAfter::never,  command::unselect},
    {"FETCH",        Needs::mailbox, SyncAfter::never,  nullptr,          command::fetch},
    {"UID FETCH",    Needs::mailbox, SyncAfter::if_due, nullptr,          command::uid_fetch},
    {"SEARCH",       Needs::mailbox, SyncAfter::never,  nullptr,          command::search},
    {"UID SEARCH",   Needs::mailbox, SyncAfter::if_due, nullptr,          command::uid_search},
    {"SORT",         Needs::mailbox, SyncAfter::never,  nullptr,          command::sort},
    {"UID SORT",     Needs::mailbox, SyncAfter::if_due, nullptr,          command::uid_sort},
    {"THREAD",       Needs::mailbox, SyncAfter::never,  nullptr,          command::thread},
    {"UID THREAD",   Needs::mailbox, SyncAfter::if_due, nullptr,          command::uid_thread},
    {"IDLE",         Needs::login,   SyncAfter::never,  nullptr,          command::idle},
    {"APPEND",       Needs::login,   SyncAfter::if_due, nullptr,          command::append},
    {"STORE",        Needs::mailbox, SyncAfter::never,  nullptr,          command::store_flags},
    {"COPY",         Needs::mailbox, SyncAfter::never,  nullptr,          command::copy},
    {"MOVE",         Needs::mailbox, SyncAfter::never,  nullptr,          command::move},
    {"EXPUNGE",      Needs::mailbox, SyncAfter::never,  nullptr,          command::expunge},
    {"UID STORE",    Needs::mailbox, SyncAfter::if_due, nullptr,          command::uid_store_flags},
    {"UID COPY",     Needs::mailbox, SyncAfter::if_due, nullptr,          command::uid_copy},
    {"UID MOVE",     Needs::mailbox, SyncAfter::never,  nullptr,          command::uid_move},
    {"UID EXPUNGE",  Needs::mailbox, SyncAfter::never,  nullptr,          command::uid_expunge},
    {"CREATE",       Needs::login,   SyncAfter::if_due, nullptr,          command::create},
    {"DELETE",       Needs::login,   SyncAfter::if_due, nullptr,          command::delete_mailbox},
    {"RENAME",       Needs::login,   SyncAfter::if_due, nullptr,          command::rename},
    {"SUBSCRIBE",    Needs::login,   SyncAfter::if_due, nullptr,          command::subscribe},
    {"UNSUBSCRIBE",  Needs::login,   SyncAfter::if_due, nullptr,          command::unsubscribe},
    {"GETQUOTA",     Needs::login,   SyncAfter::if_due, nullptr,          command::get_quota},
    {"GETQUOTAROOT", Needs::login,   SyncAfter::if_due, nullptr,          command::get_quota_root},
    {"SETQUOTA",     Needs::login,   SyncAfter::if_due, command::set_quota},
};
// clang-format on

const CommandEntry* find(std::string_view name) {
    const auto* found = std::find_if(
        std::begin(table), std::end(table), [&](const auto& e) { return equal_ignoring_case(e.name, name); });
    return found == std::end(table) ? nullptr : found;
}

// The name as in the table; nothing on a syntax error.
std::optional<std::string> read_name(Arguments& arguments) {
    arguments.space();
    const auto verb = arguments.atom();
    if (!verb) return std::nullopt;
    if (!equal_ignoring_case(*verb, "UID")) return std::string(*verb);
    arguments.space();
    const auto object = arguments.atom();
    if (!object) return std::nullopt;
    return "UID " + std::string(*object);
}

} // namespace

const CommandEntry* read_command(Arguments& arguments, bool has_mailbox) {
    const auto name = read_name(arguments);
    if (!name) return nullptr;
    const auto* entry = find(*name);
    if (entry == nullptr)
        arguments.fail("Unknown command: " + *name);
    else if (entry->needs == Needs::mailbox && !has_mailbox)
        arguments.fail("No mailbox selected");
    return arguments.failed() ? nullptr : entry;
}

bool takes_literals(std::string_view so_far) {
    const auto tag = tag_of(so_far);
    if (tag.empty()) return false;
    Arguments arguments(so_far.substr(tag.size()));
    const auto name = read_name(arguments);
    if (!name || !equal_ignoring_case(*name, "APPEND")) return false;
    // The first literal may be the mailbox's name, which is kept.
    arguments.space();
    arguments.astring();
    return arguments.space();
}

} // namespace hearth::imap
