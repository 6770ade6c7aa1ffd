// SPDX-License-Identifier: Apache-2.0
#include "config/interpret.hpp"

#include "base/text.hpp"
#include "config/builtin.hpp"
#include "config/expand.hpp"
#include "config/parser.hpp"
#include "config/quota_plugin.hpp"
#include "config/refusals.hpp"
#include "config/value.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace hearth::config {
namespace {

using std::string_view;

constexpr string_view foreign_services = "services that Hearth doesn't have; their blocks are read and ignored";
constexpr string_view foreign_sections = "sections for parts of Dovecot that Hearth doesn't have; read and ignored";
constexpr string_view foreign_listeners =
    "listeners that Hearth's own services don't make; Postfix and others that use them keep Dovecot's";

bool is_foreign_section(string_view type) {
    return type == "dict" || type == "metric" || type == "event_exporter" || type == "plugin" || type == "old_dict" ||
           type == "imap_urlauth";
}

// Does it say anything, at any depth?
bool says_something(const Statement& statement) {
    return !statement.is_section || std::any_of(statement.inside.begin(), statement.inside.end(), says_something);
}

} // namespace

bool is_filter(string_view type) {
    return type == "protocol" || type == "local_name" || type == "local" || type == "remote";
}

Block block_of(Scope scope, std::string name, const Origin& origin) {
    Block block;
    block.type = section_type(scope);
    block.name = std::move(name);
    block.origin = origin;
    for (const auto& spec : scope == Scope::global ? global_settings() : section_settings())
        if (spec.scope == scope)
            block.entries.push_back({.key = std::string(spec.name),
                .value = std::string(spec.default_value),
                .origin = {},
                .secret = spec.secret});
    return block;
}

Interpreter::Interpreter(const Files& files, Report& report)
    : files_(files), report_(report), root_(block_of(Scope::global, {}, {})) {}

void Interpreter::apply(const std::vector<Statement>& statements) {
    const Place place{.scope = Scope::global, .block = &root_};
    for (const auto& statement : statements)
        statement.is_section ? section(statement, place) : set(statement, place);
}

void Interpreter::inside(const Statement& statement, const Place& place) {
    for (const auto& inner : statement.inside)
        inner.is_section ? section(inner, place) : set(inner, place);
}

// ---- Sections ------------------------------------------------------------------------------------------------------

void Interpreter::section(const Statement& statement, const Place& place) {
    if (place.scope == Scope::global) return global_section(statement, place);
    if (place.scope == Scope::service) return listener(statement, place);
    if (place.scope == Scope::name_space && statement.key.text == "mailbox") {
        if (statement.value.text.empty())
            return report_.error(statement.key.origin, "a mailbox needs a name", "write mailbox Sent { ... }");
        return nested(statement, Scope::mailbox, statement.value.text, true, place);
    }
    if (place.scope == Scope::name_space) return unknown_section(statement, {"mailbox"});
    report_.error(statement.key.origin, fmt::format("there are no sections in a {}", section_type(place.scope)));
}

void Interpreter::global_section(const Statement& statement, const Place& place) {
    const auto& type = statement.key.text;
    const bool in_filter = is_filter(place.block->type);
    if (is_filter(type)) return filter(statement, place);
    if (is_foreign_section(type)) {
        if (type == "plugin") return plugin(statement);
        if (says_something(statement))
            report_.note_together(statement.key.origin, type, foreign_sections);
        return;
    }
    if (in_filter && (type == "service" || type == "namespace" || type == "passdb" || type == "userdb"))
        return report_.error(statement.key.origin,
            fmt::format("a {} can't stand in a {} block here", type, place.block->type),
            "move it out of the block; it holds for all");
    const bool named = !statement.value.text.empty();
    if (type == "service") return service(statement, place);
    if (type == "namespace") return nested(statement, Scope::name_space, statement.value.text, named, place);
    if (type == "passdb") return nested(statement, Scope::passdb, statement.value.text, named, place);
    if (type == "userdb") return nested(statement, Scope::userdb, statement.value.text, named, place);
    if (type == "quota") return quota(statement, place);
    unknown_section(statement,
        {"service", "namespace", "passdb", "userdb", "quota", "protocol", "local_name", "local", "remote", "plugin",
            "dict"});
}

