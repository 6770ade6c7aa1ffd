// SPDX-License-Identifier: Apache-2.0
#include "config/cursor.hpp"

#include <algorithm>

namespace hearth::config {

void Cursor::step() {
    if (text_[pos_++] == '\n') {
        ++line_;
        column_ = 1;
    } else {
        ++column_;
    }
}

void Cursor::join() {
    joint_ = 0;
    // Inside of a run of blanks: its first byte would have told. (Else a long run costs its square.)
    if (pos_ > 0 && (text_[pos_ - 1] == ' ' || text_[pos_ - 1] == '\t')) return;
    const auto skip = [&](std::size_t from) { return std::min(text_.find_first_not_of(" \t", from), text_.size()); };
    auto at = skip(pos_);
    if (at == text_.size() || text_[at] != '\\') return;
    while (at < text_.size() && text_[at] == '\\') {
        const auto line_end = at + 1; // blanks behind the backslash would be invisible: it is literal then
        if (line_end >= text_.size() || text_[line_end] != '\n') return;
        at = skip(line_end + 1);
        joint_ = at - pos_;
    }
}

char Cursor::next() {
    const char byte = peek();
    if (at_end()) return byte;
    if (joint_ > 0) {
        for (auto rest = joint_; rest > 0; --rest)
            step();
    } else {
        if (byte == '\n') ++logical_line_;
        step();
    }
    after_blank_ = byte == ' ' || byte == '\t' || byte == '\n';
    join();
    return byte;
}

void Cursor::skip_blanks() {
    while (!at_end() && is_blank())
        next();
}

void Cursor::skip_to_statement() {
    while (!at_end()) {
        if (peek() == '#') {
            // A comment isn't joined with the next line: its own bytes are skipped raw.
            while (pos_ < text_.size() && text_[pos_] != '\n')
                step();
            joint_ = 0;
        } else if (is_blank() || peek() == '\n' || peek() == ';') {
            next();
        } else {
            return;
        }
    }
}

void Cursor::skip_rest() {
    while (pos_ < text_.size())
        step();
    joint_ = 0;
}

} // namespace hearth::config
