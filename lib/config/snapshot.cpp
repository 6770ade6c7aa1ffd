// SPDX-License-Identifier: Apache-2.0
#include "config/snapshot.hpp"

#include "base/ensure.hpp"
#include "base/text.hpp"
#include "config/schema.hpp"
#include "config/value.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <unistd.h>

namespace hearth::config {
namespace {

using std::string_view;
constexpr string_view head = "hearth-snapshot";

bool is_index(string_view part) {
    return !part.empty() && part.find_first_not_of("0123456789") == string_view::npos;
}

// The setting behind a key: "passdb.0.driver" is `driver` in a passdb, "service.client_limit" is in a service.
const SettingSpec* spec_of(string_view key) {
    auto scope = Scope::global;
    const auto parts = split(key, '.');
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
        if (is_index(parts[i])) continue;
        if (parts[i] == "service")
            scope = Scope::service;
        else if (parts[i] == "passdb")
            scope = Scope::passdb;
        else if (parts[i] == "userdb")
            scope = Scope::userdb;
        else if (parts[i] == "namespace")
            scope = Scope::name_space;
        else if (parts[i] == "mailbox")
            scope = Scope::mailbox;
        else if (parts[i] == "unix_listener")
            scope = Scope::unix_listener;
        else if (parts[i] == "inet_listener")
            scope = Scope::inet_listener;
        else
            return nullptr;
    }
    static constexpr SettingSpec section_name{Scope::service, "name", Type::string, "", ""};
    static constexpr SettingSpec listener_path{Scope::unix_listener, "path", Type::path, "", ""};
    static constexpr SettingSpec process_listener{Scope::service, "process_listener", Type::path, "", ""};
    if (scope != Scope::global && parts.back() == "name") return &section_name;
    if (scope == Scope::unix_listener && parts.back() == "path") return &listener_path;
    if (scope == Scope::service && parts.back() == "process_listener") return &process_listener;
    return find_setting(scope, parts.back());
}

std::optional<std::string> unescape(string_view text) {
    std::string value;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\') {
            value += text[i];
            continue;
        }
        if (++i == text.size() || (text[i] != '\\' && text[i] != 'n')) return std::nullopt;
        value += text[i] == 'n' ? '\n' : '\\';
    }
    return value;
}

} // namespace

Checked<Snapshot> Snapshot::parse(string_view text) {
    if (text.size() > snapshot_bytes_max)
        return Complaint{fmt::format("a snapshot of more than {} bytes", snapshot_bytes_max)};
    Snapshot snapshot;
    std::size_t number = 0;
    while (!text.empty()) {
        if (++number > snapshot_lines_max)
            return Complaint{fmt::format("a snapshot of more than {} lines", snapshot_lines_max)};
        const auto end = text.find('\n');
        if (end == string_view::npos) return Complaint{fmt::format("line {} of the snapshot is cut short", number)};
        const auto line = text.substr(0, end);
        text.remove_prefix(end + 1);
        const auto equals = line.find('=');
        if (equals == string_view::npos || equals == 0)
            return Complaint{fmt::format("line {} of the snapshot is not `key=value`", number)};
        auto value = unescape(line.substr(equals + 1));
        if (!value) return Complaint{fmt::format("line {} of the snapshot has a bad escape", number)};
        if (line.substr(0, equals) == head)
            snapshot.service_ = *value;
        else if (!snapshot.values_.emplace(line.substr(0, equals), std::move(*value)).second)
            return Complaint{fmt::format("line {} of the snapshot repeats a key", number)};
    }
    return snapshot;
}

Checked<Snapshot> Snapshot::read(int fd) {
    std::string text;
    for (;;) {
        char buffer[16 * 1024];
        const auto got = ::pread(fd, buffer, sizeof buffer, static_cast<off_t>(text.size()));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return Complaint{fmt::format("the snapshot can't be read: {}", last_error().message())};
        if (got == 0) return parse(text);
        text.append(buffer, static_cast<std::size_t>(got));
        if (text.size() > snapshot_bytes_max) return parse(text);
    }
}

std::string Snapshot::value(string_view key) const {
    if (const auto found = values_.find(key); found != values_.end()) return found->second;
    const auto* spec = spec_of(key);
    ensure(spec != nullptr, fmt::format("config::Snapshot: no setting is called {}", key));
    const bool global = key.find('.') == string_view::npos;
    ensure(service_.empty() || !global, fmt::format("config::Snapshot: service {} is never told {}", service_, key));
    return std::string(spec->default_value);
}

std::string Snapshot::text(string_view key) const {
    return value(key);
}

std::uint64_t Snapshot::uint(string_view key) const {
    const auto number = decode_number(value(key));
    ensure(number.has_value(), fmt::format("config::Snapshot: {} is not a number", key));
    return *number;
}

bool Snapshot::flag(string_view key) const {
    const auto word = value(key);
    ensure(word == "yes" || word == "no", fmt::format("config::Snapshot: {} is not yes or no", key));
    return word == "yes";
}

std::chrono::milliseconds Snapshot::duration(string_view key) const {
    const auto time = decode_time(value(key));
    ensure(time.has_value(), fmt::format("config::Snapshot: {} is not a time", key));
    return *time;
}

std::vector<std::string> Snapshot::words(string_view key) const {
    return decode_words(value(key));
}

std::size_t Snapshot::count(string_view section) const {
    for (std::size_t n = 0;; ++n) {
        const auto prefix = fmt::format("{}.{}.", section, n);
        const auto next = values_.lower_bound(prefix);
        if (next == values_.end() || !next->first.starts_with(prefix)) return n;
    }
}

} // namespace hearth::config
