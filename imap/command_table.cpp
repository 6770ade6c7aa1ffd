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
    {"ENABLE",       Needs::login,   SyncAfter::never,  command::enable},
    {"NOOP",         Needs::login,   SyncAfter::always, command::noop},
    {"CHECK",        Needs::mailbox, SyncAfter::always, command::check},
    {"LOGOUT",       Needs::login,   SyncAfter::never,  command::logout},
    {"NAMESPACE",    Needs::login,   SyncAfter::if_due, command::name_space},
    {"LIST",         Needs::login,   SyncAfter::if_due, nullptr,          command::list},
    {"LSUB",         Needs::login,   SyncAfter::if_due, nullptr,          command::lsub},
    {"STATUS",       Needs::login,   SyncAfter::if_due, command::status},
    {"SELECT",       Needs::login,   SyncAfter::never,  command::select},
    {"EXAMINE",      Needs::login,   SyncAfter::never,  command::examine},
    {"CLOSE",        Needs::mailbox, SyncAfter::never,  command::close},
    {"UNSELECT",     Needs::mailbox, SyncAfter::never,  command::unselect},
    {"FETCH",        Needs::mailbox, SyncAfter::never,  nullptr,          command::fetch},
    {"UID FETCH",    Needs::mailbox, SyncAfter::if_due, nullptr,          command::uid_fetch},
    {"SEARCH",       Needs::mailbox, SyncAfter::never,  nullptr,          command::search},
    {"UID SEARCH",   Needs::mailbox, SyncAfter::if_due, nullptr,          command::uid_search},
    {"IDLE",         Needs::login,   SyncAfter::never,  nullptr,          command::idle},
    // These write; they come with the store's write side.
    {"APPEND",       Needs::login,   SyncAfter::if_due},
    {"CREATE",       Needs::login,   SyncAfter::if_due},
    {"DELETE",       Needs::login,   SyncAfter::if_due},
    {"RENAME",       Needs::login,   SyncAfter::if_due},
    {"SUBSCRIBE",    Needs::login,   SyncAfter::if_due},
    {"UNSUBSCRIBE",  Needs::login,   SyncAfter::if_due},
    {"STORE",        Needs::mailbox, SyncAfter::never},
    {"COPY",         Needs::mailbox, SyncAfter::never},
    {"MOVE",         Needs::mailbox, SyncAfter::never},
    {"EXPUNGE",      Needs::mailbox, SyncAfter::if_due},
    {"UID STORE",    Needs::mailbox, SyncAfter::if_due},
    {"UID COPY",     Needs::mailbox, SyncAfter::if_due},
    {"UID MOVE",     Needs::mailbox, SyncAfter::if_due},
    {"UID EXPUNGE",  Needs::mailbox, SyncAfter::if_due},
};
// clang-format on

const CommandEntry* find(std::string_view name) {
    const auto* found = std::find_if(
        std::begin(table), std::end(table), [&](const auto& e) { return equal_ignoring_case(e.name, name); });
    return found == std::end(table) ? nullptr : found;
}

bool writes(const CommandEntry& entry) {
    return entry.plain == nullptr && entry.slow == nullptr;
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

std::string write_side_refusal(std::string_view name) {
    return "[CANNOT] " + std::string(name) + " comes with the store's write side";
}

std::optional<Refusal> judge_literal(std::string_view so_far, std::uint64_t) {
    const auto tag = tag_of(so_far);
    Arguments arguments(so_far.substr(tag.size()));
    const auto name = read_name(arguments);
    const auto* entry = name ? find(*name) : nullptr;
    if (entry == nullptr || !writes(*entry)) return std::nullopt;
    return Refusal{.tag = std::string(tag), .bad = false, .text = write_side_refusal(entry->name)};
}

} // namespace hearth::imap
