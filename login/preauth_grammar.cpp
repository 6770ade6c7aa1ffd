// SPDX-License-Identifier: Apache-2.0
#include "preauth_grammar.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace hearth::login {
namespace {

// More is let through than RFC 9051's ATOM-CHAR: passwords with % or * come unquoted from real clients.
bool is_atom_char(char c) {
    return c > ' ' && c < 0x7f && c != '(' && c != ')' && c != '{' && c != '"' && c != '\\';
}
bool is_tag_char(char c) {
    return is_atom_char(c) && c != '+' && c != '%' && c != '*';
}
std::string_view take_while(std::string_view& rest, bool (*belongs)(char)) {
    const auto end = static_cast<std::size_t>(std::find_if_not(rest.begin(), rest.end(), belongs) - rest.begin());
    const auto taken = rest.substr(0, end);
    rest.remove_prefix(end);
    return taken;
}

} // namespace

std::string tag_of(std::string_view line) {
    auto rest = line;
    const auto tag = take_while(rest, is_tag_char);
    const bool ends = rest.empty() || rest.front() == ' ';
    return ends && tag.size() <= PreauthParser::tag_max ? std::string(tag) : std::string();
}

void Grammar::fail(std::string_view why) {
    if (complaint_.empty()) complaint_ = why;
}

void Grammar::line(std::string_view text) {
    if (text.find('\0') != std::string_view::npos) fail("NUL bytes are not allowed.");
    if (!complaint_.empty()) return;
    if (!has_head_) head(text);
    has_head_ = true;
    if (complaint_.empty()) arguments(text);
}

void Grammar::literal(std::string_view bytes) {
    if (bytes.find('\0') != std::string_view::npos) fail("NUL bytes are not allowed.");
    if (needs_blank_) fail("A blank is missing before a literal.");
    Argument argument;
    argument.kind = Argument::Kind::string;
    argument.text = bytes;
    add(std::move(argument));
}

void Grammar::head(std::string_view& rest) {
    command_.tag = tag_of(rest);
    rest.remove_prefix(command_.tag.size());
    if (command_.tag.empty()) return fail("A command begins with a tag: a LOGIN user password");
    if (rest.empty()) return fail("A command needs a name behind its tag: a LOGIN user password");
    rest.remove_prefix(1);
    const auto name = take_while(rest, is_atom_char);
    if (name.empty() || name.size() > PreauthParser::name_max) return fail("Not a command's name.");
    command_.name = to_upper(name);
    needs_blank_ = true;
}

void Grammar::arguments(std::string_view rest) {
    while (!rest.empty() && complaint_.empty()) {
        const char c = rest.front();
        if (c == ' ') {
            needs_blank_ = false;
            rest.remove_prefix(1);
        } else if (c == ')') {
            if (!in_list_) return fail("A ) without its (.");
            in_list_ = false;
            needs_blank_ = true;
            rest.remove_prefix(1);
        } else if (needs_blank_) {
            return fail("A blank is missing.");
        } else if (c == '(') {
            if (in_list_) return fail("Lists in lists are not allowed here.");
            Argument list;
            list.kind = Argument::Kind::list;
            add(std::move(list));
            in_list_ = true;
            rest.remove_prefix(1);
        } else {
            Argument argument;
            argument.kind = c == '"' ? Argument::Kind::string : Argument::Kind::atom;
            argument.text = c == '"' ? quoted(rest) : std::string(take_while(rest, is_atom_char));
            if (c != '"' && argument.text.empty()) return fail("A character that must be quoted.");
            add(std::move(argument));
        }
    }
}

// RFC 9051 section 9, `quoted`; UTF-8 passes. Stands on the first quote.
std::string Grammar::quoted(std::string_view& rest) {
    std::string text;
    for (std::size_t i = 1; i < rest.size(); ++i) {
        if (rest[i] == '"') {
            rest.remove_prefix(i + 1);
            return text;
        }
        if (rest[i] == '\r') break;
        if (rest[i] == '\\') {
            if (++i == rest.size() || (rest[i] != '"' && rest[i] != '\\')) break;
        }
        text += rest[i];
    }
    fail("A quoted string has no end.");
    return text;
}

void Grammar::add(Argument argument) {
    if (++count_ > PreauthParser::arguments_max) return fail("Too many arguments.");
    needs_blank_ = argument.kind != Argument::Kind::list;
    auto& to = in_list_ && !command_.arguments.empty() ? command_.arguments.back().items : command_.arguments;
    to.push_back(std::move(argument));
}

std::optional<PreauthCommand> Grammar::finish() {
    if (in_list_) fail("A ( without its ).");
    if (!complaint_.empty()) {
        command_.wipe_arguments();
        return std::nullopt;
    }
    return std::move(command_);
}

} // namespace hearth::login
