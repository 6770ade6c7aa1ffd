// SPDX-License-Identifier: Apache-2.0
#include "config/load.hpp"

#include "config/assemble.hpp"
#include "config/builtin.hpp"
#include "config/contradictions.hpp"
#include "config/encode_snapshot.hpp"
#include "config/interpret.hpp"
#include "config/parser.hpp"
#include "config/snapshot.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace hearth::config {
namespace {

// The rest of load() once the file is there: `read` gives its statements.
template <class Read>
Loaded load_with(const Files& files, const LoadOptions& options, const std::string& name, Read read) {
    Report report;
    ParseRun run{.files = files, .report = report};
    Interpreter interpreter(files, report);
    interpreter.apply(parse_text("", builtin_text(), run));
    interpreter.apply(read(run));
    std::size_t number = 0;
    for (const auto& assignment : options.overrides)
        interpreter.apply(parse_override(assignment, ++number, report));
    auto root = interpreter.take();
    root.origin.file = name;
    auto settings = assemble(std::move(root), report);
    find_contradictions(settings, options.managed, report);
    const bool fits =
        std::all_of(settings.services.begin(), settings.services.end(), [&](const ServiceSettings& service) {
            return encode_snapshot(settings, service).size() <= snapshot_bytes_max;
        });
    if (!fits)
        report.error({.file = name, .line = 0, .column = 0},
            fmt::format("the settings of one service have more than {} bytes", snapshot_bytes_max));
    std::erase_if(settings.services, [&](const ServiceSettings& service) { return !is_served(settings, service); });

    Loaded loaded;
    loaded.errors = report.errors();
    loaded.notes = report.notes();
    if (loaded.errors.empty()) loaded.settings = std::move(settings);
    return loaded;
}

} // namespace

std::string Loaded::text() const {
    std::string text;
    for (const auto& error : errors)
        text += error.text();
    for (const auto& note : notes)
        text += note.text();
    return text;
}

Loaded load(const std::string& path, const LoadOptions& options) {
    return load(path, DiskFiles(), options);
}

Loaded load(const std::string& path, const Files& files, const LoadOptions& options) {
    return load_with(files, options, path, [&](ParseRun& run) { return parse_file(path, run); });
}

Loaded load_text(std::string_view text, const LoadOptions& options, std::string_view name) {
    const MemoryFiles none({});
    const std::string file(name);
    return load_with(none, options, file, [&](ParseRun& run) { return parse_text(file, text, run); });
}

} // namespace hearth::config
