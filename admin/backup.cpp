// SPDX-License-Identifier: Apache-2.0
// `backup`: a copy of a user's mail and index while they are in use. Into the new directory go mail/ (the Maildir without
// tmp/ and the index), inbox/ and control/ where these are elsewhere, and index.db. To restore, put them back and delete
// nothing: an index that doesn't fit is noticed and made anew.
#include "mail_user.hpp"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

namespace hearth::admin {
namespace {

namespace fs = std::filesystem;

// A file that is renamed (new flags) while its directory is read may be missed: so often the directory is read again.
constexpr int passes_max = 5;

std::string base_of(const std::string& name) {
    return name.substr(0, name.find(':'));
}

class Copy {
public:
    // One Maildir's cur/ or new/: every message once, under the name that it has at that moment.
    void messages(const fs::path& from, const fs::path& to) {
        std::set<std::string> done;
        for (int pass = 0; pass < passes_max; ++pass) {
            bool missed = false;
            for (const auto& entry : fs::directory_iterator(from)) {
                const auto name = entry.path().filename().string();
                if (done.count(base_of(name)) != 0) continue;
                std::error_code error;
                fs::copy_file(entry.path(), to / name, error);
                if (!error) done.insert(base_of(name));
                missed = missed || error == std::errc::no_such_file_or_directory;
                if (error && error != std::errc::no_such_file_or_directory)
                    throw fs::filesystem_error("copy", entry.path(), to, error);
                if (!error) fs::last_write_time(to / name, fs::last_write_time(entry.path(), error), error);
            }
            if (!missed) break;
        }
        count_ += done.size();
    }

    // Messages first, lists (dovecot-uidlist and the like) after them: a line without file does no harm.
    void tree(const fs::path& from, const fs::path& to, int depth = 0) {
        fs::create_directory(to);
        for (const auto* part : {"cur", "new"}) {
            if (!fs::is_directory(from / part)) continue;
            fs::create_directory(to / part);
            messages(from / part, to / part);
        }
        if (fs::is_directory(from / "cur")) fs::create_directory(to / "tmp");
        for (const auto& entry : fs::directory_iterator(from)) {
            const auto name = entry.path().filename().string();
            if (name == "cur" || name == "new" || name == "tmp" || name == "hearth" || name == ".hearth" ||
                name.ends_with(".lock"))
                continue;
            if (entry.is_symlink()) continue;
            if (entry.is_directory() && depth < depth_max)
                tree(entry.path(), to / name, depth + 1);
            else if (entry.is_regular_file())
                fs::copy_file(entry.path(), to / name);
        }
    }
    [[nodiscard]] std::size_t count() const { return count_; }

private:
    static constexpr int depth_max = 32;
    std::size_t count_ = 0;
};

int copy_all(store::MaildirAccount& account, const fs::path& target) {
    const auto& location = account.settings().location;
    Copy copy;
    copy.tree(location.root, target / "mail");
    if (location.inbox != location.root) copy.tree(location.inbox, target / "inbox");
    if (location.control != location.root) copy.tree(location.control, target / "control");
    const auto index = (target / "index.db").string();
    auto written = finished([&] { return account.index().ready(); });
    if (written) written = finished([&] { return account.index().database().run("VACUUM INTO ?1", index); });
    if (!written) {
        fmt::print(stderr, "hearth: the index can't be copied: {}\n", written.error().message());
        return exit_failed;
    }
    const UniqueFd directory(::open(target.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory || ::syncfs(directory.get()) != 0) {
        fmt::print(stderr, "hearth: {}: not all is on disk: {}\n", target.string(), last_error().message());
        return exit_failed;
    }
    fmt::print("{} messages and the index are in {}\n", copy.count(), target.string());
    return exit_ok;
}

} // namespace

int backup(const Common& common, const BackupOptions& options) {
    return as_mail_user(common, options.user, [&](store::MaildirAccount& account) {
        const fs::path target = options.directory;
        if (::mkdir(target.c_str(), 0700) != 0) {
            fmt::print(stderr, "hearth: {}: {}. The directory must be new, and its parent writable for uid {}\n",
                target.string(), last_error().message(), ::getuid());
            return exit_failed;
        }
        return copy_all(account, target);
    });
}

} // namespace hearth::admin
