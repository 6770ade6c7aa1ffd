// SPDX-License-Identifier: Apache-2.0
// Cuts what an unknown client sends into commands. PURE, incremental, and small on purpose: before login IMAP needs
// tags, atoms, strings and lists of one level, a few kilobytes at most. Bytes behind a command stay untouched until the
// next one is asked for: they belong to the worker if the command logs the client in.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::login {

struct Argument {
    enum class Kind : unsigned char { atom, string, list };
    Kind kind = Kind::atom;
    std::string text;            ///< of an atom or string
    std::vector<Argument> items; ///< of a list; none of them is a list

    [[nodiscard]] bool is_text() const { return kind != Kind::list; }
};

struct PreauthCommand {
    std::string tag;
    std::string name; ///< upper case
    std::vector<Argument> arguments;

    /// Overwrites the arguments: one is a password.
    void wipe_arguments();
};

class PreauthParser {
public:
    static constexpr std::size_t line_max = 8192; ///< all lines of one command together
    /// Those of ID: 30 pairs of 30 and 1,024 bytes (RFC 2971 section 3.3), and what stands between.
    static constexpr std::size_t id_line_max = 40 * 1024;
    static constexpr std::size_t skipped_max = 1024 * 1024; ///< of a line that is too long, before we hang up
    static constexpr std::size_t literals_max = 8192;       ///< all literals of one command together
    static constexpr std::size_t tag_max = 128;
    static constexpr std::size_t name_max = 32;
    static constexpr std::size_t arguments_max = 128; ///< of one command, those in lists included

    enum class Event {
        more,         ///< nothing complete: feed()
        command,      ///< take_command()
        line,         ///< take_line(), where next_line() was asked for
        continuation, ///< a literal is awaited: say "+ OK" and go on
        bad,          ///< not a command: answer tag() BAD complaint(); the next may follow
        lost,         ///< where the next command begins can't be known: say BYE complaint()
    };

    PreauthParser() = default;
    ~PreauthParser();
    PreauthParser(const PreauthParser&) = delete;
    PreauthParser& operator=(const PreauthParser&) = delete;

    void feed(std::string_view bytes);
    /// The next thing in what was fed.
    Event next();
    /// A line as it is, without its end: what a client answers to a SASL challenge.
    Event next_line();

    PreauthCommand take_command() { return std::move(command_); }
    std::string take_line() { return std::move(line_); }
    [[nodiscard]] const std::string& tag() const { return tag_; }
    [[nodiscard]] const std::string& complaint() const { return complaint_; }

    /// Everything that came behind what was taken. Only between commands.
    std::string take_rest();
    /// Bytes held, for tests of the bounds.
    [[nodiscard]] std::size_t held() const { return input_.size(); }

private:
    /// A line of a command and the literal behind it.
    struct Piece {
        std::string line;
        std::optional<std::string> literal;
    };

    std::optional<std::string> cut_line();
    std::string cut(std::size_t size);
    void wipe_front(std::size_t size);
    Event announced(std::string_view digits, bool waits);
    Event skip();
    [[nodiscard]] std::size_t line_limit() const;
    Event finish();
    Event refuse(std::string tag, std::string why);
    Event lose(std::string why);
    void forget_pieces();

    std::string input_;
    std::size_t searched_ = 0;  // no line end before
    std::vector<Piece> pieces_; // of the command that is coming
    std::size_t line_bytes_ = 0, literal_bytes_ = 0;
    std::optional<std::size_t> awaited_; // size of the literal that is coming
    std::size_t skipped_ = 0;            // bytes of a line that is too long
    bool skips_ = false;
    PreauthCommand command_;
    std::string line_, tag_, complaint_;
};

} // namespace hearth::login
