// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"
#include "wire/response_writer.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace hearth::imap {
namespace {

// What "*" stands for. The version is told only when it is asked for: it helps attackers more than clients.
std::optional<std::string> built_in_value(std::string_view field) {
    if (equal_ignoring_case(field, "name")) return "Hearth";
    if (equal_ignoring_case(field, "version")) return HEARTH_VERSION;
    return std::nullopt;
}

// The next word of `text`, which may stand in quotes.
std::string next_word(std::string_view& text) {
    text = text.substr(std::min(text.find_first_not_of(" \t"), text.size()));
    const bool quoted = !text.empty() && text.front() == '"';
    if (quoted) text.remove_prefix(1);
    const auto end = std::min(text.find_first_of(quoted ? "\"" : " \t"), text.size());
    std::string word(text.substr(0, end));
    text.remove_prefix(std::min(end + (quoted ? 1 : 0), text.size()));
    return word;
}

// RFC 2971 of "name * support-url https://example.org/": pairs. Fields that "*" has no value for are left out.
std::string id_reply_of(std::string_view setting) {
    std::string reply;
    for (auto field = next_word(setting); !field.empty(); field = next_word(setting)) {
        auto value = std::optional<std::string>(next_word(setting));
        if (*value == "*") value = built_in_value(field);
        if (!value) continue;
        reply += reply.empty() ? '(' : ' ';
        append_string(reply, field);
        reply += ' ';
        append_string(reply, *value);
    }
    return reply.empty() ? "NIL" : reply + ')';
}

FetchFailure fetch_failure_of(std::string_view setting) {
    if (setting == "disconnect-after") return FetchFailure::disconnect_after;
    if (setting == "no-after") return FetchFailure::no_after;
    return FetchFailure::disconnect_immediately;
}

} // namespace

Options read_options(const config::Snapshot& snapshot) {
    Options options;
    if (const auto interval = snapshot.duration("imap_idle_notify_interval"); interval.count() > 0)
        options.idle_notify_interval = interval;
    options.id_fields_logged = snapshot.words("imap_id_log");
    options.id_reply = id_reply_of(snapshot.text("imap_id_send"));
    options.capability = snapshot.text("imap_capability");
    options.logout_format = snapshot.text("imap_logout_format");
    options.jmap_url = snapshot.text("imap_jmap_url");
    options.line_max = static_cast<std::size_t>(snapshot.uint("imap_max_line_length"));
    options.literal_minus = snapshot.flag("imap_literal_minus");
    options.fetch_failure = fetch_failure_of(snapshot.text("imap_fetch_failure"));
    const auto workarounds = snapshot.words("imap_client_workarounds");
    const auto has = [&](std::string_view name) {
        return std::find(workarounds.begin(), workarounds.end(), name) != workarounds.end();
    };
    options.delays_new_mail = has("delay-newmail");
    options.extra_mailbox_separator = has("tb-extra-mailbox-sep");
    options.lsub_tells_noselect = has("tb-lsub-flags");
    return options;
}

const Options& default_options() {
    static const Options options;
    return options;
}

} // namespace hearth::imap
