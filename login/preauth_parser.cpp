// SPDX-License-Identifier: Apache-2.0
#include "preauth_parser.hpp"
#include "base/text.hpp"
#include "preauth_grammar.hpp"

#include <algorithm>
#include <cstring>

namespace hearth::login {
namespace {

// "{5}" or "{5+}" at the end of a line, behind a blank or a parenthesis.
struct Announcement {
    std::string_view digits;
    bool waits = false; // the client sends it only after we say so
    std::size_t at = 0;
};
std::optional<Announcement> literal_at_end(std::string_view line) {
    if (line.empty() || line.back() != '}') return std::nullopt;
    const auto open = line.rfind('{');
    if (open == std::string_view::npos || open == 0 || (line[open - 1] != ' ' && line[open - 1] != '('))
        return std::nullopt;
    auto digits = line.substr(open + 1, line.size() - open - 2);
    const bool waits = digits.empty() || digits.back() != '+';
    if (!waits) digits.remove_suffix(1);
    if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
    return Announcement{digits, waits, open};
}

} // namespace

PreauthParser::~PreauthParser() {
    wipe(input_);
    wipe(line_);
    command_.wipe_arguments();
    forget_pieces();
}

void PreauthParser::feed(std::string_view bytes) {
    // A growing string leaves copies of itself behind: grown by hand, so that they are wiped.
    if (input_.size() + bytes.size() > input_.capacity()) {
        std::string larger;
        larger.reserve(2 * (input_.size() + bytes.size()));
        larger = input_;
        wipe(input_);
        input_ = std::move(larger);
    }
    input_ += bytes;
}

std::string PreauthParser::take_rest() {
    searched_ = 0;
    std::string rest = input_;
    wipe(input_);
    return rest;
}

// The first `size` bytes, which are overwritten where they were.
std::string PreauthParser::cut(std::size_t size) {
    std::string part = input_.substr(0, size);
    wipe_front(size);
    return part;
}

void PreauthParser::wipe_front(std::size_t size) {
    std::copy(input_.begin() + static_cast<std::ptrdiff_t>(size), input_.end(), input_.begin());
    ::explicit_bzero(input_.data() + (input_.size() - size), size);
    input_.resize(input_.size() - size);
    searched_ = 0;
}

// CRLF, or LF alone as Dovecot takes it too.
std::optional<std::string> PreauthParser::cut_line() {
    const auto end = input_.find('\n', searched_);
    if (end == std::string::npos) {
        searched_ = input_.size();
        return std::nullopt;
    }
    auto line = cut(end + 1);
    line.pop_back();
    if (!line.empty() && line.back() == '\r') line.pop_back();
    return line;
}

// ID is what a client may be long-winded in.
std::size_t PreauthParser::line_limit() const {
    const std::string_view first = pieces_.empty() ? input_ : pieces_.front().line;
    const auto name = tag_of(first.substr(0, first.find(' '))).size() + 1;
    return equal_ignoring_case(first.substr(std::min(name, first.size()), 3), "ID ") ? id_line_max : line_max;
}

// The rest of a line that is too long. Its command is refused when it has ended; what a literal behind it would be
// must not be taken for commands.
PreauthParser::Event PreauthParser::skip() {
    constexpr std::size_t tail_max = 32; // longer than " {18446744073709551615+}" and CR
    const auto end = input_.find('\n');
    const auto size = end == std::string::npos ? input_.size() : end;
    skipped_ += size;
    if (skipped_ > skipped_max) return lose("Command line too long.");
    if (end == std::string::npos) {
        wipe_front(size - std::min(size, tail_max));
        skipped_ -= input_.size(); // the tail is looked at again
        return Event::more;
    }
    auto line = *cut_line();
    const auto announcement = literal_at_end(line);
    const bool comes = announcement && !announcement->waits;
    wipe(line);
    skips_ = false;
    if (comes) return lose("Command line too long.");
    return refuse(std::move(tag_), "Command line too long.");
}

PreauthParser::Event PreauthParser::next() {
    for (;;) {
        if (skips_) return skip();
        if (awaited_) {
            if (input_.size() < *awaited_) return Event::more;
            pieces_.back().literal = cut(*awaited_);
            awaited_.reset();
        }
        auto line = cut_line();
        if (!line && line_bytes_ + input_.size() > line_limit()) {
            tag_ = tag_of(pieces_.empty() ? input_ : pieces_.front().line);
            forget_pieces();
            skips_ = true;
            skipped_ = 0;
            continue;
        }
        if (!line) return Event::more;
        line_bytes_ += line->size();
        pieces_.push_back(Piece{std::move(*line), std::nullopt});
        const auto announcement = literal_at_end(pieces_.back().line);
        if (line_bytes_ > line_limit()) {
            auto tag = tag_of(pieces_.front().line);
            const bool comes = announcement && !announcement->waits;
            forget_pieces();
            return comes ? lose("Command line too long.") : refuse(std::move(tag), "Command line too long.");
        }
        if (!announcement) return finish();
        const auto event = announced(announcement->digits, announcement->waits);
        if (event != Event::more) return event;
    }
}

PreauthParser::Event PreauthParser::next_line() {
    auto line = cut_line();
    if (!line) return input_.size() > line_max ? lose("Line too long.") : Event::more;
    if (line->size() > line_max) return lose("Line too long.");
    line_ = std::move(*line);
    return Event::line;
}

// A literal of that size comes, or would if we said so.
PreauthParser::Event PreauthParser::announced(std::string_view digits, bool waits) {
    const auto size = parse_u64(digits);
    if (!size || *size > literals_max - literal_bytes_) {
        if (!waits) return lose("Literal too long.");
        auto tag = tag_of(pieces_.front().line);
        forget_pieces();
        return refuse(std::move(tag), "Literal too long.");
    }
    literal_bytes_ += *size;
    awaited_ = *size;
    // Its bytes count as they come, and a line of some bytes had to announce it: nothing is reserved here.
    pieces_.back().line.resize(pieces_.back().line.rfind('{'));
    return waits ? Event::continuation : Event::more;
}

PreauthParser::Event PreauthParser::finish() {
    Grammar grammar;
    for (const auto& piece : pieces_) {
        grammar.line(piece.line);
        if (piece.literal) grammar.literal(*piece.literal);
    }
    auto tag = tag_of(pieces_.front().line);
    forget_pieces();
    command_.wipe_arguments();
    auto parsed = grammar.finish();
    if (!parsed) return refuse(std::move(tag), grammar.complaint());
    command_ = std::move(*parsed);
    // Memory of a long ID doesn't stay with its connection; assigning would keep it.
    if (input_.empty() && input_.capacity() > 4 * line_max) std::string().swap(input_);
    return Event::command;
}

PreauthParser::Event PreauthParser::refuse(std::string tag, std::string why) {
    tag_ = tag.empty() ? "*" : std::move(tag);
    complaint_ = std::move(why);
    return Event::bad;
}

PreauthParser::Event PreauthParser::lose(std::string why) {
    wipe(input_);
    searched_ = 0;
    forget_pieces();
    complaint_ = std::move(why);
    return Event::lost;
}

void PreauthParser::forget_pieces() {
    for (auto& piece : pieces_) {
        wipe(piece.line);
        if (piece.literal) wipe(*piece.literal);
    }
    pieces_.clear();
    line_bytes_ = literal_bytes_ = 0;
    awaited_.reset();
}

void PreauthCommand::wipe_arguments() {
    for (auto& argument : arguments) {
        wipe(argument.text);
        for (auto& item : argument.items)
            wipe(item.text);
    }
    arguments.clear();
}

} // namespace hearth::login
