// SPDX-License-Identifier: Apache-2.0
#include "store/maildir/location.hpp"

#include "base/text.hpp"

#include <vector>

namespace hearth::store {
namespace {

Complaint complain(std::string text) {
    return {std::move(text)};
}

// A string could also be meant as a complaint, so it is said which.
Checked<std::string> text_value(std::string text) {
    return {boost::system::in_place_value, std::move(text)};
}

// A value that stands in a path may neither climb nor name another directory level.
bool is_path_component(std::string_view value) {
    return !value.empty() && value != "." && value != ".." && value.find('/') == std::string_view::npos &&
           value.find('\0') == std::string_view::npos;
}

Checked<std::string> variable(std::string_view name, const UserVariables& variables) {
    const auto& user = variables.user;
    const auto at = user.find('@');
    if (name == "h" || name == "home") {
        if (!variables.home.starts_with('/'))
            return complain(
                "mail_location uses the home directory, and user " + printable(user) + " has none; give userdb a home");
        return text_value(variables.home);
    }
    std::string value;
    if (name == "u" || name == "user")
        value = user;
    else if (name == "n" || name == "username")
        value = user.substr(0, at);
    else if (name == "d" || name == "domain")
        value = at == std::string::npos ? "" : user.substr(at + 1);
    else
        return complain("mail_location: %" + printable(name) + " isn't known here; known are %u %n %d %h");
    if (!is_path_component(value))
        return complain(
            "mail_location: %" + std::string(name) + " of user " + printable(user) + " can't be part of a path");
    return text_value(std::move(value));
}

// The variable at the start of `text` (after '%'): its name and modifiers, removed from `text`.
struct Reference {
    bool lower = false, upper = false;
    std::string_view name;
};

Reference take_reference(std::string_view& text) {
    Reference reference;
    while (text.starts_with('L') || text.starts_with('U')) {
        (text[0] == 'L' ? reference.lower : reference.upper) = true;
        text.remove_prefix(1);
    }
    const bool braced = text.starts_with('{');
    const auto end = braced ? text.find('}') : std::size_t{1};
    reference.name = braced ? text.substr(1, end - 1) : text.substr(0, 1);
    text.remove_prefix(std::min(braced && end != std::string_view::npos ? end + 1 : end, text.size()));
    return reference;
}

Checked<std::string> expand(std::string_view text, const UserVariables& variables) {
    std::string result;
    if (text == "~" || text.starts_with("~/")) {
        const auto home = variable("h", variables);
        if (!home) return home.error();
        result = *home;
        text.remove_prefix(1);
    }
    while (!text.empty()) {
        const auto plain = std::min(text.find('%'), text.size());
        result += text.substr(0, plain);
        text.remove_prefix(plain);
        if (text.empty()) break;
        text.remove_prefix(1);
        if (text.starts_with('%')) {
            result += '%';
            text.remove_prefix(1);
            continue;
        }
        const auto reference = take_reference(text);
        const auto value = variable(reference.name, variables);
        if (!value) return value.error();
        result += reference.lower ? to_lower(*value) : reference.upper ? to_upper(*value) : *value;
    }
    return text_value(std::move(result));
}

Checked<std::string> expand_path(std::string_view text, const UserVariables& variables) {
    auto path = expand(text, variables);
    if (!path) return path;
    if (!path->starts_with('/')) return complain("mail_location: " + printable(*path) + " is no absolute path");
    while (path->size() > 1 && path->ends_with('/'))
        path->pop_back();
    return path;
}

// Parts between single colons; "::" is a colon in a part.
std::vector<std::string> split_parts(std::string_view text) {
    std::vector<std::string> parts(1);
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != ':')
            parts.back() += text[i];
        else if (i + 1 < text.size() && text[i + 1] == ':')
            parts.back() += text[++i];
        else
            parts.emplace_back();
    }
    return parts;
}

Checked<void> read_option(MailLocation& location, std::string_view option, const UserVariables& variables) {
    const auto equals = option.find('=');
    const auto key = to_upper(option.substr(0, equals));
    const auto value = equals == std::string_view::npos ? std::string_view() : option.substr(equals + 1);
    std::string MailLocation::*path = nullptr;
    if (key == "INBOX")
        path = &MailLocation::inbox;
    else if (key == "CONTROL")
        path = &MailLocation::control;
    else if (key == "INDEX")
        path = &MailLocation::index;
    if (path != nullptr) {
        if (key == "INDEX" && equal_ignoring_case(value, "MEMORY")) {
            location.index_in_memory = true;
            return {};
        }
        auto expanded = expand_path(value, variables);
        if (!expanded) return expanded.error();
        location.*path = std::move(*expanded);
        return {};
    }
    if (key == "VOLATILEDIR") return {};
    if (key == "LAYOUT") {
        if (!equal_ignoring_case(value, "maildir++") && value != "fs")
            return complain("mail_location: LAYOUT=" + printable(value) + " isn't served; maildir++ and fs are");
        location.layout = value == "fs" ? Layout::fs : Layout::maildirpp;
        return {};
    }
    if (key == "SUBSCRIPTIONS" && is_path_component(value)) {
        location.subscriptions = value;
        return {};
    }
    return complain(
        "mail_location: the option " + printable(option) + " isn't served; leave it out or keep Dovecot for this mail");
}

} // namespace

Checked<MailLocation> MailLocation::parse(std::string_view setting, const UserVariables& variables) {
    const auto colon = setting.find(':');
    const auto format = setting.substr(0, colon);
    if (format != "maildir" || colon == std::string_view::npos)
        return complain(
            "mail_location: " + printable(colon == std::string_view::npos ? setting : format) +
            " isn't served, only maildir:PATH is; `doveadm sync` moves mail from other formats to a Maildir");
    const auto parts = split_parts(setting.substr(colon + 1));
    MailLocation location;
    auto root = expand_path(parts[0], variables);
    if (!root) return root.error();
    location.root = std::move(*root);
    for (std::size_t i = 1; i < parts.size(); ++i)
        if (auto read = read_option(location, parts[i], variables); !read) return read.error();
    for (auto* path : {&location.inbox, &location.control, &location.index})
        if (path->empty()) *path = location.root;
    return location;
}

} // namespace hearth::store
