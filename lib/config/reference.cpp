// SPDX-License-Identifier: Apache-2.0
#include "config/reference.hpp"

#include "config/schema.hpp"

#include <fmt/format.h>

namespace hearth::config {
namespace {

std::string type_text(const SettingSpec& spec) {
    switch (spec.type) {
    case Type::string: return "text";
    case Type::boolean: return "yes, no";
    case Type::count: return "count";
    case Type::share: return "count or %";
    case Type::size: return "size";
    case Type::time: return "time";
    case Type::mode: return "mode";
    case Type::enumeration: return "one of";
    case Type::words: return "words";
    case Type::path: return "path";
    case Type::file: return "`<file`";
    }
    return "";
}

std::string audience_text(Audience audience) {
    if (audience == for_all) return "all";
    std::string text;
    const std::pair<Audience, const char*> names[] = {
        {for_auth, "auth"}, {for_login, "login"}, {for_worker, "workers"}, {for_anvil, "anvil"}};
    for (const auto& [bit, name] : names)
        if ((audience & bit) != 0) text += (text.empty() ? "" : ", ") + std::string(name);
    return text;
}

// A bar would end the cell.
std::string cell(std::string_view text) {
    std::string result;
    for (const char byte : text)
        result += byte == '|' ? std::string("\\|") : std::string(1, byte);
    return result;
}

std::string meaning(const SettingSpec& spec) {
    auto text = cell(spec.doc);
    if (!spec.values.empty() && spec.type == Type::enumeration)
        text += fmt::format(" One of: `{}`.", cell(spec.values));
    if (!spec.also.empty()) text += fmt::format(" Also called `{}`.", spec.also);
    if (spec.standing == Standing::note) text += fmt::format(" *Accepted with a note: {}.*", cell(spec.sentence));
    if (spec.standing == Standing::refuse)
        text += fmt::format(" *Only the default is accepted: {}.*", cell(spec.sentence));
    if (spec.standing == Standing::idle) text += " *Accepted, without effect.*";
    return text;
}

void row(std::string& text, const SettingSpec& spec) {
    const auto otherwise = spec.default_value.empty() ? std::string() : fmt::format("`{}`", cell(spec.default_value));
    text += fmt::format("| `{}` | {} | {} |", spec.name, type_text(spec), otherwise);
    if (spec.scope == Scope::global) text += fmt::format(" {} |", audience_text(spec.audience));
    text += fmt::format(" {} |\n", meaning(spec));
}

} // namespace

std::string settings_reference() {
    std::string text =
        "### Global settings\n\n| setting | type | default | told to | meaning |\n|---|---|---|---|---|\n";
    for (const auto& spec : global_settings())
        row(text, spec);
    auto scope = Scope::global;
    for (const auto& spec : section_settings()) {
        if (spec.scope != scope) {
            scope = spec.scope;
            text += fmt::format("\n### In `{} {{ }}`\n\n| setting | type | default | meaning |\n|---|---|---|---|\n",
                section_type(scope));
        }
        row(text, spec);
    }
    return text;
}

} // namespace hearth::config
