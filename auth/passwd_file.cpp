// SPDX-License-Identifier: Apache-2.0
#include "passwd_file.hpp"
#include "base/text.hpp"
#include "protocol/limits.hpp"

#include <array>
#include <fmt/format.h>
#include <optional>

namespace hearth::auth {
namespace {

constexpr std::size_t columns = 8; // the last is extra_fields, colons included

std::array<std::string_view, columns> split_line(std::string_view line) {
    std::array<std::string_view, columns> fields;
    for (std::size_t i = 0; i < columns; ++i) {
        const auto colon = i + 1 < columns ? line.find(':') : std::string_view::npos;
        fields[i] = line.substr(0, colon);
        if (colon == std::string_view::npos) break;
        line.remove_prefix(colon + 1);
    }
    return fields;
}

// Why this line can't be used; nothing: it was taken.
std::optional<std::string> take_line(std::string_view line, PasswdFile& file) {
    if (line.size() > passwd_line_bytes_max) return fmt::format("longer than {} bytes", passwd_line_bytes_max);
    if (line.find('\0') != std::string_view::npos) return "has a NUL byte";
    const auto fields = split_line(line);
    if (fields[0].empty()) return "has no user name";
    if (fields[0].size() > protocol::user_bytes_max) return "has a user name that is too long";
    if (line.find(':') == std::string_view::npos) return "has no password field";

    PasswdEntry entry;
    entry.password = fields[1];
    entry.uid = fields[2];
    entry.gid = fields[3];
    entry.home = fields[5];
    for (auto& [key, value] : parse_fields(fields[7])) {
        constexpr std::string_view prefix = "userdb_";
        if (key.starts_with(prefix) && key.size() > prefix.size())
            entry.userdb_fields.emplace(key.substr(prefix.size()), value);
        else
            entry.fields.emplace(key, value);
    }
    const bool is_new = file.users.emplace(fields[0], std::move(entry)).second;
    if (!is_new) return fmt::format("has the user {} again: the first one counts", printable(fields[0], 64));
    return std::nullopt;
}

} // namespace

Checked<PasswdFile> parse_passwd_file(std::string_view text) {
    if (text.size() > passwd_file_bytes_max)
        return Complaint{
            fmt::format("it has {} bytes, more than the {} a passwd-file may have: use several with %d in the path",
                text.size(), passwd_file_bytes_max)};
    PasswdFile file;
    std::size_t number = 0, unnamed = 0;
    while (!text.empty()) {
        const auto end = text.find('\n');
        auto line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        ++number;
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (trim(line).empty() || line.starts_with('#')) continue;
        const auto why = take_line(line, file);
        if (!why) continue;
        if (file.complaints.size() < passwd_complaints_max)
            file.complaints.push_back(fmt::format("line {}: {}", number, *why));
        else
            ++unnamed;
    }
    if (unnamed > 0) file.complaints.push_back(fmt::format("and {} more lines", unnamed));
    return file;
}

} // namespace hearth::auth
