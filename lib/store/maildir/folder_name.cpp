// SPDX-License-Identifier: Apache-2.0
#include "store/maildir/folder_name.hpp"

#include "base/text.hpp"
#include "mail/header_fields.hpp"
#include "mail/mailbox_name.hpp"

#include <algorithm>

namespace hearth::store {
namespace {

constexpr std::size_t file_name_max = 255;   // NAME_MAX
constexpr std::size_t path_bytes_max = 2048; // well below PATH_MAX, whatever the root is

char disk_separator(Layout layout) {
    return layout == Layout::fs ? '/' : '.';
}

bool is_level(std::string_view level, Layout layout) {
    if (level.empty() || level == "." || level == ".." || level.find('/') != std::string_view::npos) return false;
    if (layout == Layout::maildirpp) return level.find('.') == std::string_view::npos;
    return level[0] != '.' && level != "cur" && level != "new" && level != "tmp" && level != "maildirfolder";
}

bool is_printable_utf8(std::string_view name) {
    return std::none_of(name.begin(), name.end(), [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; }) &&
           mail::valid_utf8(name) == name;
}

// The name without the namespace's prefix, nothing when it lies outside. "INBOX" in a prefix may be written in any
// case.
std::optional<std::string_view> without_prefix(std::string_view name, const std::string& prefix) {
    const auto start = name.substr(0, prefix.size());
    const bool inside =
        start == prefix || (equal_ignoring_case(start, prefix) && equal_ignoring_case(prefix.substr(0, 5), "inbox"));
    return inside ? std::optional(name.substr(prefix.size())) : std::nullopt;
}

} // namespace

std::optional<std::string> folder_directory(std::string_view name, const Namespace& names, Layout layout) {
    if (equal_ignoring_case(name, "INBOX")) return "";
    const auto inner = without_prefix(name, names.prefix);
    if (!inner || inner->empty() || !is_printable_utf8(*inner)) return std::nullopt;
    std::string directory;
    std::size_t levels = 0;
    for (auto level : split(*inner, names.separator)) {
        if (!is_level(level, layout)) return std::nullopt;
        if (levels++ == 0 && equal_ignoring_case(level, "INBOX")) level = "INBOX";
        const auto on_disk = mail::to_mutf7(level);
        if (on_disk.size() > file_name_max) return std::nullopt;
        if (layout == Layout::maildirpp || levels > 1) directory += disk_separator(layout);
        directory += on_disk;
    }
    if (layout == Layout::fs) {
        const bool fits = levels <= fs_levels_max && directory.size() <= path_bytes_max;
        return fits && directory != "INBOX" ? std::optional(directory) : std::nullopt;
    }
    if (directory.size() > file_name_max || directory == ".INBOX") return std::nullopt;
    return directory;
}

std::optional<std::string> mailbox_name(std::string_view directory, const Namespace& names, Layout layout) {
    if (layout == Layout::maildirpp) {
        if (directory.size() < 2 || directory.size() > file_name_max || directory[0] != '.') return std::nullopt;
        directory.remove_prefix(1);
    }
    std::string name = names.prefix;
    for (const auto level : split(directory, disk_separator(layout))) {
        const auto decoded = mail::from_mutf7(level);
        if (!decoded) return std::nullopt;
        if (name.size() > names.prefix.size()) name += names.separator;
        name += *decoded;
    }
    // Whatever is listed can be opened by the name it is listed with.
    const auto on_disk = (layout == Layout::maildirpp ? "." : "") + std::string(directory);
    return folder_directory(name, names, layout) == on_disk ? std::optional(name) : std::nullopt;
}

std::vector<std::string> parent_names(std::string_view name, const Namespace& names) {
    std::vector<std::string> parents;
    if (!name.starts_with(names.prefix)) return parents;
    for (auto at = name.rfind(names.separator); at != std::string_view::npos && at > names.prefix.size();
         at = name.substr(0, at).rfind(names.separator))
        parents.emplace_back(name.substr(0, at));
    return parents;
}

} // namespace hearth::store
