// SPDX-License-Identifier: Apache-2.0
#include "config/refusals.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace hearth::config {
namespace {

using std::string_view;
using Bad = std::optional<BadValue>;

template <std::size_t n> bool is_among(string_view word, const std::array<string_view, n>& list) {
    return std::find(list.begin(), list.end(), word) != list.end();
}

constexpr std::array<string_view, 8> foreign_protocols = {
    "lmtp", "pop3", "sieve", "managesieve", "submission", "lda", "doveadm", "pop3c"};
constexpr std::array<string_view, 9> foreign_filters = {
    "indexer-worker", "imap-urlauth", "imapc", "dict", "director", "stats", "auth", "replicator", "imap-hibernate"};

// Plugins that decide what a user may see, or what stored bytes mean.
constexpr std::array<string_view, 5> plugins_refused = {"mail_crypt", "acl", "imap_acl", "virtual", "listescape"};
// What they do is built in: quota by its settings, reading of gzip and zstd, COMPRESS=DEFLATE.
constexpr std::array<string_view, 4> plugins_built_in = {"quota", "imap_quota", "zlib", "imap_zlib"};

constexpr std::array<string_view, 7> mailbox_formats = {"mbox", "dbox", "sdbox", "mdbox", "imapc", "pop3c", "cydir"};
constexpr std::array<string_view, 6> maildir_options = {
    "LAYOUT", "INBOX", "INDEX", "CONTROL", "SUBSCRIPTIONS", "VOLATILEDIR"};
constexpr std::array<string_view, 3> maildir_options_refused = {"DIRNAME", "INDEXPVT", "UTF-8"};

Bad maildir_option(string_view option) {
    const auto equals = option.find('=');
    const auto key = option.substr(0, equals);
    const auto value = equals == string_view::npos ? string_view{} : option.substr(equals + 1);
    if (key == "LAYOUT" && !equal_ignoring_case(value, "maildir++") && value != "fs")
        return BadValue{fmt::format("mail in LAYOUT={} can't be served", printable(value, 40)),
            "maildir++ and fs are; convert with `doveadm sync`, or keep these users with Dovecot"};
    if (is_among(key, maildir_options)) return {};
    if (is_among(key, maildir_options_refused))
        return BadValue{fmt::format("mail stored with {} can't be served", key),
            "leave it out if no mail needs it, or keep these users with Dovecot"};
    const std::vector<string_view> known(maildir_options.begin(), maildir_options.end());
    const auto near = nearest(to_upper(key), known);
    return BadValue{fmt::format("mail_location has no option \"{}\"", printable(key, 40)),
        near.empty() ? fmt::format("one of: {}", fmt::join(known, ", ")) : fmt::format("did you mean {}?", near)};
}

// The first variable of a mail location that the store doesn't know.
string_view unknown_variable(string_view value) {
    for (auto at = value.find('%'); at != string_view::npos; at = value.find('%', at)) {
        const auto start = at++;
        if (at < value.size() && value[at] == '%') {
            ++at;
            continue;
        }
        at = std::min(value.find_first_not_of("LU", at), value.size());
        if (at == value.size()) return value.substr(start);
        if (string_view("undh").find(value[at]) != string_view::npos) continue;
        const auto end = std::min(value.find('}', at), value.size() - 1);
        const auto word = value[at] == '{' ? value.substr(at + 1, end - at - 1) : string_view{};
        if (!is_among(word, std::array<string_view, 4>{"user", "username", "domain", "home"}))
            return value.substr(start, end + 1 - start);
        at = end;
    }
    return {};
}

Bad mail_location(string_view name, string_view value) {
    if (value.empty()) {
        if (name == "location") return {};
        return BadValue{"an empty mail_location would let the server guess", "write mail_location = maildir:~/Maildir"};
    }
    auto parts = split(value, ':');
    const auto format = parts[0];
    if (is_among(format, mailbox_formats))
        return BadValue{fmt::format("mail in the {} format can't be served", format),
            fmt::format("copy each user's mail with `doveadm sync -u USER maildir:~/Maildir`, then write "
                        "{} = maildir:~/Maildir",
                name)};
    if (format != "maildir")
        return BadValue{
            fmt::format("{} begins with the format of the mail, not with \"{}\"", name, printable(format, 60)),
            fmt::format("write {} = maildir:{}", name, printable(value, 120))};
    if (parts.size() < 2 || parts[1].empty())
        return BadValue{fmt::format("{} names no directory", name), "write maildir:~/Maildir"};
    if (const auto variable = unknown_variable(value); !variable.empty())
        return BadValue{fmt::format("{} has no variable {}", name, printable(variable, 40)),
            "%u is the user, %n and %d are its parts before and behind the @, %h is the home"};
    for (std::size_t i = 2; i < parts.size(); ++i)
        if (auto bad = maildir_option(parts[i])) return bad;
    return {};
}

Bad mail_plugins(string_view value) {
    for (const auto& plugin : decode_words(value))
        if (is_among(plugin, plugins_refused))
            return BadValue{
                fmt::format("the plugin {} decides what users see or what stored bytes mean, and is not built", plugin),
                fmt::format(
                    "remove {} from mail_plugins if no mail needs it, or keep these users with Dovecot", plugin)};
    return {};
}

Bad driver(const SettingSpec& spec, string_view value) {
    const bool userdb = spec.scope == Scope::userdb;
    const auto kind = userdb ? "userdb" : "passdb";
    if (value == "passwd-file" || value == "static" || (userdb && (value == "passwd" || value == "prefetch")))
        return {};
    if (value == "passwd")
        return BadValue{"passwd holds no passwords on today's systems",
            "write driver = passwd-file in the passdb; the userdb can stay passwd"};
    if (value.empty()) return {}; // a missing one is found when the block is complete
    if (value == "pam" || value == "shadow")
        return BadValue{fmt::format("the {} driver {} is not built", kind, value),
            "export the hashes into a file: passdb { driver = passwd-file; args = /etc/hearth/users }; the userdb can "
            "stay passwd"};
    static const std::vector<string_view> known = {"passwd-file", "static", "passwd"};
    const auto near = nearest(value, known);
    return BadValue{fmt::format("the {} driver \"{}\" is not built", kind, printable(value, 40)),
        near.empty() ? fmt::format("{} are; write the users into a passwd-file",
                           userdb ? "passwd-file, static, passwd and prefetch" : "passwd-file and static")
                     : fmt::format("did you mean {}?", near)};
}

Bad directory(string_view name, string_view value) {
    if (value.starts_with('/')) return {};
    return BadValue{fmt::format("{} is an absolute path, not \"{}\"", name, printable(value, 60)), "begin it with /"};
}

} // namespace

