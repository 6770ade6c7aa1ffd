// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <sys/stat.h>

namespace hearth::test {

/// A directory of its own for one test case, mode 0700; gone with all that is in it.
class TemporaryDirectory {
public:
    TemporaryDirectory() : path_((std::filesystem::temp_directory_path() / "hearth-test-XXXXXX").string()) {
        if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("mkdtemp " + path_);
    }
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

    /// Writes a file with mode 0600, replacing it by a rename if it is there, and gives its path.
    std::string write(const std::string& name, const std::string& text) const {
        const auto path = *this / name, draft = path + ".new";
        {
            std::ofstream out(draft, std::ios::binary);
            out << text;
        }
        ::chmod(draft.c_str(), 0600);
        std::filesystem::rename(draft, path);
        return path;
    }
    [[nodiscard]] std::string read(const std::string& name) const {
        std::ostringstream text;
        text << std::ifstream(*this / name, std::ios::binary).rdbuf();
        return text.str();
    }

private:
    std::string path_;
};

/// One that is the working directory as long as it lives.
class WorkingDirectory : public TemporaryDirectory {
public:
    WorkingDirectory() : before_(std::filesystem::current_path()) { std::filesystem::current_path(path()); }
    ~WorkingDirectory() {
        std::error_code ignored;
        std::filesystem::current_path(before_, ignored);
    }

private:
    std::filesystem::path before_;
};

} // namespace hearth::test
