// SPDX-License-Identifier: Apache-2.0
// Cuts the client's bytes into commands. A command is one line, or several when it carries literals
// (RFC 9051 section 4.3, RFC 7888): "a1 SELECT {5}" CRLF "INBOX" CRLF. What a command means is not known here.
//
// Literals are kept with their command, in memory, up to a limit. The message of APPEND isn't: the command looks at
// what has come so far when it is announced, and either refuses it, so that it isn't sent ({n}) or is thrown away as it
// comes
// ({n+}), or has it handed over in pieces.
//
// Memory is spent on bytes that came, never on bytes that were announced, and is bounded whatever comes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace hearth::imap {

/// Why a command is not served, decided before it was read to its end.
struct Refusal {
    std::string tag = {};  ///< empty when the bytes have none: answered with "*"
    bool bad = true;       ///< BAD, otherwise NO
    std::string text = {}; ///< with its response code in brackets, if any
};

/// A literal at the end of a line.
struct Announcement {
    std::uint64_t size = 0;
    bool waits = true;     ///< {n}: the client waits for "+"; {n+}: it doesn't
    bool binary = false;   ///< ~{n}: literal8 of RFC 3516
    bool overflow = false; ///< the number is beyond any memory
};

class CommandParser {
public:
    static constexpr std::size_t line_max = 64 * 1024;     ///< bytes of one line of a command, by default
    static constexpr std::size_t literal_max = 128 * 1024; ///< bytes of one literal that is kept
    static constexpr std::size_t command_max = 256 * 1024; ///< bytes of a command with all its lines and literals
    /// What a client may make us throw away before we rather hang up.
    static constexpr std::uint64_t discard_max = std::uint64_t{4} << 30;
    /// LITERAL- of RFC 7888: larger literals must be asked for.
    static constexpr std::uint64_t literal_minus_max = 4096;

    /// Whether the command takes its literals as they come; `so_far` is its text up to the announcement.
    using Streams = bool (*)(std::string_view so_far);

    /// `streams` may be null: every literal is kept. `literal_minus`: RFC 7888 section 5.
    /// `line_limit`: at most `command_max`.
    explicit CommandParser(Streams streams = nullptr, bool literal_minus = false, std::size_t line_limit = line_max)
        : streams_(streams), literal_minus_(literal_minus), line_limit_(std::min(line_limit, command_max)) {}

    enum class Event {
        more,         ///< nothing complete: read on
        command,      ///< command() is whole, or what follows its last streamed literal
        continuation, ///< a literal is awaited: send "+ OK" before reading on
        announced,    ///< command() ends with announced(): accept() it or refuse()
        bytes,        ///< piece() is the next of an accepted literal
        refused,      ///< refusal() says what to answer; the next command may follow
        lost,         ///< where the next command begins can't be known any more: hang up
    };

    /// At least `size` bytes to read into; say commit() afterwards. Not valid beyond the next call.
    std::span<char> room(std::size_t size);
    void commit(std::size_t size);
    void feed(std::string_view bytes);

    /// An announced literal that wasn't accepted is refused.
    Event next();
    /// After Event::command and Event::announced: lines joined by CRLF, literals in place, without the last line end.
    /// From the first accepted literal on, only what follows the last one.
    [[nodiscard]] std::string_view command() const { return command_; }
    [[nodiscard]] const Refusal& refusal() const { return *refusal_; }
    /// Bytes that came and were not yet looked at: pipelined commands.
    [[nodiscard]] std::size_t pending() const { return filled_ - position_; }

    [[nodiscard]] const Announcement& announced() const { return announced_; }
    /// Takes the announced literal: Event::bytes until it is complete, unless it is empty, then the command's next
    /// line. The caller sends "+ OK" if the client waits for that.
    void accept();
    /// After Event::bytes, until the next call.
    [[nodiscard]] std::string_view piece() const { return piece_; }
    /// Whether the literal that was accepted last has been handed over to its end.
    [[nodiscard]] bool literal_complete() const { return state_ != State::streamed_literal; }
    /// Whether a command with streamed literals has begun and its last line hasn't come.
    [[nodiscard]] bool is_streaming() const { return streaming_ && !finished_; }
    /// Ends such a command: what is still to come of it is thrown away, then there is Event::refused.
    void refuse(Refusal why);

private:
    enum class State { line, literal, announced, streamed_literal, skipped_line, skipped_literal };

    Event end_of_line();
    Event end_of_skipped_line();
    Event keep_literal();
    Event skip_literal();
    void doom(Refusal why, State next);
    void take_line(std::string_view piece);
    Event take_literal();
    void begin();

    Streams streams_;
    bool literal_minus_;
    std::size_t line_limit_;
    State state_ = State::line;
    bool finished_ = false;           // the last event ended a command
    bool streaming_ = false;          // its literals are handed over
    std::optional<Event> next_event_; // known already
    std::string input_;               // [position_, filled_) is unread
    std::size_t position_ = 0, filled_ = 0;
    std::string command_;
    std::size_t line_start_ = 0; // in command_
    Announcement announced_;
    std::string_view piece_;
    std::uint64_t literal_left_ = 0;
    std::uint64_t discarded_ = 0;
    std::string tail_; // the end of a skipped line, where a literal may be announced
    std::string tag_;  // of a command that streams
    std::optional<Refusal> refusal_;
};

/// The first word of a command that may stand before "+"-less tags (RFC 9051 section 9, `tag`); empty when there is
/// none.
std::string_view tag_of(std::string_view command);

} // namespace hearth::imap