std::optional<BadValue> refusal(const SettingSpec& spec, string_view value) {
    const auto name = spec.name;
    if (spec.scope == Scope::global) {
        if (name == "mail_location") return mail_location(name, value);
        if (name == "mail_plugins") return mail_plugins(value);
        if (name == "base_dir" || name == "libexec_dir") return directory(name, value);
    }
    if (spec.scope == Scope::name_space && name == "location") return mail_location(name, value);
    if (spec.scope == Scope::name_space && name == "type" && value != "private")
        return BadValue{
            fmt::format("{} namespaces are not built", value), "remove this namespace, or keep its users with Dovecot"};
    if (spec.scope == Scope::name_space && name == "separator" && value.size() > 1)
        return BadValue{"separator is one byte", "for example /"};
    if ((spec.scope == Scope::passdb || spec.scope == Scope::userdb) && name == "driver") return driver(spec, value);
    return {};
}

void note_value(const SettingSpec& spec, string_view value, const Origin& origin, Report& report) {
    if (spec.scope != Scope::global) return;
    if (spec.name == "protocols")
        for (const auto& protocol : decode_words(value))
            if (is_foreign_protocol(protocol))
                report.note_together(origin, protocol, "not served by Hearth; keep Dovecot for them");
    if (spec.name == "mail_plugins")
        for (const auto& plugin : decode_words(value))
            if (!is_among(plugin, plugins_refused) && !is_among(plugin, plugins_built_in))
                report.note_together(origin, plugin, "plugins of Dovecot; not loaded");
}

bool is_foreign_protocol(string_view name) {
    return is_among(name, foreign_protocols) || is_among(name, foreign_filters);
}

} // namespace hearth::config