// Wherever it stands, it holds for all. What becomes of it is known at the end (quota_plugin.hpp).
void Interpreter::plugin(const Statement& statement) {
    for (const auto& inner : statement.inside) {
        if (inner.is_section || !is_quota_plugin_setting(inner.key.text)) {
            report_.note_together(inner.key.origin, printable(inner.key.text, 60),
                "settings of plugins that aren't loaded; read and ignored");
            continue;
        }
        auto* block = root_.find("plugin", "");
        if (block == nullptr) {
            block = &root_.blocks.emplace_back();
            block->type = "plugin";
            block->origin = statement.key.origin;
        }
        auto* entry = block->find(inner.key.text);
        if (entry == nullptr) entry = &block->entries.emplace_back();
        *entry = {.key = inner.key.text, .value = inner.value.text, .origin = inner.value.origin};
    }
}

// 2.4's quota "User quota" { storage_size = 1G }.
void Interpreter::quota(const Statement& statement, const Place& place) {
    auto name = statement;
    name.is_section = false;
    name.key.text = "quota_root";
    if (name.value.text.empty()) name.value.text = "User quota";
    name.value.quoted = true;
    set(name, place);
    for (auto inner : statement.inside) {
        if (inner.key.text == "driver") continue; // counted in maildirsize, whatever it says
        if (!inner.key.text.starts_with("quota_")) inner.key.text = "quota_" + inner.key.text;
        inner.is_section ? unknown_section(inner, {"quota"}) : set(inner, place);
    }
}

void Interpreter::unknown_section(const Statement& statement, const std::vector<string_view>& known) {
    const auto near = nearest(statement.key.text, known);
    report_.error(statement.key.origin, fmt::format("unknown section \"{}\"", printable(statement.key.text, 60)),
        near.empty() ? fmt::format("one of: {}", fmt::join(known, ", ")) : fmt::format("did you mean \"{}\"?", near));
}

void Interpreter::nested(
    const Statement& statement, Scope scope, const std::string& name, bool merge, const Place& place) {
    Block* block = merge ? place.block->find(section_type(scope), name) : nullptr;
    if (block == nullptr) block = &place.block->blocks.emplace_back(block_of(scope, name, statement.key.origin));
    inside(statement, {.scope = scope, .block = block, .outer = &place});
}

void Interpreter::service(const Statement& statement, const Place& place) {
    const auto& name = statement.value.text;
    if (name.empty())
        return report_.error(statement.key.origin, "a service needs a name", "write service imap { ... }");
    if (name.size() > 64 || name.find_first_of("/:%\\ \t") != std::string::npos)
        return report_.error(
            statement.value.origin, "a service's name has at most 64 bytes, without blanks and / : % \\", {});
    if (is_foreign_service(name)) {
        if (says_something(statement)) report_.note_together(statement.key.origin, name, foreign_services);
        return;
    }
    nested(statement, Scope::service, name, true, place);
}

void Interpreter::listener(const Statement& statement, const Place& place) {
    const auto& type = statement.key.text;
    auto name = statement.value.text;
    const bool in_builtin = is_builtin_service(place.block->name) && !statement.key.origin.is_default();
    if (type != "unix_listener" && type != "inet_listener" && type != "fifo_listener")
        return unknown_section(statement, {"unix_listener", "inet_listener", "fifo_listener"});
    if (type == "inet_listener") return nested(statement, Scope::inet_listener, name, true, place);
    if (name.empty())
        return report_.error(
            statement.key.origin, fmt::format("a {} needs a path", type), "write unix_listener login/imap { ... }");
    // A worker's sockets lie in login/, the only directory its clients can see; the short name means that one.
    if (place.block->find("unix_listener", "login/" + name) != nullptr)
        name = "login/" + name;
    else if (name.find('%') != std::string::npos && name.find('/') == std::string::npos)
        name = "login/" + name;
    if (type == "fifo_listener" ||
        (in_builtin && place.block->find("unix_listener", name) == nullptr && name.find('%') == std::string::npos)) {
        if (says_something(statement))
            report_.note_together(statement.key.origin, printable(name, 200), foreign_listeners);
        return;
    }
    nested(statement, Scope::unix_listener, name, true, place);
}

