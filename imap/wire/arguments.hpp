// SPDX-License-Identifier: Apache-2.0
// Reads the arguments of one complete command from left to right. The first failure sticks: later reads fail as well
// and error() keeps the first sentence, so a command reads all it needs and looks once.
#pragma once

#include "mail/uid_set.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::imap {

/// The messages that a command is about: numbers, or "$" (RFC 5182), the result of the last SEARCH RETURN (SAVE).
/// Context::rows_of() finds them.
struct MessageSet {
    bool is_saved_result = false;
    mail::NumberSet numbers; ///< empty for "$"
};

class Arguments {
public:
    /// `text` outlives the reader: it points into it. `utf8_names`: mailbox names come as UTF-8 (RFC 6855, RFC 9051),
    /// otherwise in modified UTF-7.
    explicit Arguments(std::string_view text, bool utf8_names = false) : text_(text), utf8_names_(utf8_names) {}

    [[nodiscard]] bool at_end() const { return failed() || position_ == text_.size(); }
    [[nodiscard]] bool failed() const { return !error_.empty(); }
    [[nodiscard]] const std::string& error() const { return error_; }
    /// Whether what failed is a mailbox name in a wrong encoding: no mailbox can have it, which is NO, not BAD.
    [[nodiscard]] bool has_wrong_name() const { return has_wrong_name_; }
    /// The next byte; NUL (which a command never has) at the end and after a failure.
    [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[position_]; }
    [[nodiscard]] std::string_view rest() const { return failed() ? std::string_view() : text_.substr(position_); }

    /// Takes `c` if it is next.
    bool take(char c);
    /// Takes `word` (any case) if it is next and ends there.
    bool take_word(std::string_view word);
    /// One blank or several: clients do send two.
    bool space();
    bool expect(char c);
    /// Nothing but blanks may follow.
    bool end();
    /// Remembers the first sentence; returns false for `return fail(...)`.
    bool fail(std::string_view why);

    /// RFC 9051 section 9. All return nothing after a failure.
    std::optional<std::string_view> atom();
    std::optional<std::string> string();
    std::optional<std::string> astring();
    std::optional<std::string> list_mailbox();
    /// string or NIL, as in ID.
    std::optional<std::optional<std::string>> nstring();
    std::optional<std::uint32_t> number();
    std::optional<std::uint64_t> number64();
    std::optional<mail::NumberSet> number_set();
    std::optional<MessageSet> message_set();
    /// A mailbox name: an astring in modified UTF-7 or UTF-8, as UTF-8; INBOX in any case is "INBOX".
    std::optional<std::string> mailbox();
    /// Names lose this byte at their end (imap_client_workarounds = tb-extra-mailbox-sep).
    void drop_at_end_of_names(char separator) { dropped_ = separator; }
    /// Whether names travel as UTF-8.
    [[nodiscard]] bool utf8_names() const { return utf8_names_; }
    /// `encoded` as it came, as UTF-8; nothing (and failed) when it is no name.
    std::optional<std::string> decode_name(std::string encoded);

private:
    template <class Predicate> std::string_view run(Predicate belongs);
    std::optional<std::string> quoted();
    std::optional<std::string> literal();

    std::string_view text_;
    bool utf8_names_;
    char dropped_ = '\0';
    std::size_t position_ = 0;
    std::string error_;
    bool has_wrong_name_ = false;
};

/// INBOX in any case is "INBOX"; other names stay.
std::string canonical_mailbox(std::string name);

} // namespace hearth::imap
