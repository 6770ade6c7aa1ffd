// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/origin.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace hearth::config {

/// Walks over the bytes of a file and knows line and column of each. Joins lines: a backslash at the end of a line is
/// skipped together with the blanks around it and reads as one blank, so the parser never sees it. The text must
/// outlive the cursor.
class Cursor {
public:
    Cursor(const std::string& file, std::string_view text) : file_(file), text_(text) { join(); }

    [[nodiscard]] bool at_end() const { return joint_ == 0 && pos_ >= text_.size(); }
    /// The current byte; a newline at the end of the text.
    [[nodiscard]] char peek() const { return joint_ > 0 ? ' ' : pos_ < text_.size() ? text_[pos_] : '\n'; }
    [[nodiscard]] bool is_blank() const { return peek() == ' ' || peek() == '\t'; }
    /// At the line's end, or at a comment: `#` as the line's first byte or behind a blank.
    [[nodiscard]] bool line_is_over() const { return at_end() || peek() == '\n' || (peek() == '#' && after_blank_); }
    /// The current byte, and on to the next.
    char next();
    void skip_blanks();
    /// To the first byte of the next statement: over blanks, line ends, comments and `;`.
    void skip_to_statement();
    /// To the end of the text.
    void skip_rest();

    [[nodiscard]] Origin origin() const { return {.file = file_, .line = line_, .column = column_}; }
    /// Counts line ends that were not joined.
    [[nodiscard]] std::size_t logical_line() const { return logical_line_; }

private:
    /// At blanks, a backslash, blanks and a line end: notes how many bytes the joint is long.
    void join();
    void step();

    const std::string& file_;
    std::string_view text_;
    std::size_t pos_ = 0, logical_line_ = 1;
    std::size_t joint_ = 0; ///< bytes from pos_ that read as one blank
    std::uint32_t line_ = 1, column_ = 1;
    bool after_blank_ = true;
};

} // namespace hearth::config
