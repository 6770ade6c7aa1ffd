// SPDX-License-Identifier: Apache-2.0
#include "wire/structure_writer.hpp"
#include "wire/characters.hpp"
#include "wire/response_writer.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

namespace hearth::imap {
namespace {

void append_addresses(std::string& out, const std::vector<mail::Address>& addresses) {
    if (addresses.empty()) {
        out += "NIL";
        return;
    }
    out += '(';
    for (const auto& address : addresses) {
        out += '(';
        append_nstring(out, address.name);
        out += ' ';
        append_nstring(out, address.route);
        out += ' ';
        append_nstring(out, address.mailbox);
        out += ' ';
        append_nstring(out, address.host);
        out += ')';
    }
    out += ')';
}

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// RFC 2231 section 4: the parts of a value are joined, and what isn't ASCII has the form that clients know from mail.
void append_parameter(std::string& out, const std::string& name, const std::string& value) {
    if (is_ascii(value)) {
        append_string(out, name);
        out += ' ';
        append_string(out, value);
        return;
    }
    append_string(out, name + "*");
    std::string encoded = "utf-8''";
    for (const char c : value) {
        if (is_atom_char(c) && is_ascii({&c, 1}) && c != '\'')
            encoded += c;
        else
            fmt::format_to(std::back_inserter(encoded), "%{:02X}", static_cast<unsigned char>(c));
    }
    out += ' ';
    append_string(out, encoded);
}

// RFC 2045 section 5.2: text without a charset is US-ASCII, and clients rather read it here than know it.
bool lacks_charset(const mail::Part& part) {
    return equal_ignoring_case(part.type, "text") &&
           std::none_of(part.parameters.begin(), part.parameters.end(),
               [](const auto& parameter) { return equal_ignoring_case(parameter.first, "charset"); });
}

void append_parameters(std::string& out, const mail::Parameters& parameters, bool without_charset = false) {
    if (parameters.empty() && !without_charset) {
        out += "NIL";
        return;
    }
    out += '(';
    for (const auto& [name, value] : parameters) {
        if (out.back() != '(') out += ' ';
        append_parameter(out, name, value);
    }
    if (without_charset) out += parameters.empty() ? R"("charset" "us-ascii")" : R"( "charset" "us-ascii")";
    out += ')';
}

void append_disposition(std::string& out, const mail::Part& part) {
    if (!part.disposition) {
        out += "NIL";
        return;
    }
    out += '(';
    append_string(out, part.disposition->first);
    out += ' ';
    append_parameters(out, part.disposition->second);
    out += ')';
}

// body-fld-dsp SP body-fld-lang SP body-fld-loc: what both kinds of extension data end with.
void append_common_extension(std::string& out, const mail::Part& part) {
    out += ' ';
    append_disposition(out, part);
    out += ' ';
    if (part.languages.empty()) {
        out += "NIL";
    } else {
        char before = '(';
        for (const auto& language : part.languages) {
            out += before;
            append_string(out, language);
            before = ' ';
        }
        out += ')';
    }
    out += ' ';
    append_nstring(out, part.location);
}

void append_multipart(std::string& out, const mail::Part& part, bool extended) {
    out += '(';
    for (const auto& child : part.children)
        append_structure(out, child, extended);
    // The grammar wants one part at least; a multipart without any has an empty text.
    if (part.children.empty()) out += R"(("TEXT" "PLAIN" NIL NIL NIL "7BIT" 0 0))";
    out += ' ';
    append_string(out, part.subtype);
    if (extended) {
        out += ' ';
        append_parameters(out, part.parameters);
        append_common_extension(out, part);
    }
    out += ')';
}

void append_leaf(std::string& out, const mail::Part& part, bool extended) {
    out += '(';
    append_string(out, part.type);
    out += ' ';
    append_string(out, part.subtype);
    out += ' ';
    append_parameters(out, part.parameters, lacks_charset(part));
    out += ' ';
    append_nstring(out, part.id);
    out += ' ';
    append_nstring(out, part.description);
    out += ' ';
    append_string(out, part.encoding);
    out += ' ';
    append_number(out, part.end - part.body_begin);
    if (part.is_message() && part.envelope && !part.children.empty()) {
        out += ' ';
        append_envelope(out, *part.envelope);
        out += ' ';
        append_structure(out, part.children.front(), extended);
        out += ' ';
        append_number(out, part.lines);
    } else if (equal_ignoring_case(part.type, "TEXT")) {
        out += ' ';
        append_number(out, part.lines);
    }
    if (extended) {
        out += ' ';
        append_nstring(out, part.md5);
        append_common_extension(out, part);
    }
    out += ')';
}

} // namespace

void append_envelope(std::string& out, const mail::Envelope& envelope) {
    out += '(';
    append_nstring(out, envelope.date);
    out += ' ';
    append_nstring(out, envelope.subject);
    for (const auto* addresses :
        {&envelope.from, &envelope.sender, &envelope.reply_to, &envelope.to, &envelope.cc, &envelope.bcc}) {
        out += ' ';
        append_addresses(out, *addresses);
    }
    out += ' ';
    append_nstring(out, envelope.in_reply_to);
    out += ' ';
    append_nstring(out, envelope.message_id);
    out += ')';
}

void append_structure(std::string& out, const mail::Part& part, bool extended) {
    if (part.is_multipart())
        append_multipart(out, part, extended);
    else
        append_leaf(out, part, extended);
}

} // namespace hearth::imap
