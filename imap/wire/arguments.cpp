// SPDX-License-Identifier: Apache-2.0
#include "wire/arguments.hpp"
#include "wire/characters.hpp"

#include "base/text.hpp"
#include "mail/header_fields.hpp"
#include "mail/mailbox_name.hpp"

#include <limits>

namespace hearth::imap {

bool Arguments::fail(std::string_view why) {
    if (!failed()) error_ = why;
    return false;
}

bool Arguments::take(char c) {
    if (peek() != c || at_end()) return false;
    ++position_;
    return true;
}

bool Arguments::take_word(std::string_view word) {
    const auto left = rest();
    if (!equal_ignoring_case(left.substr(0, word.size()), word)) return false;
    if (left.size() > word.size() && is_atom_char(left[word.size()])) return false;
    position_ += word.size();
    return true;
}

bool Arguments::space() {
    if (failed()) return false;
    if (!take(' ')) return fail(at_end() ? "Missing arguments" : "A blank is missing between arguments");
    while (take(' ')) {
    }
    return true;
}

bool Arguments::expect(char c) {
    if (failed()) return false;
    if (take(c)) return true;
    return fail(std::string("Missing '") + c + "'");
}

bool Arguments::end() {
    if (failed()) return false;
    while (take(' ')) {
    }
    return at_end() || fail("Too many arguments");
}

template <class Predicate> std::string_view Arguments::run(Predicate belongs) {
    if (failed()) return {};
    const auto start = position_;
    while (position_ < text_.size() && belongs(text_[position_]))
        ++position_;
    return text_.substr(start, position_ - start);
}

std::optional<std::string_view> Arguments::atom() {
    const auto found = run(is_atom_char);
    if (!found.empty()) return found;
    fail("An atom is missing");
    return std::nullopt;
}

std::optional<std::string> Arguments::quoted() {
    ++position_; // the opening quote
    std::string value;
    while (position_ < text_.size()) {
        char c = text_[position_++];
        if (c == '"') return value;
        if (c == '\r' || c == '\n') break;
        if (c == '\\') {
            if (position_ == text_.size()) break;
            c = text_[position_++];
            if (c != '"' && c != '\\') break;
        }
        value += c;
    }
    fail("Broken quoted string");
    return std::nullopt;
}

std::optional<std::string> Arguments::literal() {
    ++position_; // the opening brace
    const auto size = parse_u64(run(is_digit));
    take('+');
    if (size && take('}') && take('\r') && take('\n') && text_.size() - position_ >= *size) {
        const auto value = text_.substr(position_, *size);
        position_ += *size;
        return std::string(value);
    }
    fail("Broken literal");
    return std::nullopt;
}

std::optional<std::string> Arguments::string() {
    if (peek() == '"') return quoted();
    if (peek() == '{') return literal();
    fail("A string is missing");
    return std::nullopt;
}

std::optional<std::string> Arguments::astring() {
    if (peek() == '"' || peek() == '{') return string();
    if (const auto found = run(is_astring_char); !found.empty()) return std::string(found);
    fail("An argument is missing");
    return std::nullopt;
}

std::optional<std::string> Arguments::list_mailbox() {
    if (peek() == '"' || peek() == '{') return string();
    if (const auto found = run(is_list_char); !found.empty()) return std::string(found);
    fail("A mailbox pattern is missing");
    return std::nullopt;
}

std::optional<std::optional<std::string>> Arguments::nstring() {
    if (take_word("NIL")) return std::optional<std::string>();
    auto value = string();
    if (!value) return std::nullopt;
    return std::optional<std::optional<std::string>>(std::in_place, std::move(*value));
}

std::optional<std::uint64_t> Arguments::number64() {
    if (const auto value = parse_u64(run(is_digit))) return value;
    fail("A number is missing or too large");
    return std::nullopt;
}

std::optional<std::uint32_t> Arguments::number() {
    const auto value = number64();
    if (value && *value <= std::numeric_limits<std::uint32_t>::max()) return static_cast<std::uint32_t>(*value);
    fail("A number is too large");
    return std::nullopt;
}

std::optional<mail::NumberSet> Arguments::number_set() {
    const auto text = run([](char c) { return is_digit(c) || c == ':' || c == ',' || c == '*'; });
    if (failed()) return std::nullopt;
    auto set = mail::NumberSet::parse(text);
    if (!set) fail("Invalid message set");
    return set;
}

std::string canonical_mailbox(std::string name) {
    return equal_ignoring_case(name, "INBOX") ? "INBOX" : name;
}

std::optional<MessageSet> Arguments::message_set() {
    if (take('$')) return MessageSet{.is_saved_result = true, .numbers = {}};
    auto numbers = number_set();
    if (!numbers) return std::nullopt;
    return MessageSet{.is_saved_result = false, .numbers = std::move(*numbers)};
}

std::optional<std::string> Arguments::decode_name(std::string encoded) {
    if (utf8_names_) {
        if (mail::valid_utf8(encoded) == encoded) return encoded;
        fail("Mailbox name is not valid UTF-8");
        return std::nullopt;
    }
    auto name = mail::from_mutf7(encoded);
    if (name) return name;
    has_wrong_name_ = !failed();
    fail("Mailbox name is not valid modified UTF-7");
    return std::nullopt;
}

std::optional<std::string> Arguments::mailbox() {
    auto encoded = astring();
    if (!encoded) return std::nullopt;
    auto name = decode_name(std::move(*encoded));
    if (!name) return std::nullopt;
    if (dropped_ != '\0' && name->size() > 1 && name->back() == dropped_) name->pop_back();
    return canonical_mailbox(std::move(*name));
}

} // namespace hearth::imap
