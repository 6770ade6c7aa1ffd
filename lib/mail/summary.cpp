// SPDX-License-Identifier: Apache-2.0
#include "mail/summary.hpp"

#include "base/text.hpp"
#include "mail/header_fields.hpp"
#include "mail/preview.hpp"
#include "mail/section.hpp"

#include <algorithm>
#include <array>

namespace hearth::mail {
namespace {

// What mail clients ask for when they fill their lists (Thunderbird, Apple Mail, Outlook, K-9, Roundcube, SnappyMail,
// imapflow, mbsync). A field that few messages have costs nothing: that it isn't there is known too. Sorted.
constexpr std::array kept_fields = std::to_array<std::string_view>({
    "authentication-results",
    "auto-submitted",
    "autocrypt",
    "bcc",
    "bimi-indicator",
    "bimi-location",
    "cc",
    "chat-version",
    "content-class",
    "content-description",
    "content-disposition",
    "content-id",
    "content-language",
    "content-location",
    "content-md5",
    "content-transfer-encoding",
    "content-type",
    "date",
    "delivered-to",
    "disposition-notification-to",
    "dkim-signature",
    "errors-to",
    "feedback-id",
    "from",
    "importance",
    "in-reply-to",
    "keywords",
    "list-archive",
    "list-help",
    "list-id",
    "list-post",
    "list-subscribe",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "mail-followup-to",
    "mail-reply-to",
    "message-id",
    "mime-version",
    "newsgroups",
    "organization",
    "precedence",
    "priority",
    "received-spf",
    "references",
    "reply-to",
    "resent-date",
    "resent-from",
    "resent-message-id",
    "resent-to",
    "return-path",
    "return-receipt-to",
    "sender",
    "sensitivity",
    "subject",
    "thread-index",
    "thread-topic",
    "to",
    "user-agent",
    "x-account-key",
    "x-autoreply",
    "x-bimi-indicator-hash",
    "x-bogosity",
    "x-confirm-reading-to",
    "x-draft-info",
    "x-forwarded-message-id",
    "x-gmail-labels",
    "x-k9mail-identity",
    "x-label",
    "x-loop",
    "x-mailer",
    "x-mozilla-draft-info",
    "x-mozilla-keys",
    "x-mozilla-status",
    "x-mozilla-status2",
    "x-ms-has-attach",
    "x-msmail-priority",
    "x-original-to",
    "x-originating-ip",
    "x-priority",
    "x-rspamd-score",
    "x-sender",
    "x-spam",
    "x-spam-flag",
    "x-spam-level",
    "x-spam-score",
    "x-spam-status",
    "x-spamd-result",
    "x-status",
    "x-tuid",
    "x-uniform-type-identifier",
    "x-universally-unique-identifier",
    "x-virus-scanned",
});
static_assert(std::is_sorted(kept_fields.begin(), kept_fields.end()));

constexpr std::size_t field_name_max = 40;

std::string kept_headers(std::string_view block) {
    std::string headers;
    HeaderFields fields(block);
    while (const auto field = fields.next())
        if (is_kept_field(field->name)) headers += field->raw;
    return headers;
}

// Recursion is bounded by Limits::depth_max.
Part copy_of(const Part& part) {
    Part copy;
    copy.type = part.type;
    copy.subtype = part.subtype;
    copy.parameters = part.parameters;
    copy.id = part.id;
    copy.description = part.description;
    copy.md5 = part.md5;
    copy.location = part.location;
    copy.encoding = part.encoding;
    copy.disposition = part.disposition;
    copy.languages = part.languages;
    copy.header_begin = part.header_begin;
    copy.body_begin = part.body_begin;
    copy.end = part.end;
    copy.lines = part.lines;
    copy.children.reserve(part.children.size());
    for (const auto& child : part.children)
        copy.children.push_back(copy_of(child));
    if (part.envelope) copy.envelope = std::make_unique<Envelope>(*part.envelope);
    return copy;
}

} // namespace

bool is_kept_field(std::string_view name) {
    if (name.empty() || name.size() > field_name_max) return false;
    return std::binary_search(kept_fields.begin(), kept_fields.end(), to_lower(name));
}

std::optional<Summary> make_summary(const Message& message) {
    const auto& root = message.structure();
    Summary summary;
    summary.headers = kept_headers(message.bytes().substr(root.header_begin, root.body_begin - root.header_begin));
    if (summary.headers.size() > summary_bytes_max) return std::nullopt;
    summary.envelope = message.envelope();
    summary.structure = copy_of(root);
    summary.size = message.bytes().size();
    if (encode(summary).size() + preview_characters_max * 4 > summary_bytes_max) return std::nullopt;
    summary.preview = preview(message);
    return summary;
}

std::string header_fields(const Summary& summary, const std::vector<std::string>& fields) {
    const Section section{{}, SectionText::header_fields, fields};
    return choose_fields(summary.headers, section);
}

} // namespace hearth::mail
