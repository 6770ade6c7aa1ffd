// SPDX-License-Identifier: Apache-2.0
#include "command/fetch_message.hpp"
#include "wire/dates.hpp"
#include "wire/response_writer.hpp"
#include "wire/structure_writer.hpp"

#include <algorithm>

namespace hearth::imap::command {
namespace {

using Kind = FetchItem::Kind;
using mail::SectionText;

bool is_header(SectionText text) {
    return text == SectionText::header || text == SectionText::header_fields ||
           text == SectionText::header_fields_not || text == SectionText::mime;
}

// Lists of header fields are what webmail asks for again and again; other sections are large or asked for once.
bool is_kept(const FetchItem& item) {
    return item.section.text == SectionText::header_fields && item.section.part.empty() && !item.partial;
}

void append_flags_with_seen(std::string& out, const View& view, store::MessageRow row) {
    row.flags.set(mail::Flag::seen);
    view.append_flags(out, row);
}

// The sections of the whole message are parts of its bytes: no need to copy them.
std::optional<std::string_view> whole_section(const mail::Message& message, const mail::Section& section) {
    if (!section.part.empty()) return std::nullopt;
    const auto& root = message.structure();
    const auto bytes = message.bytes();
    const auto begin = static_cast<std::size_t>(root.header_begin), body = static_cast<std::size_t>(root.body_begin);
    if (section.text == SectionText::whole) return bytes;
    if (section.text == SectionText::header) return bytes.substr(begin, body - begin);
    if (section.text == SectionText::text) return bytes.substr(body);
    return std::nullopt;
}

// NUL may stand in no literal (RFC 9051 section 4.3); 0x80 is what Dovecot puts in its place.
SectionBytes without_nul(std::string_view bytes) {
    if (bytes.find('\0') == std::string_view::npos) return SectionBytes(bytes);
    std::string copy(bytes);
    std::replace(copy.begin(), copy.end(), '\0', static_cast<char>(0x80));
    return SectionBytes(std::move(copy));
}

SectionBytes without_nul(std::string bytes) {
    std::replace(bytes.begin(), bytes.end(), '\0', static_cast<char>(0x80));
    return SectionBytes(std::move(bytes));
}

} // namespace

void append_fetch_start(std::string& out, std::size_t number) {
    out += "* ";
    append_number(out, number);
    out += " FETCH (";
}

void append_flags_update(std::string& out, const View& view, std::size_t index) {
    append_fetch_start(out, index + 1);
    out += "UID ";
    append_number(out, view.rows()[index].uid);
    out += " FLAGS ";
    view.append_flags(out, view.rows()[index]);
    out += ")\r\n";
}

void count_section(Statistics& statistics, const FetchItem& item, std::size_t bytes) {
    (is_header(item.section.text) ? statistics.header_count : statistics.body_count) += 1;
    (is_header(item.section.text) ? statistics.header_bytes : statistics.body_bytes) += bytes;
}

void SectionBytes::cut(const Partial& partial) {
    const auto size = view().size();
    offset_ = static_cast<std::size_t>(std::min<std::uint64_t>(partial.offset, size));
    length_ = static_cast<std::size_t>(std::min<std::uint64_t>(partial.length, size - offset_));
}

MessageItems::MessageItems(Context& context, std::size_t index)
    : context_(context), view_(*context.selected), index_(index) {}

bool MessageItems::load() {
    if (message_ || error_) return !error_;
    auto found = view_.mailbox().message(row().uid);
    if (found)
        message_ = std::move(*found);
    else
        error_ = found.error();
    return !error_;
}

void MessageItems::append(std::string& out, const FetchItem& item, bool seen) {
    if (item.kind == Kind::uid) return append_uid(out);
    append_label(out, item.label);
    switch (item.kind) {
    case Kind::flags:
        if (seen)
            append_flags_with_seen(out, view_, row());
        else
            view_.append_flags(out, row());
        break;
    case Kind::internal_date: append_internal_date(out, row().internal_date); break;
    case Kind::size: append_size(out); break;
    default: append_rendered(out, item); break;
    }
}

void MessageItems::append_label(std::string& out, std::string_view label) {
    if (!first_) out += ' ';
    first_ = false;
    out += label;
    out += ' ';
}

void MessageItems::append_uid(std::string& out) {
    append_label(out, "UID");
    append_number(out, row().uid);
}

void MessageItems::append_seen_flags(std::string& out) {
    append_label(out, "FLAGS");
    append_flags_with_seen(out, view_, row());
}

void MessageItems::append_size(std::string& out) {
    const auto size = view_.mailbox().size(row().uid);
    if (size)
        append_number(out, *size);
    else if (!error_)
        error_ = size.error();
}

void MessageItems::append_rendered(std::string& out, const FetchItem& item) {
    if (const auto* known = context_.rendered.find(row().message, item.label)) {
        out += *known;
        return;
    }
    if (!load()) return;
    const auto start = out.size();
    if (item.kind == Kind::envelope)
        append_envelope(out, message_->envelope());
    else
        append_structure(out, message_->structure(), item.kind == Kind::body_structure);
    context_.rendered.add(row().message, item.label, std::string_view(out).substr(start));
}

bool MessageItems::append_known(std::string& out, const FetchItem& item) {
    if (!is_kept(item)) return false;
    const auto* known = context_.rendered.find(row().message, item.label);
    if (known == nullptr) return false;
    append_label(out, item.label);
    append_literal_size(out, known->size());
    out += *known;
    count_section(context_.statistics, item, known->size());
    return true;
}

std::optional<SectionBytes> MessageItems::section(const FetchItem& item) {
    std::optional<SectionBytes> bytes;
    if (const auto whole = whole_section(*message_, item.section)) {
        bytes = without_nul(*whole);
    } else if (auto made = message_->section(item.section)) {
        bytes = without_nul(std::move(*made));
        if (is_kept(item)) context_.rendered.add(row().message, item.label, bytes->view());
    }
    if (bytes && item.partial) bytes->cut(*item.partial);
    return bytes;
}

} // namespace hearth::imap::command
