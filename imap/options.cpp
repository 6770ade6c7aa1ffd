// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include "imap/id_words.hpp"

#include <algorithm>
#include <string_view>

namespace hearth::imap {
namespace {

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
    options.id_reply = id_reply(snapshot.text("imap_id_send"));
    options.capability = snapshot.text("imap_capability");
    options.logout_format = snapshot.text("imap_logout_format");
    options.jmap_url = snapshot.text("imap_jmap_url");
    options.quota_root = snapshot.text("quota_root");
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
