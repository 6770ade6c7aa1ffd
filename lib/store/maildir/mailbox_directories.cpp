// SPDX-License-Identifier: Apache-2.0
#include "store/maildir/mailbox_directories.hpp"

#include "base/text.hpp"
#include "store/error.hpp"
#include "store/maildir/directory_stream.hpp"
#include "store/maildir/disk.hpp"
#include "store/maildir/new_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>

namespace hearth::store {
namespace {

namespace errc = boost::system::errc;

constexpr std::array maildir_parts{"tmp", "new", "cur"};
constexpr std::size_t file_name_max = 255; // NAME_MAX

// Who may read and write the account's directory may read and write its mailboxes.
mode_t directory_mode(int root) {
    struct stat status {};
    return ::fstat(root, &status) == 0 ? (status.st_mode & 0777) | 0700 : 0700;
}

// "a/b/c" is "a/b" and "c"; without slash the parent is the root itself.
std::pair<std::string, std::string> parent_and_name(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return {".", path};
    return {path.substr(0, slash), path.substr(slash + 1)};
}

// Opens the directory `path`, making it and its parents as needed, durably.
Result<UniqueFd> open_or_make(int root, const std::string& path) {
    auto directory = open_directory(root, ".");
    for (const auto level : split(path, '/')) {
        if (!directory || level.empty()) break;
        const std::string name(level);
        if (::mkdirat(directory->get(), name.c_str(), directory_mode(root)) == 0) {
            if (::fsync(directory->get()) != 0) return last_error();
        } else if (errno != EEXIST) {
            return last_error();
        }
        directory = open_directory(directory->get(), name);
    }
    return directory;
}

bool is_maildir_part(std::string_view name) {
    return std::find(maildir_parts.begin(), maildir_parts.end(), name) != maildir_parts.end();
}

bool has_mailboxes_below(int root, const std::string& directory) {
    auto stream = DirectoryStream::open(root, directory);
    if (!stream) return false;
    while (const auto* entry = stream->next())
        if (entry->d_name[0] != '.' && !is_maildir_part(entry->d_name) && is_directory(stream->descriptor(), *entry))
            return true;
    return false;
}

// Moves everything of the Maildir `directory` but the mailboxes below it.
Result<void> hide_contents(int root, const std::string& directory, const std::string& hidden) {
    const auto to = open_or_make(root, hidden);
    if (!to) return to.error();
    auto stream = DirectoryStream::open(root, directory);
    if (!stream) return stream.error();
    std::vector<std::string> names{"cur"}; // first: without it, it is no mailbox
    while (const auto* entry = stream->next()) {
        const std::string name = entry->d_name;
        if (name != "cur" && (is_maildir_part(name) || !is_directory(stream->descriptor(), *entry)))
            names.push_back(name);
    }
    for (const auto& name : names)
        if (auto moved = rename_new(stream->descriptor(), name, to->get(), name); !moved) return moved;
    return sync_directory(root, directory);
}

void list_fs(int at, const std::string& path, std::size_t level, std::vector<std::string>& found) {
    auto stream = DirectoryStream::open(at, path.empty() ? "." : path);
    if (!stream || level > fs_levels_max) return;
    std::vector<std::string> below;
    while (const auto* entry = stream->next())
        if (entry->d_name[0] != '.' && !is_maildir_part(entry->d_name) && is_directory(stream->descriptor(), *entry))
            below.push_back((path.empty() ? "" : path + "/") + entry->d_name);
    for (const auto& directory : below) {
        if (found.size() > mailboxes_max) return;
        if (exists(at, directory + "/cur")) found.push_back(directory);
        list_fs(at, directory, level + 1, found);
    }
}

// One renaming, between parents that are opened without following links; under Layout::fs the new parents are made.
Result<void> rename_one(int root, const std::string& from, const std::string& to) {
    const auto [from_parent, from_name] = parent_and_name(from);
    const auto [to_parent, to_name] = parent_and_name(to);
    const auto source = open_directory(root, from_parent);
    const auto target = open_or_make(root, to_parent == "." ? "" : to_parent);
    if (!source) return source.error();
    if (!target) return target.error();
    if (auto moved = rename_new(source->get(), from_name, target->get(), to_name); !moved) return moved;
    if (::fsync(target->get()) != 0 || (from_parent != to_parent && ::fsync(source->get()) != 0)) return last_error();
    return {};
}

} // namespace

Result<void> make_mailbox(int root, const std::string& directory, Layout layout) {
    const auto made = open_or_make(root, directory);
    if (!made) return made.error();
    const int at = made->get();
    if (exists(at, "cur")) return Error::already_exists;
    if (layout == Layout::maildirpp && !directory.empty()) {
        const UniqueFd mark(
            ::openat(at, "maildirfolder", O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, directory_mode(root) & 0666));
        if (!mark) return last_error();
    }
    for (const auto* part : maildir_parts)
        if (::mkdirat(at, part, directory_mode(root)) != 0 && errno != EEXIST) return last_error();
    if (::fsync(at) != 0) return last_error();
    return {};
}

Result<std::string> hide_mailbox(int root, const std::string& directory, Layout layout) {
    const auto hidden = std::string(hidden_prefix) + unique_base();
    const bool stays = layout == Layout::fs && has_mailboxes_below(root, directory);
    auto done = stays ? hide_contents(root, directory, hidden) : rename_one(root, directory, hidden);
    if (!done) return done.error();
    return hidden;
}

Result<std::vector<std::string>> list_mailboxes(int root, Layout layout) {
    std::vector<std::string> found;
    if (layout == Layout::fs) {
        list_fs(root, "", 1, found);
    } else {
        auto stream = DirectoryStream::open(root, ".");
        if (!stream) return stream.error();
        while (const auto* entry = stream->next()) {
            const std::string name = entry->d_name;
            if (!name.starts_with('.') || name.starts_with("..") || !is_directory(root, *entry)) continue;
            if (exists(root, name + "/cur")) found.push_back(name);
            if (found.size() > mailboxes_max) break;
        }
    }
    if (found.size() > mailboxes_max) return Error::limit_reached;
    return found;
}

Result<std::vector<DirectoryRename>> plan_rename(
    std::span<const std::string> directories, const std::string& from, const std::string& to, Layout layout) {
    const char separator = layout == Layout::fs ? '/' : '.';
    const auto is_below = [&](const std::string& name) { return name.starts_with(from + separator); };
    if (to == from || is_below(to)) return Error::bad_name;
    std::vector<DirectoryRename> steps;
    if (layout == Layout::fs) {
        steps.push_back({from, to});
        return steps;
    }
    for (const auto& directory : directories)
        if (directory == from || is_below(directory)) steps.push_back({directory, to + directory.substr(from.size())});
    std::sort(steps.begin(), steps.end(),
        [](const DirectoryRename& a, const DirectoryRename& b) { return a.from.size() > b.from.size(); });
    for (const auto& step : steps)
        if (step.to.size() > file_name_max) return Error::bad_name;
    return steps;
}

Result<void> rename_mailboxes(int root, std::span<const DirectoryRename> steps) {
    for (const auto& step : steps)
        if (exists(root, step.to)) return error_code(EEXIST, boost::system::system_category());
    for (std::size_t i = 0; i < steps.size(); ++i) {
        auto done = rename_one(root, steps[i].from, steps[i].to);
        if (done || done.error() == errc::no_such_file_or_directory) continue;
        while (i-- > 0)
            static_cast<void>(rename_one(root, steps[i].to, steps[i].from));
        return done;
    }
    return {};
}

} // namespace hearth::store
