// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace hearth::config {

constexpr std::size_t file_bytes_max = 1024 * 1024; ///< one configuration file, or the file of `key = <file`

/// How the loader sees the disk.
class Files {
public:
    virtual ~Files() = default;
    /// The content; errc::file_too_large when it is more than file_bytes_max.
    [[nodiscard]] virtual Result<std::string> read(const std::string& path) const = 0;
    /// The files that match `pattern` (* ? []), sorted by name.
    [[nodiscard]] virtual std::vector<std::string> glob(const std::string& pattern) const = 0;
    /// The value of an environment variable; empty when it isn't set.
    [[nodiscard]] virtual std::string environment(const std::string& name) const = 0;
};

class DiskFiles : public Files {
public:
    [[nodiscard]] Result<std::string> read(const std::string& path) const override;
    [[nodiscard]] std::vector<std::string> glob(const std::string& pattern) const override;
    [[nodiscard]] std::string environment(const std::string& name) const override;
};

/// Files and environment in memory.
class MemoryFiles : public Files {
public:
    explicit MemoryFiles(std::map<std::string, std::string> files, std::map<std::string, std::string> environment = {})
        : files_(std::move(files)), environment_(std::move(environment)) {}
    [[nodiscard]] Result<std::string> read(const std::string& path) const override;
    [[nodiscard]] std::vector<std::string> glob(const std::string& pattern) const override;
    [[nodiscard]] std::string environment(const std::string& name) const override;

private:
    std::map<std::string, std::string> files_, environment_;
};

} // namespace hearth::config
