// SPDX-License-Identifier: Apache-2.0
// Cuts the client's bytes into commands. A command is one line, or several when it carries literals
// (RFC 9051 section 4.3, RFC 7888): "a1 SELECT {5}" CRLF "INBOX" CRLF. What a command means is not known here; the
// judge alone may look at what has come so far when a literal is announced, so that a literal that nobody wants
// is refused before it is sent ({n}) or thrown away as it comes ({n+}).
//
// Memory is spent on bytes that came, never on bytes that were announced, and is bounded whatever comes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace hearth::imap {

/// Why a command is not served, decided before it was read to its end.
struct Refusal {
    std::string tag;  ///< empty when the bytes have none: answered with "*"
    bool bad = true;  ///< BAD, otherwise NO
    std::string text; ///< with its response code in brackets, if any
};

class CommandParser {
public:
    static constexpr std::size_t line_max = 64 * 1024;     ///< bytes of one line of a command
    static constexpr std::size_t literal_max = 128 * 1024; ///< bytes of one literal
    static constexpr std::size_t command_max = 256 * 1024; ///< bytes of a command with all its lines and literals
    /// What a client may make us throw away before we rather hang up.
    static constexpr std::uint64_t discard_max = std::uint64_t{4} << 30;

    /// Asked when a literal of `size` bytes is announced; `so_far` is the command's text up to there.
    using Judge = std::optional<Refusal> (*)(std::string_view so_far, std::uint64_t size);

    /// `judge` may be null: every literal within the limits is welcome.
    explicit CommandParser(Judge judge = nullptr) : judge_(judge) {}

    enum class Event {
        more,         ///< nothing complete: read on
        command,      ///< command() is whole
        continuation, ///< a literal is awaited: send "+ OK" before reading on
        refused,      ///< refusal() says what to answer; the next command may follow
        lost,         ///< where the next command begins can't be known any more: hang up
    };

    /// At least `size` bytes to read into; say commit() afterwards. Not valid beyond the next call.
    std::span<char> room(std::size_t size);
    void commit(std::size_t size);
    void feed(std::string_view bytes);

    Event next();
    /// The command after Event::command: lines joined by CRLF, literals in place, without the last line end.
    [[nodiscard]] std::string_view command() const { return command_; }
    [[nodiscard]] const Refusal& refusal() const { return *refusal_; }
    /// Bytes that came and were not yet looked at: pipelined commands.
    [[nodiscard]] std::size_t pending() const { return filled_ - position_; }

private:
    enum class State { line, literal, skipped_line, skipped_literal };

    Event end_of_line();
    Event end_of_skipped_line();
    Event announced(std::uint64_t size, bool waits);
    void doom(Refusal why, State next);
    void take_line(std::string_view piece);
    void take_literal();
    void begin();

    Judge judge_;
    State state_ = State::line;
    bool finished_ = false; // the last event ended a command
    std::string input_;     // [position_, filled_) is unread
    std::size_t position_ = 0, filled_ = 0;
    std::string command_;
    std::size_t line_start_ = 0; // in command_
    std::uint64_t literal_left_ = 0;
    std::uint64_t discarded_ = 0;
    std::string tail_; // the end of a skipped line, where a literal may be announced
    std::optional<Refusal> refusal_;
};

/// The first word of a command that may stand before "+"-less tags (RFC 9051 section 9, `tag`); empty when there is
/// none.
std::string_view tag_of(std::string_view command);

} // namespace hearth::imap