void Interpreter::filter(const Statement& statement, const Place& place) {
    const auto& name = statement.value.text;
    if (name.empty())
        return report_.error(statement.key.origin, fmt::format("a {} block needs a name", statement.key.text),
            fmt::format(
                "write {} {} {{ ... }}", statement.key.text, statement.key.text == "protocol" ? "imap" : "NAME"));
    if (statement.key.text == "protocol" && is_foreign_protocol(name)) return;
    Block* block = place.block->find(statement.key.text, name);
    if (block == nullptr) {
        block = &place.block->blocks.emplace_back();
        block->type = statement.key.text;
        block->name = name;
        block->origin = statement.key.origin;
    }
    inside(statement, {.scope = Scope::global, .block = block, .outer = &place});
}

// ---- Settings ------------------------------------------------------------------------------------------------------

void Interpreter::set(const Statement& statement, const Place& place) {
    const auto* spec = find_setting(place.scope, statement.key.text);
    if (spec == nullptr) return unknown_setting(statement, place);
    if (is_filter(place.block->type) && !allowed_in_filter(*spec, statement, place)) return;
    std::string raw, value;
    if (!expand(*spec, statement.value, place, raw)) return;
    auto bad = canonicalize(*spec, raw, value);
    if (bad) return report_.error(statement.value.origin, std::move(bad->message), std::move(bad->hint));
    bad = refusal(*spec, value);
    if (!bad && spec->standing == Standing::refuse && value != spec->default_value)
        bad = BadValue{
            fmt::format("{} = {} can't be honoured", spec->name, printable(value, 60)), std::string(spec->sentence)};
    if (bad) report_.error(statement.value.origin, std::move(bad->message), std::move(bad->hint));
    // Also a refused value: nothing starts with it, and what depends on it should not be reported too.
    store(*spec, statement, std::move(value), place);
}

void Interpreter::store(const SettingSpec& spec, const Statement& statement, std::string value, const Place& place) {
    const auto& origin = statement.key.origin;
    if (!origin.is_default()) {
        if (spec.standing == Standing::note && value != spec.default_value)
            report_.note_together(origin, spec.name, spec.sentence);
        note_value(spec, value, statement.value.origin, report_);
    }
    auto* entry = place.block->find(spec.name);
    if (entry == nullptr)
        entry = &place.block->entries.emplace_back(
            Entry{.key = std::string(spec.name), .value = {}, .origin = {}, .secret = spec.secret});
    entry->value = std::move(value);
    entry->origin = statement.value.origin;
}

void Interpreter::unknown_setting(const Statement& statement, const Place& place) {
    const auto& key = statement.key;
    const auto shown = printable(key.text, 60);
    if (place.scope == Scope::global) {
        if (const auto reason = reason_without_effect(key.text); !reason.empty())
            return report_.note_together(key.origin, shown, fmt::format("without effect: {}", reason));
        if (key.text == "dovecot_config_version" || key.text == "dovecot_storage_version")
            return report_.error(key.origin, "this is a configuration of Dovecot 2.4",
                "Hearth reads the syntax of 2.3; write the settings with their 2.3 names and remove this line");
    }
    std::string hint;
    for (const auto scope : {Scope::global, Scope::service, Scope::unix_listener, Scope::inet_listener, Scope::passdb,
             Scope::name_space, Scope::mailbox})
        if (hint.empty() && scope != place.scope && find_setting(scope, key.text) != nullptr)
            hint = scope == Scope::global ? fmt::format("\"{}\" stands outside of all sections", shown)
                                          : fmt::format("\"{}\" belongs into a {} section", shown, section_type(scope));
    const auto names = setting_names(place.scope);
    if (const auto near = nearest(key.text, names); !near.empty()) hint = fmt::format("did you mean \"{}\"?", near);
    const auto where =
        place.scope == Scope::global ? std::string() : fmt::format(" in a {} section", section_type(place.scope));
    report_.error(key.origin, fmt::format("unknown setting \"{}\"{}", shown, where), std::move(hint));
}

