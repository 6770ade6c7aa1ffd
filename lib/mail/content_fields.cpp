// SPDX-License-Identifier: Apache-2.0
#include "mail/content_fields.hpp"

#include "base/text.hpp"
#include "mail/gobject.hpp"
#include "mail/header_fields.hpp"

namespace hearth::mail {
namespace {

// Parameters of a longer field are cut off: nobody needs them, and every part of a message may bring its own.
constexpr std::size_t field_bytes_max = 16 * 1024;

std::string bounded(std::string_view value) {
    return unfold(value.substr(0, field_bytes_max));
}

std::string one_line(const char* text) {
    return unfold(text_or_empty(text));
}

Parameters to_parameters(GMimeParamList* list) {
    Parameters parameters;
    const int count = list == nullptr ? 0 : g_mime_param_list_length(list);
    for (int i = 0; i < count; ++i) {
        auto* parameter = g_mime_param_list_get_parameter_at(list, i);
        parameters.emplace_back(
            one_line(g_mime_param_get_name(parameter)), one_line(g_mime_param_get_value(parameter)));
    }
    return parameters;
}

bool is_token(std::string_view text) {
    constexpr std::string_view specials = "()<>@,;:\\\"/[]?=";
    for (const char c : text)
        if (c <= ' ' || c > '~' || specials.find(c) != std::string_view::npos) return false;
    return !text.empty();
}

void read_type(Part& part, std::string_view value) {
    const auto text = bounded(value);
    const auto essence = std::string_view(text).substr(0, text.find_first_of(";("));
    const auto slash = essence.find('/');
    if (slash == std::string_view::npos) return;
    const auto media = trim(essence.substr(0, slash)), subtype = trim(essence.substr(slash + 1));
    if (!is_token(media) || !is_token(subtype)) return;
    const GObjectPtr<GMimeContentType> type(g_mime_content_type_parse(nullptr, text.c_str()));
    if (!type) return;
    part.type = media;
    part.subtype = subtype;
    part.parameters = to_parameters(g_mime_content_type_get_parameters(type.get()));
}

void read_disposition(Part& part, std::string_view value) {
    const auto text = bounded(value);
    if (text.empty()) return;
    const GObjectPtr<GMimeContentDisposition> disposition(g_mime_content_disposition_parse(nullptr, text.c_str()));
    if (!disposition) return;
    const auto kind = one_line(g_mime_content_disposition_get_disposition(disposition.get()));
    if (!kind.empty())
        part.disposition.emplace(kind, to_parameters(g_mime_content_disposition_get_parameters(disposition.get())));
}

void read_encoding(Part& part, std::string_view value) {
    const auto text = bounded(value);
    const auto word = std::string_view(text).substr(0, text.find_first_of(" \t;("));
    if (is_token(word)) part.encoding = word;
}

void read_languages(Part& part, std::string_view value) {
    const auto text = bounded(value);
    for (const auto word : split(text, ','))
        if (const auto language = trim(word); !language.empty()) part.languages.emplace_back(language);
}

// What a field name of a body part leads to; the first field of each name counts.
struct Seen {
    bool type = false, encoding = false, disposition = false, language = false;
};

void set_once(std::optional<std::string>& target, std::string_view value) {
    if (!target) target = unfold(value);
}

void read_field(Part& part, const HeaderField& field, Seen& seen) {
    const auto once = [](bool& flag) { return !std::exchange(flag, true); };
    const auto name = to_lower(field.name.substr(8));
    if (name == "type" && once(seen.type))
        read_type(part, field.value);
    else if (name == "transfer-encoding" && once(seen.encoding))
        read_encoding(part, field.value);
    else if (name == "disposition" && once(seen.disposition))
        read_disposition(part, field.value);
    else if (name == "language" && once(seen.language))
        read_languages(part, field.value);
    else if (name == "id")
        set_once(part.id, field.value);
    else if (name == "description")
        set_once(part.description, field.value);
    else if (name == "md5")
        set_once(part.md5, field.value);
    else if (name == "location")
        set_once(part.location, field.value);
}

} // namespace

void make_plain(Part& part) {
    part.type = "TEXT";
    part.subtype = "PLAIN";
    part.parameters = {{"charset", "us-ascii"}};
}

void read_content_fields(Part& part, std::string_view header_block, bool in_digest) {
    ensure_gmime();
    Seen seen;
    HeaderFields fields(header_block);
    while (const auto field = fields.next())
        if (field->name.size() > 8 && equal_ignoring_case(field->name.substr(0, 8), "content-"))
            read_field(part, *field, seen);
    if (!part.type.empty()) return;
    make_plain(part);
    if (!in_digest || seen.type) return;
    part.type = "MESSAGE";
    part.subtype = "RFC822";
    part.parameters.clear();
}

std::string_view boundary_of(const Part& part) {
    for (const auto& [name, value] : part.parameters)
        if (equal_ignoring_case(name, "boundary")) return value;
    return {};
}

} // namespace hearth::mail
