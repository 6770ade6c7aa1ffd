// SPDX-License-Identifier: Apache-2.0
#include "config/report.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace hearth::config {

void Report::add_source(const std::string& name, std::string_view text) {
    auto& source = sources_[name];
    if (source.lines.empty()) source.order = sources_.size();
    source.lines.clear();
    for (const auto line : split(text, '\n'))
        source.lines.emplace_back(line);
}

Diagnostic Report::make(Severity severity, const Origin& origin, std::string message, std::string hint) const {
    Diagnostic made{
        .severity = severity, .origin = origin, .message = std::move(message), .line = {}, .hint = std::move(hint)};
    const auto source = sources_.find(origin.file);
    if (source != sources_.end() && origin.line > 0 && origin.line <= source->second.lines.size())
        made.line = source->second.lines[origin.line - 1];
    return made;
}

void Report::error(const Origin& origin, std::string message, std::string hint) {
    if (errors_.size() > diagnostics_max) return;
    if (errors_.size() == diagnostics_max) {
        message = fmt::format("more than {} errors; the rest is not shown", diagnostics_max);
        hint.clear();
    }
    auto found = make(Severity::error, origin, std::move(message), std::move(hint));
    // The same fault seen twice (a file that is included twice) is one.
    if (std::find(errors_.begin(), errors_.end(), found) == errors_.end()) errors_.push_back(std::move(found));
}

void Report::note(const Origin& origin, std::string message, std::string hint) {
    if (notes_.size() >= diagnostics_max) return;
    auto found = make(Severity::note, origin, std::move(message), std::move(hint));
    if (std::find(notes_.begin(), notes_.end(), found) == notes_.end()) notes_.push_back(std::move(found));
}

void Report::note_together(const Origin& origin, std::string_view name, std::string_view sentence) {
    auto& together = together_[std::string(sentence)];
    if (together.names.empty()) together.origin = origin;
    if (std::find(together.names.begin(), together.names.end(), name) == together.names.end())
        together.names.emplace_back(name);
}

void Report::sort(std::vector<Diagnostic>& diagnostics) const {
    const auto key = [&](const Diagnostic& d) {
        const auto source = sources_.find(d.origin.file);
        return std::tuple(source == sources_.end() ? 0 : source->second.order, d.origin.line, d.origin.column);
    };
    std::stable_sort(
        diagnostics.begin(), diagnostics.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
}

std::vector<Diagnostic> Report::errors() const {
    auto sorted = errors_;
    sort(sorted);
    return sorted;
}

std::vector<Diagnostic> Report::notes() const {
    auto all = notes_;
    for (const auto& [sentence, together] : together_) {
        auto message = fmt::format("{}: {}", fmt::join(together.names, ", "), sentence);
        all.push_back(make(Severity::note, together.origin, std::move(message), {}));
    }
    sort(all);
    return all;
}

} // namespace hearth::config
