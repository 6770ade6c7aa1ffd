// SPDX-License-Identifier: Apache-2.0
#include "config/quota_plugin.hpp"

#include "base/text.hpp"
#include "config/quota_rule.hpp"
#include "config/value.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace hearth::config {
namespace {

using std::string_view;

constexpr string_view not_loaded = "settings of plugins that aren't loaded; read and ignored";
constexpr string_view counted_here = "counted in the maildirsize file, as quota = maildir: does";
constexpr string_view of_one_mailbox = "more room for single mailboxes isn't built; the limits of * hold for them too";
constexpr string_view for_others = "belong to Dovecot's delivery and policy services; keep them there";
constexpr string_view no_warnings = "no program is run when a quota is nearly full";
constexpr string_view plain_text = "messages that Dovecot compressed are read; Hearth stores its own uncompressed";

bool has_number(string_view key, string_view name) {
    return key.starts_with(name) && key.size() > name.size() &&
           std::all_of(key.begin() + static_cast<std::ptrdiff_t>(name.size()), key.end(),
               [](char c) { return c >= '0' && c <= '9'; });
}

bool has_word(string_view words, string_view word) {
    const auto list = decode_words(words);
    return std::find(list.begin(), list.end(), word) != list.end();
}

// Globally, or for imap.
bool loads_quota(const Block& root) {
    if (has_word(root.text("mail_plugins"), "quota")) return true;
    return std::any_of(root.blocks.begin(), root.blocks.end(), [](const Block& block) {
        const bool is_ours = block.name == "imap" || (block.name.starts_with('!') && block.name != "!imap");
        return block.type == "protocol" && is_ours && has_word(block.text("mail_plugins"), "quota");
    });
}

class Resolver {
public:
    Resolver(Block& root, Report& report) : root_(root), report_(report) {}
    void run(const Block& plugin);

private:
    void read(const Entry& entry);
    void root_name(const Entry& entry);
    void rule(const Entry& entry);
    void mail_size(const Entry& entry);
    void set(string_view key, string_view value, const Entry& from);
    void zlib(const Entry& entry);

    Block& root_;
    Report& report_;
};

void Resolver::run(const Block& plugin) {
    const bool loaded = loads_quota(root_) && plugin.find("quota") != nullptr;
    for (const auto& entry : plugin.entries) {
        if (entry.key == "zlib_save")
            zlib(entry);
        else if (loaded)
            read(entry);
        else
            report_.note_together(entry.origin, printable(entry.key, 60), not_loaded);
    }
}

void Resolver::read(const Entry& entry) {
    const string_view key = entry.key;
    if (key == "quota") return root_name(entry);
    if (has_number(key, "quota"))
        return report_.error(entry.origin, "one quota root is built", "put its limits into quota_rule");
    if (key == "quota_rule" || has_number(key, "quota_rule")) return rule(entry);
    if (key == "quota_max_mail_size") return mail_size(entry);
    if (key.starts_with("quota_warning")) return report_.note_together(entry.origin, key, no_warnings);
    if (key.starts_with("quota_status") || key.starts_with("quota_grace") || key.starts_with("quota_over"))
        report_.note_together(entry.origin, key, for_others);
}

// maildir:User quota:ns=:noenforcing
void Resolver::root_name(const Entry& entry) {
    const auto parts = split(entry.value, ':');
    const std::vector<string_view> known = {"maildir", "count", "dict", "dirsize", "fs"};
    if (std::find(known.begin(), known.end(), parts[0]) == known.end())
        return report_.error(entry.origin,
            fmt::format("the quota backend \"{}\" is not built", printable(parts[0], 40)),
            "write quota = maildir:User quota");
    if (parts[0] != "maildir") report_.note_together(entry.origin, fmt::format("quota = {}", parts[0]), counted_here);
    if (std::find(parts.begin(), parts.end(), "noenforcing") != parts.end())
        return report_.error(
            entry.origin, "a quota that isn't enforced is not built", "leave quota_rule out, or the word noenforcing");
    set("quota_root", parts.size() > 1 && !parts[1].empty() ? parts[1] : "User quota", entry);
}

void Resolver::rule(const Entry& entry) {
    const auto rule = parse_quota_rule(entry.value);
    if (!rule)
        return report_.error(
            entry.origin, rule.error().text, "sizes have a unit: B K M G T; storage= is in K without one");
    if (rule->is_ignored)
        return report_.error(entry.origin, "mailboxes that don't count are not built",
            "leave the rule out, or keep these users with Dovecot");
    if (!rule->is_for_all()) {
        if (rule->bytes || rule->messages)
            return report_.error(entry.origin, "limits of single mailboxes are not built", "write a rule for *");
        return report_.note_together(entry.origin, entry.key, of_one_mailbox);
    }
    if (rule->is_relative)
        return report_.error(entry.origin, "a rule for * has absolute limits", "such as *:storage=1G");
    if (rule->bytes) set("quota_storage_size", *rule->bytes == 0 ? "unlimited" : size_text(*rule->bytes), entry);
    if (rule->messages)
        set("quota_message_count", *rule->messages == 0 ? "unlimited" : std::to_string(*rule->messages), entry);
}

void Resolver::mail_size(const Entry& entry) {
    const auto* spec = find_setting(Scope::global, "quota_mail_size");
    std::string value;
    if (auto bad = canonicalize(*spec, entry.value, value))
        return report_.error(entry.origin, std::move(bad->message), std::move(bad->hint));
    set("quota_mail_size", value, entry);
}

// What a setting of its own says must not be something else.
void Resolver::set(string_view key, string_view value, const Entry& from) {
    auto* entry = root_.find(key);
    if (entry == nullptr) return;
    if (!entry->is_default() && entry->value != value)
        return report_.error(from.origin,
            fmt::format("{} says {} = {}, but {} is {}", from.key, key, value, key, entry->value),
            "leave one of them out");
    entry->value = value;
    entry->origin = from.origin;
}

void Resolver::zlib(const Entry& entry) {
    const auto& value = entry.value;
    if (value == "gz" || value == "zstd" || value.empty())
        return report_.note_together(entry.origin, entry.key, plain_text);
    report_.error(entry.origin, fmt::format("messages compressed with {} can't be read", printable(value, 40)),
        "gz and zstd can; keep these users with Dovecot");
}

} // namespace

bool is_quota_plugin_setting(string_view key) {
    return key == "quota" || has_number(key, "quota") || key.starts_with("quota_") || key == "zlib_save";
}

void resolve_quota_plugin(Block& root, Report& report) {
    const auto* plugin = root.find("plugin", "");
    if (plugin == nullptr) return;
    const auto copy = *plugin; // what is set below moves nothing, and is seen as such
    Resolver(root, report).run(copy);
}

} // namespace hearth::config