bool Interpreter::allowed_in_filter(const SettingSpec& spec, const Statement& statement, const Place& place) {
    const auto& type = place.block->type;
    const bool inert =
        spec.standing == Standing::idle || spec.standing == Standing::note || spec.standing == Standing::refuse;
    if (inert || spec.name == "mail_plugins") return true;
    // What login and workers look up for their own protocol. Auth and the master know nothing of protocols.
    const bool per_protocol = spec.audience != nobody && (spec.audience & (for_auth | for_anvil)) == 0;
    const bool agreed = spec.name == "mail_max_userip_connections"; // contradictions.cpp sees to it
    if (type == "protocol" && !is_filter(place.outer->block->type) && (per_protocol || agreed)) return true;
    report_.error(statement.key.origin,
        fmt::format("{} can't differ by {} here", spec.name, type == "protocol" ? "protocol" : "address or name"),
        fmt::format("move it out of the {} block; it holds for all", type));
    return false;
}

// ---- Expansion -----------------------------------------------------------------------------------------------------

bool Interpreter::expand(const SettingSpec& spec, const Word& value, const Place& place, std::string& result) {
    if (value.quoted && spec.type != Type::file) {
        result = value.text;
        return true;
    }
    if (value.text.starts_with('<')) return read_value_file(spec, value, result);
    bool good = true;
    const bool expanded = for_each_piece(value.text, [&](string_view piece, bool is_name) {
        if (!is_name)
            result += piece;
        else
            good = expand_name(piece, spec, value, place, result) && good;
    });
    if (expanded) result = trim(result); // `$protocols imap`, and nothing in $protocols
    return good;
}

bool Interpreter::expand_name(
    string_view name, const SettingSpec& spec, const Word& value, const Place& place, std::string& result) {
    if (name.starts_with("ENV:")) {
        const auto found = files_.environment(std::string(name.substr(4)));
        const bool good =
            std::all_of(found.begin(), found.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x20; });
        if (!good)
            report_.error(value.origin, fmt::format("the environment's {} holds a control byte", name.substr(4)));
        result += good ? found : "";
        return good;
    }
    if (is_late_name(spec, name)) { // whoever sets it, however late, means this user too
        result += fmt::format("${}", name);
        return true;
    }
    for (const auto* at = &place; at != nullptr; at = at->outer) {
        const auto* known = find_setting(at->scope, name);
        const auto* entry = known == nullptr ? nullptr : at->block->find(known->name);
        if (entry == nullptr) continue;
        // As in Dovecot's packages, the list of protocols begins empty for those who add to it.
        if (name != "protocols" || !entry->is_default()) result += entry->value;
        return true;
    }
    if (!reason_without_effect(name).empty()) return true;
    const auto names = setting_names(Scope::global);
    const auto near = nearest(name, names);
    report_.error(value.origin, fmt::format("${} is not a setting", name),
        near.empty() ? "put the value into quotes if the $ is meant literally"
                     : fmt::format("did you mean ${}?", near));
    return false;
}

bool Interpreter::read_value_file(const SettingSpec& spec, const Word& value, std::string& result) {
    const auto path = relative_to(value.origin.file, std::string(trim(string_view(value.text).substr(1))));
    if (spec.type == Type::file) { // read by who needs it; the master needn't hold keys
        result = "<" + path;
        return true;
    }
    const auto text = files_.read(path);
    if (!text) {
        report_.error(value.origin, fmt::format("can't read {}: {}", printable(path, 200), text.error().message()),
            "put the value into quotes if the < is meant literally");
        return false;
    }
    result = text->ends_with('\n') ? text->substr(0, text->size() - 1) : *text;
    if (std::all_of(
            result.begin(), result.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x20 || c == '\t'; }))
        return true;
    report_.error(value.origin, fmt::format("{} holds more than one line of text", printable(path, 200)),
        "a setting's value is one line");
    return false;
}

} // namespace hearth::config
