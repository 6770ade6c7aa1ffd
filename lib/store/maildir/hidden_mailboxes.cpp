// SPDX-License-Identifier: Apache-2.0
// Removing what hide_mailbox() took out of sight: a large mailbox takes seconds, and nobody may wait so long.
#include "store/error.hpp"
#include "store/maildir/directory_stream.hpp"
#include "store/maildir/mailbox_directories.hpp"

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <unistd.h>

namespace hearth::store {
namespace {

constexpr int depth_max = 40;

// How much one call does.
struct Budget {
    std::chrono::steady_clock::time_point until = std::chrono::steady_clock::now() + std::chrono::milliseconds(8);
    std::size_t files = 300;

    [[nodiscard]] bool is_spent() const { return files == 0 || std::chrono::steady_clock::now() >= until; }
    void spend() { --files; }
};

// NOLINTNEXTLINE(misc-no-recursion): at most depth_max deep
Result<void> remove_tree(int at, const std::string& name, Budget& budget, int depth) {
    if (depth > depth_max) return error_code(ELOOP, boost::system::system_category());
    {
        auto stream = DirectoryStream::open(at, name);
        if (!stream) return stream.error();
        while (const auto* entry = stream->next()) {
            if (budget.is_spent()) return Error::unfinished;
            if (is_directory(stream->descriptor(), *entry)) {
                if (auto done = remove_tree(stream->descriptor(), entry->d_name, budget, depth + 1); !done) return done;
                continue;
            }
            budget.spend();
            if (::unlinkat(stream->descriptor(), entry->d_name, 0) != 0 && errno != ENOENT) return last_error();
        }
    }
    if (::unlinkat(at, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) return last_error();
    return {};
}

} // namespace

Result<void> remove_slice(int root, const std::string& hidden) {
    if (!hidden.starts_with(hidden_prefix)) return error_code(EINVAL, boost::system::system_category());
    Budget budget;
    auto done = remove_tree(root, hidden, budget, 1);
    if (!done && done.error() == boost::system::errc::no_such_file_or_directory) return {};
    return done;
}

std::vector<std::string> hidden_mailboxes(int root) {
    std::vector<std::string> names;
    auto stream = DirectoryStream::open(root, "tmp");
    if (!stream) return names;
    while (const auto* entry = stream->next()) {
        auto name = "tmp/" + std::string(entry->d_name);
        if (name.starts_with(hidden_prefix) && is_directory(stream->descriptor(), *entry))
            names.push_back(std::move(name));
    }
    return names;
}

} // namespace hearth::store
