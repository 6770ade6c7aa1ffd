// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/diagnostic.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::config {

constexpr std::size_t diagnostics_max = 200; ///< of each kind; the last one says that there are more

/// Collects what one run finds, and knows the text behind each origin.
class Report {
public:
    /// Makes the lines of a file known. The same name again replaces it.
    void add_source(const std::string& name, std::string_view text);

    void error(const Origin& origin, std::string message, std::string hint = {});
    void note(const Origin& origin, std::string message, std::string hint = {});
    /// One note for all that share `sentence`: its message names them, at the place of the first.
    void note_together(const Origin& origin, std::string_view name, std::string_view sentence);

    [[nodiscard]] bool has_errors() const { return !errors_.empty(); }
    /// In the order of the text (files in the order they were opened).
    [[nodiscard]] std::vector<Diagnostic> errors() const;
    [[nodiscard]] std::vector<Diagnostic> notes() const;

private:
    struct Source {
        std::size_t order = 0;
        std::vector<std::string> lines;
    };
    struct Together {
        Origin origin;
        std::vector<std::string> names;
    };
    [[nodiscard]] Diagnostic make(Severity severity, const Origin& origin, std::string message, std::string hint) const;
    void sort(std::vector<Diagnostic>& diagnostics) const;

    std::map<std::string, Source> sources_;
    std::vector<Diagnostic> errors_, notes_;
    std::map<std::string, Together, std::less<>> together_;
};

} // namespace hearth::config
