// SPDX-License-Identifier: Apache-2.0
// A temporary directory and a descriptor of it, for what works below directory descriptors.
#pragma once

#include "base/unique_fd.hpp"
#include "store/error.hpp"
#include "temporary_directory.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace hearth::store {

class Disk {
    test::TemporaryDirectory directory_; // first: the others are made of it

public:
    std::filesystem::path path;
    UniqueFd fd;

    Disk() : path(directory_.path()), fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {}

    [[nodiscard]] int at() const { return fd.get(); }
    void make(const std::string& folder) const { std::filesystem::create_directories(path / folder); }
    void make_maildir(const std::string& folder = "") const {
        for (const auto* part : {"cur", "new", "tmp"})
            make(folder.empty() ? part : folder + "/" + part);
    }
    void write(const std::string& name, std::string_view text) const {
        std::ofstream(path / name, std::ios::binary) << text;
    }
    [[nodiscard]] std::string read(const std::string& name) const { return directory_.read(name); }
    [[nodiscard]] bool has(const std::string& name) const {
        return std::filesystem::exists(std::filesystem::symlink_status(path / name));
    }
    void rename(const std::string& from, const std::string& to) const {
        std::filesystem::rename(path / from, path / to);
    }
    void remove(const std::string& name) const { std::filesystem::remove(path / name); }
    [[nodiscard]] std::set<std::string> names(const std::string& folder) const {
        std::set<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(path / folder))
            names.insert(entry.path().filename().string());
        return names;
    }
    /// Eight digits, as Dovecot writes its counter.
    [[nodiscard]] static std::string hex(std::uint32_t value) {
        char text[9];
        std::snprintf(text, sizeof text, "%08x", value);
        return text;
    }
    void set_age(const std::string& name, std::int64_t seconds) const {
        const timespec time{::time(nullptr) - seconds, 0};
        const timespec times[2] = {time, time};
        REQUIRE(::utimensat(AT_FDCWD, (path / name).c_str(), times, 0) == 0);
    }
};

} // namespace hearth::store
