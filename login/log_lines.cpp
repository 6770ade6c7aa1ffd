// SPDX-License-Identifier: Apache-2.0
#include "log_lines.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

namespace hearth::login {
namespace {

std::string number(std::uint32_t value) {
    return value == 0 ? std::string() : std::to_string(value);
}

std::string variable(std::string_view name, const LineFields& fields, const Endpoints& endpoints) {
    if (name == "u" || name == "user") return printable(fields.user);
    if (name == "m" || name == "mech") return printable(fields.method);
    if (name == "r" || name == "rip") return endpoints.remote_ip;
    if (name == "l" || name == "lip") return endpoints.local_ip;
    if (name == "a" || name == "lport") return number(endpoints.local_port);
    if (name == "b" || name == "rport") return number(endpoints.remote_port);
    if (name == "e" || name == "mpid") return number(fields.worker_pid);
    if (name == "c" || name == "secured") return fields.secured ? "secured" : "";
    if (name == "session") return fields.session;
    if (name == "s" || name == "service") return "imap";
    return {};
}

// One element with its variables filled in.
struct Expanded {
    std::string text;
    bool worth_saying = true; // has no variable, or one that isn't empty, or is the user
};

Expanded expand(std::string_view element, const LineFields& fields, const Endpoints& endpoints) {
    Expanded result;
    bool variables = false, filled = false;
    for (std::size_t i = 0; i < element.size(); ++i) {
        if (element[i] != '%' || i + 1 == element.size()) {
            result.text += element[i];
            continue;
        }
        std::string_view name = element.substr(++i, 1);
        if (name == "%") {
            result.text += '%';
            continue;
        }
        if (const auto end = element.find('}', i); name == "{" && end != std::string_view::npos) {
            name = element.substr(i + 1, end - i - 1);
            i = end;
        }
        const auto value = variable(name, fields, endpoints);
        variables = true;
        filled = filled || !value.empty() || name == "u" || name == "user";
        result.text += value;
    }
    result.worth_saying = !variables || filled;
    return result;
}

unsigned long seconds(Time from, Time to) {
    const auto span = std::chrono::duration_cast<std::chrono::seconds>(to - from).count();
    return span < 0 ? 0 : static_cast<unsigned long>(span);
}

} // namespace

std::string format_line(std::string_view format, const std::vector<std::string>& elements, std::string_view message,
    const LineFields& fields, const Endpoints& endpoints) {
    std::string list;
    const auto add = [&](std::string_view text) {
        if (!list.empty()) list += ", ";
        list += text;
    };
    bool has_session = fields.session.empty();
    for (const auto& element : elements) {
        has_session = has_session || element.find("%{session}") != std::string::npos;
        if (const auto expanded = expand(element, fields, endpoints); expanded.worth_saying) add(expanded.text);
    }
    if (!has_session) add("session=<" + fields.session + ">");
    if (!fields.reuse.empty()) add("reuse=" + fields.reuse);

    std::string line;
    for (std::size_t i = 0; i < format.size(); ++i) {
        const auto next = i + 1 < format.size() && format[i] == '%' ? format[i + 1] : '\0';
        if (next == '$')
            line += message;
        else if (next == 's')
            line += list;
        else if (next == '%')
            line += '%';
        else {
            line += format[i];
            continue;
        }
        ++i;
    }
    return line;
}

std::string progress_text(const Progress& progress, Time now) {
    if (progress.attempts == 0) {
        if (progress.plaintext_refused) return "(tried to use disallowed plaintext auth)";
        return fmt::format("(no auth attempts in {} secs)", seconds(progress.connected, now));
    }
    const auto waited = seconds(progress.first_attempt, now);
    if (progress.in_sasl && progress.attempts == 1)
        return fmt::format("(client didn't finish SASL auth, waited {} secs)", waited);
    if (progress.aborted && progress.attempts == 1) return "(aborted authentication)";
    if (progress.temporary) return "(auth service reported temporary failure)";
    if (progress.successes > 0) return fmt::format("(internal failure, {} successful auths)", progress.successes);
    return fmt::format("(auth failed, {} attempts in {} secs)", progress.attempts, waited);
}

} // namespace hearth::login
