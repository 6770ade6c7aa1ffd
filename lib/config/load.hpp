// SPDX-License-Identifier: Apache-2.0
// Reads a configuration: text -> sections (parser.hpp) -> effective values (interpret.hpp) -> Settings (settings.hpp)
// -> contradictions (contradictions.hpp). All errors are found in one run.
#pragma once

#include "config/diagnostic.hpp"
#include "config/files.hpp"
#include "config/settings.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::config {

struct LoadOptions {
    /// Settings that win over the file, as given with -o: "base_dir=/tmp/x", "service/imap/client_limit=4".
    std::vector<std::string> overrides;
    /// The master is root. A private instance runs as one user: what `user =` says is not compared there.
    bool managed = true;
};

struct Loaded {
    std::optional<Settings> settings; ///< set exactly when there are no errors
    std::vector<Diagnostic> errors;   ///< in the order of the text
    std::vector<Diagnostic> notes;
    /// All diagnostics as printed, errors first.
    [[nodiscard]] std::string text() const;
};

/// Loads the file at `path`, relative to the working directory.
Loaded load(const std::string& path, const LoadOptions& options = {});
/// The same through `files`, for tests and fuzzing without a disk.
Loaded load(const std::string& path, const Files& files, const LoadOptions& options = {});
/// Loads `text` as if it stood in a file called `name`; it can't include anything.
Loaded load_text(std::string_view text, const LoadOptions& options = {}, std::string_view name = "hearth.conf");

} // namespace hearth::config
