// SPDX-License-Identifier: Apache-2.0
#include "wire/command_parser.hpp"
#include "wire/characters.hpp"

#include "base/ensure.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <cstring>

namespace hearth::imap {
namespace {

constexpr std::size_t tail_max = 32; // longer than "{18446744073709551615+}" CR

struct Announcement {
    std::uint64_t size = 0;
    bool waits = true;     // {n}: the client waits for "+"; {n+}: it doesn't
    bool overflow = false; // the number is beyond any memory
};

/// A literal announced at the very end of `line`.
std::optional<Announcement> announcement(std::string_view line) {
    if (line.empty() || line.back() != '}') return std::nullopt;
    const auto open = line.rfind('{');
    if (open == std::string_view::npos) return std::nullopt;
    auto digits = line.substr(open + 1, line.size() - open - 2);
    Announcement found;
    if (!digits.empty() && digits.back() == '+') {
        found.waits = false;
        digits.remove_suffix(1);
    }
    if (digits.empty() || !std::all_of(digits.begin(), digits.end(), is_digit)) return std::nullopt;
    if (const auto size = parse_u64(digits))
        found.size = *size;
    else
        found.overflow = true;
    return found;
}

/// Whether a quoted string is still open at the end of `line`: a "{5}" in it is text.
bool ends_in_quotes(std::string_view line) {
    bool inside = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (inside && line[i] == '\\')
            ++i;
        else if (line[i] == '"')
            inside = !inside;
    }
    return inside;
}

} // namespace

std::string_view tag_of(std::string_view command) {
    const auto end = std::find_if_not(command.begin(), command.end(), is_tag_char);
    const auto tag = command.substr(0, static_cast<std::size_t>(end - command.begin()));
    const bool whole = tag.size() == command.size() || command[tag.size()] == ' ';
    return whole ? tag : std::string_view();
}

std::span<char> CommandParser::room(std::size_t size) {
    if (position_ == filled_) position_ = filled_ = 0;
    if (position_ > 0 && filled_ + size > input_.size()) {
        std::memmove(input_.data(), input_.data() + position_, filled_ - position_);
        filled_ -= position_;
        position_ = 0;
    }
    if (input_.size() < filled_ + size) input_.resize(filled_ + size);
    return {input_.data() + filled_, input_.size() - filled_};
}

void CommandParser::commit(std::size_t size) {
    ensure(size <= input_.size() - filled_, "more committed than there was room");
    filled_ += size;
}

void CommandParser::feed(std::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(room(bytes.size()).data(), bytes.data(), bytes.size());
    commit(bytes.size());
}

void CommandParser::begin() {
    finished_ = false;
    state_ = State::line;
    command_.clear();
    line_start_ = 0;
    discarded_ = 0;
    refusal_.reset();
}

CommandParser::Event CommandParser::next() {
    if (finished_) begin();
    while (position_ < filled_) {
        if (state_ == State::literal || state_ == State::skipped_literal) {
            take_literal();
            continue;
        }
        const char* from = input_.data() + position_;
        const auto available = filled_ - position_;
        const auto* line_end = static_cast<const char*>(std::memchr(from, '\n', available));
        const auto length = line_end != nullptr ? static_cast<std::size_t>(line_end - from) : available;
        take_line({from, length});
        position_ += length;
        if (line_end == nullptr) break;
        ++position_;
        const auto event = state_ == State::line ? end_of_line() : end_of_skipped_line();
        if (event != Event::more) return event;
    }
    return discarded_ > discard_max ? Event::lost : Event::more;
}

// Stores a piece of a line, or of a line that is only skipped its last bytes.
void CommandParser::take_line(std::string_view piece) {
    if (state_ == State::line) {
        const auto room =
            std::min(line_max - (command_.size() - line_start_), command_max - std::min(command_max, command_.size()));
        const auto nul = piece.find('\0');
        const auto kept = piece.substr(0, std::min(room, nul));
        command_.append(kept);
        if (kept.size() == piece.size()) return;
        tail_ = command_.substr(std::max(line_start_, command_.size() - std::min(command_.size(), tail_max)));
        doom({.tag = {}, .bad = true, .text = nul <= room ? "NUL in a command" : "[TOOBIG] Command line is too long"},
            State::skipped_line);
        piece.remove_prefix(kept.size());
    }
    discarded_ += piece.size();
    tail_.append(piece.substr(piece.size() - std::min(piece.size(), tail_max)));
    if (tail_.size() > tail_max) tail_.erase(0, tail_.size() - tail_max);
}

void CommandParser::take_literal() {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(literal_left_, filled_ - position_));
    const std::string_view piece(input_.data() + position_, size);
    if (state_ == State::literal && std::memchr(piece.data(), '\0', size) != nullptr)
        doom({.tag = {}, .bad = true, .text = "NUL in a literal"}, State::skipped_literal);
    if (state_ == State::literal)
        command_.append(piece);
    else
        discarded_ += size;
    position_ += size;
    literal_left_ -= size;
    if (literal_left_ > 0) return;
    state_ = state_ == State::literal ? State::line : State::skipped_line;
    line_start_ = command_.size();
    tail_.clear();
}

CommandParser::Event CommandParser::end_of_line() {
    if (command_.size() > line_start_ && command_.back() == '\r') command_.pop_back();
    const auto line = std::string_view(command_).substr(line_start_);
    const auto literal = announcement(line);
    if (!literal || ends_in_quotes(line)) {
        finished_ = true;
        return Event::command;
    }
    if (literal->overflow && !literal->waits) return Event::lost;
    std::optional<Refusal> refusal;
    if (judge_ != nullptr) refusal = judge_(command_, literal->size);
    if (!refusal && (literal->overflow || literal->size > literal_max || command_.size() + literal->size > command_max))
        refusal = Refusal{.tag = {}, .bad = true, .text = "[TOOBIG] Literal is too large"};
    if (refusal) {
        doom(std::move(*refusal), State::skipped_line);
    } else {
        command_ += "\r\n";
    }
    return announced(literal->size, literal->waits);
}

CommandParser::Event CommandParser::end_of_skipped_line() {
    if (!tail_.empty() && tail_.back() == '\r') tail_.pop_back();
    const auto literal = announcement(tail_);
    tail_.clear();
    if (!literal) {
        finished_ = true;
        return Event::refused;
    }
    if (literal->overflow && !literal->waits) return Event::lost;
    return announced(literal->size, literal->waits);
}

// Goes on to the literal; one that waits for our "+" is not sent when its command is refused instead.
CommandParser::Event CommandParser::announced(std::uint64_t size, bool waits) {
    if (refusal_ && waits) {
        finished_ = true;
        return Event::refused;
    }
    if (refusal_ && size > discard_max) return Event::lost;
    literal_left_ = size;
    line_start_ = command_.size();
    if (size > 0) state_ = refusal_ ? State::skipped_literal : State::literal;
    return waits ? Event::continuation : Event::more;
}

void CommandParser::doom(Refusal why, State next) {
    if (why.tag.empty()) why.tag = std::string(tag_of(std::string_view(command_).substr(0, command_.find(' '))));
    refusal_ = std::move(why);
    state_ = next;
}

} // namespace hearth::imap
