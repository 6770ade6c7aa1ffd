// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>

/// A directory of its own for one test case; gone with it.
class TemporaryDirectory {
public:
    TemporaryDirectory() : path_((std::filesystem::temp_directory_path() / "hearth-auth-XXXXXX").string()) {
        REQUIRE(::mkdtemp(path_.data()) != nullptr);
    }
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    /// Writes a file with mode 0600 (replacing it by rename when it exists) and gives its path.
    std::string write(const std::string& name, const std::string& text) const {
        const auto path = path_ + "/" + name, draft = path + ".new";
        {
            std::ofstream out(draft, std::ios::binary);
            out << text;
        }
        ::chmod(draft.c_str(), 0600);
        std::filesystem::rename(draft, path);
        return path;
    }
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};
