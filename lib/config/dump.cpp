// SPDX-License-Identifier: Apache-2.0
#include "config/dump.hpp"

#include "base/text.hpp"
#include "config/expand.hpp"
#include "config/schema.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace hearth::config {
namespace {

std::string in_quotes(const std::string& text) {
    std::string result = "\"";
    for (const char byte : text) {
        if (byte == '"' || byte == '\\') result += '\\';
        result += byte;
    }
    return result + '"';
}

// A section's name as its header takes it.
std::string header_name(const std::string& name) {
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '_' ||
               c == '-' || c == '.' || c == '%' || c == ':' || c == '{' || c == '}' || c == '!' || c == '*' || c == '@';
    };
    const bool bare = !name.empty() && name.front() != '{' && std::all_of(name.begin(), name.end(), plain);
    return bare ? name : in_quotes(name);
}

bool is_changed(const Block& block) {
    return !block.origin.is_default() ||
           std::any_of(block.entries.begin(), block.entries.end(), [](const Entry& e) { return !e.is_default(); }) ||
           std::any_of(block.blocks.begin(), block.blocks.end(), is_changed);
}

class Dump {
public:
    explicit Dump(const DumpOptions& options) : options_(options) {}

    std::string take() { return std::move(text_); }

    void inside(const Block& block, const std::string& indent) {
        for (const auto& entry : block.entries)
            if (!options_.only_changed || !entry.is_default()) line(entry, indent);
        for (const auto& inner : block.blocks) {
            if (options_.only_changed && !is_changed(inner)) continue;
            text_ +=
                fmt::format("{}{} {}{{\n", indent, inner.type, inner.name.empty() ? "" : header_name(inner.name) + " ");
            inside(inner, indent + "  ");
            text_ += indent + "}\n";
        }
    }

private:
    void line(const Entry& entry, const std::string& indent) {
        if (!options_.secrets && holds_password(entry)) {
            text_ += fmt::format("{}# {} holds a password and is not shown", indent, entry.key);
        } else {
            // Only a setting that refers to a file keeps its `<`; the schema says which.
            const auto* spec = find_setting(Scope::global, entry.key);
            const bool refers = spec != nullptr && spec->type == Type::file && entry.value.starts_with('<') &&
                                !entry.value.ends_with('\\') && entry.value.find(" #") == std::string::npos;
            text_ += fmt::format("{}{} = {}", indent, entry.key, refers ? entry.value : quote(entry.value));
        }
        if (options_.origins) text_ += fmt::format("  # {}", printable(entry.origin.text(), 4096));
        text_ += '\n';
    }

    const DumpOptions& options_;
    std::string text_;
};

} // namespace

bool holds_password(const Entry& entry) {
    if (!entry.secret || entry.value.empty() || entry.value.starts_with('<')) return false;
    return entry.key.ends_with("password") || to_lower(entry.value).find("pass") != std::string::npos;
}

std::string quote(const std::string& value) {
    const bool plain = trim(value) == value && !value.starts_with('"') && !value.starts_with('\'') &&
                       !value.starts_with('<') && !value.starts_with('#') && value.find(" #") == std::string::npos &&
                       value.find("\t#") == std::string::npos && !value.ends_with('\\') && !has_name(value);
    return plain ? value : in_quotes(value);
}

std::string dump(const Settings& settings, const DumpOptions& options) {
    Dump dump(options);
    dump.inside(settings.effective, {});
    return dump.take();
}

} // namespace hearth::config
