// SPDX-License-Identifier: Apache-2.0
// A Maildir in a temporary directory, and what other programs do to it.
#pragma once

#include "store/maildir_account.hpp"
#include "store/patience.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hearth::store {

class Maildir {
public:
    Maildir() {
        std::string pattern = (std::filesystem::temp_directory_path() / "hearth-store-XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path = pattern;
        make("");
    }
    ~Maildir() {
        std::error_code ignored;
        if (owner_ == ::getpid()) std::filesystem::remove_all(path, ignored);
    }
    Maildir(const Maildir&) = delete;
    Maildir& operator=(const Maildir&) = delete;

    void make(const std::string& folder) const {
        for (const auto* part : {"cur", "new", "tmp"})
            std::filesystem::create_directories(path / folder / part);
    }
    void write(const std::string& name, std::string_view text) const {
        std::ofstream(path / name, std::ios::binary) << text;
    }
    [[nodiscard]] std::string read(const std::string& name) const {
        std::ifstream file(path / name, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    }
    [[nodiscard]] bool has(const std::string& name) const { return std::filesystem::exists(path / name); }
    void rename(const std::string& from, const std::string& to) const {
        std::filesystem::rename(path / from, path / to);
    }
    void remove(const std::string& name) const { std::filesystem::remove(path / name); }
    /// As a delivery agent does: tmp/, then new/ or cur/.
    void deliver(const std::string& name, std::string_view text = "Subject: x\n\nbody\n",
        const std::string& to = "new/", const std::string& folder = "") const {
        const auto below = folder.empty() ? "" : folder + "/";
        write(below + "tmp/" + name, text);
        rename(below + "tmp/" + name, below + to + name);
    }
    /// Gives cur/ and new/ an old time, as if nothing had happened for long.
    void age(const std::string& folder = "") const {
        for (const auto* part : {"cur", "new"}) {
            const timespec times[2] = {{1000000000, 0}, {1000000000, 0}};
            REQUIRE(::utimensat(AT_FDCWD, (path / folder / part).c_str(), times, 0) == 0);
        }
    }
    [[nodiscard]] AccountSettings settings() {
        AccountSettings settings;
        settings.location.root = settings.location.inbox = settings.location.control = settings.location.index =
            path.string();
        settings.warn = [this](std::string_view text) { warnings.emplace_back(text); };
        return settings;
    }
    [[nodiscard]] bool warned(std::string_view text) const {
        return std::any_of(
            warnings.begin(), warnings.end(), [&](const std::string& w) { return w.find(text) != std::string::npos; });
    }

    std::filesystem::path path;
    std::vector<std::string> warnings;

private:
    pid_t owner_ = ::getpid(); // children of a test leave the directory to it
};

inline std::vector<std::uint32_t> uids(const Mailbox& mailbox) {
    std::vector<std::uint32_t> result;
    for (const auto& row : mailbox.rows())
        result.push_back(row.uid);
    return result;
}

inline Result<Changes> sync(Mailbox& mailbox) {
    return patiently([&] { return mailbox.sync(); });
}

inline std::unique_ptr<Mailbox> open_or_fail(Account& account, std::string_view name, bool read_only = false) {
    auto mailbox = patiently([&] { return account.open(name, read_only); });
    REQUIRE_MESSAGE(mailbox.has_value(), name << ": " << (mailbox ? "" : mailbox.error().message()));
    return std::move(*mailbox);
}

/// Runs `work` in a child process, as user nobody if asked; whether it returned true.
template <class Work> bool in_child(Work work, bool as_nobody = false) {
    const auto pid = ::fork();
    if (pid == 0) {
        const bool ready =
            !as_nobody || (::setresgid(65534, 65534, 65534) == 0 && ::setresuid(65534, 65534, 65534) == 0);
        ::_exit(ready && work() ? 0 : 1);
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}



} // namespace hearth::store
