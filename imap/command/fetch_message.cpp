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

void append_id(std::string& out, std::string_view id) {
    out += '(';
    out += id;
    out += ')';
}

void count_section(Statistics& statistics, const FetchItem& item, std::uint64_t bytes) {
    const bool header = item.kind == Kind::section && is_header(item.section.text);
    (header ? statistics.header_count : statistics.body_count) += 1;
    (header ? statistics.header_bytes : statistics.body_bytes) += bytes;
}

bool has_nul(std::string_view bytes) {
    return bytes.find('\0') != std::string_view::npos;
}

} // namespace

void append_fetch_start(std::string& out, std::size_t number) {
    out += "* ";
    append_number(out, number);
    out += " FETCH (";
}

void replace_nul(std::string& bytes) {
    std::replace(bytes.begin(), bytes.end(), '\0', static_cast<char>(0x80));
}

FetchError MessageItems::append(std::string& out, const FetchItem& item, bool seen) {
    const bool was_first = first_;
    append_label(out, item.label);
    auto failure = append_value(out, item, seen);
    if (failure) first_ = was_first;
    return failure;
}

void MessageItems::append_label(std::string& out, std::string_view label) {
    if (!first_) out += ' ';
    first_ = false;
    out += label;
    out += ' ';
}

FetchError MessageItems::append_value(std::string& out, const FetchItem& item, bool seen) {
    switch (item.kind) {
    case Kind::uid: append_number(out, row().uid); return {};
    case Kind::flags:
        if (seen)
            append_flags_with_seen(out, view_, row());
        else
            view_.append_flags(out, row());
        return {};
    case Kind::internal_date: append_internal_date(out, row().internal_date); return {};
    case Kind::modseq:
        out += '(';
        append_number(out, row().modseq);
        out += ')';
        return {};
    case Kind::size: {
        const auto size = view_.mailbox().size(row().uid);
        if (!size) return {size.error()};
        append_number(out, *size);
        return {};
    }
    case Kind::envelope:
    case Kind::body:
    case Kind::body_structure: return append_rendered(out, item);
    case Kind::email_id:
    case Kind::thread_id:
    case Kind::save_date: return append_facts(out, item);
    case Kind::preview: return append_preview(out);
    case Kind::section: return append_section(out, item);
    case Kind::binary:
    case Kind::binary_size: return append_binary(out, item);
    }
    return {};
}

void MessageItems::append_uid(std::string& out) {
    append_label(out, "UID");
    append_number(out, row().uid);
}

void MessageItems::append_seen_flags(std::string& out) {
    append_label(out, "FLAGS");
    append_flags_with_seen(out, view_, row());
}

FetchError MessageItems::append_rendered(std::string& out, const FetchItem& item) {
    if (const auto* known = context_.rendered.find(row().message, item.label)) {
        out += *known;
        return {};
    }
    const auto start = out.size();
    if (item.kind == Kind::envelope) {
        const auto envelope = source_.envelope();
        if (!envelope) return {envelope.error()};
        append_envelope(out, **envelope);
    } else {
        const auto structure = source_.structure();
        if (!structure) return {structure.error()};
        append_structure(out, **structure, item.kind == Kind::body_structure);
    }
    context_.rendered.add(row().message, item.label, std::string_view(out).substr(start));
    return {};
}

// RFC 8474 sections 5.1 and 5.2, RFC 8514 section 4.3.
FetchError MessageItems::append_facts(std::string& out, const FetchItem& item) {
    const auto facts = source_.facts();
    if (!facts) return {facts.error()};
    if (item.kind == Kind::email_id)
        append_id(out, facts->emailid);
    else if (item.kind == Kind::thread_id && !facts->threadid.empty())
        append_id(out, facts->threadid);
    else if (item.kind == Kind::save_date && facts->saved != 0)
        append_internal_date(out, facts->saved);
    else
        out += "NIL";
    return {};
}

// RFC 8970 section 3.2: UTF-8, quoted where the client has said that it may be.
FetchError MessageItems::append_preview(std::string& out) {
    const auto preview = source_.preview();
    if (!preview) return {preview.error()};
    append_string(out, *preview, context_.enabled.utf8_names());
    return {};
}

FetchError MessageItems::append_section(std::string& out, const FetchItem& item) {
    const bool kept = is_kept(item);
    if (kept) {
        if (const auto* known = context_.rendered.find(row().message, item.label)) {
            count_section(context_.statistics, item, known->size());
            append_literal_size(out, known->size());
            out += *known;
            return {};
        }
    }
    auto body = source_.section(item.section);
    if (!body) return {body.error()};
    if (!*body) {
        out += "NIL";
        return {};
    }
    if (item.partial) (*body)->cut(*item.partial);
    const auto size = (*body)->size();
    const auto failure = append_body(out, std::move(**body));
    if (failure) return failure;
    count_section(context_.statistics, item, size);
    if (kept && !large_) context_.rendered.add(row().message, item.label, std::string_view(out).substr(out.size() - size));
    return {};
}

// A literal; one that is too large to be copied is only announced.
FetchError MessageItems::append_body(std::string& out, SectionBody body) {
    if (body.size() >= copy_max) {
        append_literal_size(out, body.size());
        large_.emplace(std::move(body));
        return {};
    }
    std::string bytes;
    if (body.is_stored()) {
        auto read = source_.read(body.span());
        if (!read) return {read.error()};
        bytes = std::move(*read);
    } else {
        bytes = body.view();
    }
    append_literal_size(out, bytes.size());
    if (has_nul(bytes)) replace_nul(bytes);
    out += bytes;
    return {};
}

// RFC 3516 section 4.2: NUL travels in a literal8.
FetchError MessageItems::append_binary(std::string& out, const FetchItem& item) {
    bool unknown_encoding = false;
    auto body = source_.decoded(item.section.part, unknown_encoding);
    if (!body) return {body.error()};
    if (unknown_encoding) return {error_code(), true};
    if (item.kind == Kind::binary_size) {
        append_number(out, *body ? (*body)->size() : 0);
        return {};
    }
    if (!*body) {
        out += "NIL";
        return {};
    }
    if (item.partial) (*body)->cut(*item.partial);
    count_section(context_.statistics, item, (*body)->size());
    const auto bytes = (*body)->view();
    if (has_nul(bytes)) out += '~';
    append_literal_size(out, bytes.size());
    if (bytes.size() < copy_max)
        out += bytes;
    else
        large_.emplace(std::move(**body));
    return {};
}

} // namespace hearth::imap::command
