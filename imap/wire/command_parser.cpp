// SPDX-License-Identifier: Apache-2.0
#include "wire/command_parser.hpp"
#include "wire/characters.hpp"

#include "base/ensure.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace hearth::imap {
namespace {

constexpr std::size_t tail_max = 32;        // longer than "~{18446744073709551615+}" CR
constexpr std::size_t kept_max = 16 * 1024; // memory that outlives its command

/// A literal announced at the very end of `line`.
std::optional<Announcement> announcement(std::string_view line) {
    if (line.empty() || line.back() != '}') return std::nullopt;
    const auto open = line.rfind('{');
    if (open == std::string_view::npos) return std::nullopt;
    auto digits = line.substr(open + 1, line.size() - open - 2);
    Announcement found;
    found.binary = open > 0 && line[open - 1] == '~';
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
    // One large command shall not cost an idle connection its memory.
    if (position_ == filled_ && input_.size() > kept_max) {
        std::string().swap(input_); // assigning would keep it
        position_ = filled_ = 0;
    }
    if (command_.capacity() > kept_max) std::string().swap(command_);
    finished_ = streaming_ = false;
    state_ = State::line;
    command_.clear();
    line_start_ = 0;
    discarded_ = 0;
    tag_.clear();
    refusal_.reset();
}

CommandParser::Event CommandParser::next() {
    piece_ = {};
    if (finished_) begin();
    if (state_ == State::announced) refuse({.text = "Unexpected literal"});
    if (next_event_) {
        finished_ = *next_event_ == Event::refused;
        return *std::exchange(next_event_, std::nullopt);
    }
    while (position_ < filled_) {
        if (state_ == State::literal || state_ == State::streamed_literal || state_ == State::skipped_literal) {
            const auto event = take_literal();
            if (event != Event::more) return event;
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
            std::min(line_limit_ - (command_.size() - line_start_), command_max - std::min(command_max, command_.size()));
        const auto nul = piece.find('\0');
        const auto kept = piece.substr(0, std::min(room, nul));
        command_.append(kept);
        if (kept.size() == piece.size()) return;
        tail_ = command_.substr(std::max(line_start_, command_.size() - std::min(command_.size(), tail_max)));
        doom({.text = nul <= room ? "NUL in a command" : "[TOOBIG] Command line is too long"}, State::skipped_line);
        piece.remove_prefix(kept.size());
    }
    discarded_ += piece.size();
    tail_.append(piece.substr(piece.size() - std::min(piece.size(), tail_max)));
    if (tail_.size() > tail_max) tail_.erase(0, tail_.size() - tail_max);
}

CommandParser::Event CommandParser::take_literal() {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(literal_left_, filled_ - position_));
    const std::string_view piece(input_.data() + position_, size);
    if (state_ == State::literal && std::memchr(piece.data(), '\0', size) != nullptr)
        doom({.text = "NUL in a literal"}, State::skipped_literal);
    if (state_ == State::literal)
        command_.append(piece);
    else if (state_ == State::skipped_literal)
        discarded_ += size;
    position_ += size;
    literal_left_ -= size;
    const bool streamed = state_ == State::streamed_literal;
    if (literal_left_ == 0) {
        state_ = state_ == State::skipped_literal ? State::skipped_line : State::line;
        line_start_ = command_.size();
        tail_.clear();
    }
    if (!streamed) return Event::more;
    piece_ = piece;
    return Event::bytes;
}

CommandParser::Event CommandParser::end_of_line() {
    if (command_.size() > line_start_ && command_.back() == '\r') command_.pop_back();
    const auto line = std::string_view(command_).substr(line_start_);
    const auto literal = announcement(line);
    if (!literal || ends_in_quotes(line)) {
        finished_ = true;
        return Event::command;
    }
    announced_ = *literal;
    if (literal->overflow && !literal->waits) return Event::lost;
    const bool streams = streaming_ || (streams_ != nullptr && streams_(command_));
    const bool unasked = literal_minus_ && !literal->waits && literal->size > literal_minus_max;
    const bool too_large = !streams && (literal->size > literal_max || command_.size() + literal->size > command_max);
    if (literal->overflow || too_large || unasked) {
        const bool is_bad = unasked || !streams; // a message that is too large is NO (RFC 7889 section 4)
        doom({.bad = is_bad,
                 .text =
                     unasked ? "[TOOBIG] A literal of this size must be asked for" : "[TOOBIG] Literal is too large"},
            State::skipped_line);
        return skip_literal();
    }
    if (!streams) return keep_literal();
    if (!streaming_) tag_ = tag_of(command_);
    streaming_ = true;
    state_ = State::announced;
    return Event::announced;
}

CommandParser::Event CommandParser::end_of_skipped_line() {
    if (!tail_.empty() && tail_.back() == '\r') tail_.pop_back();
    const auto literal = announcement(tail_);
    tail_.clear();
    if (!literal) {
        finished_ = true;
        return Event::refused;
    }
    announced_ = *literal;
    if (literal->overflow && !literal->waits) return Event::lost;
    return skip_literal();
}

CommandParser::Event CommandParser::keep_literal() {
    command_ += "\r\n";
    literal_left_ = announced_.size;
    line_start_ = command_.size();
    if (literal_left_ > 0) state_ = State::literal;
    return announced_.waits ? Event::continuation : Event::more;
}

// A literal that waits for our "+" is not sent when its command is refused instead.
CommandParser::Event CommandParser::skip_literal() {
    if (announced_.waits) {
        finished_ = true;
        return Event::refused;
    }
    if (announced_.size > discard_max) return Event::lost;
    literal_left_ = announced_.size;
    state_ = literal_left_ > 0 ? State::skipped_literal : State::skipped_line;
    return Event::more;
}

void CommandParser::accept() {
    ensure(state_ == State::announced, "no literal is announced");
    command_.clear();
    line_start_ = 0;
    literal_left_ = announced_.size;
    state_ = literal_left_ > 0 ? State::streamed_literal : State::line;
}

void CommandParser::refuse(Refusal why) {
    ensure(is_streaming(), "no command takes its literals");
    const auto was = state_;
    if (was == State::skipped_line || was == State::skipped_literal) return; // it is refused already
    if (was == State::line) tail_ = command_.substr(command_.size() - std::min(command_.size(), tail_max));
    doom(std::move(why), was == State::streamed_literal ? State::skipped_literal : State::skipped_line);
    if (was != State::announced) return;
    const auto event = skip_literal();
    finished_ = false;
    if (event != Event::more) next_event_ = event;
}

void CommandParser::doom(Refusal why, State next) {
    if (why.tag.empty())
        why.tag = streaming_ ? tag_ : std::string(tag_of(std::string_view(command_).substr(0, command_.find(' '))));
    refusal_ = std::move(why);
    state_ = next;
}

} // namespace hearth::imap
