// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

namespace hearth::store {

/// A lock file as Dovecot makes them: `<name>.lock`, created exclusively, holding "pid:host". It locks against every
/// program that follows the custom, in any language. Released when destroyed.
///
/// A lock is stale, and taken over, when its pid is of this host and no process has it (and it is at least 2 s old), or
/// when neither it nor the file it protects has changed for 120 s: Dovecot's rules, so that both agree.
class Dotlock {
public:
    static constexpr std::chrono::seconds stale_after{120};
    static constexpr std::chrono::seconds pid_checked_after{2};

    /// One try, which never waits: Error::busy while somebody alive holds it. `directory` must stay open as long as the
    /// lock.
    static Result<Dotlock> acquire(int directory, const std::string& name);

    Dotlock(Dotlock&& other) noexcept
        : directory_(std::exchange(other.directory_, -1)), path_(std::move(other.path_)), inode_(other.inode_) {}
    Dotlock& operator=(Dotlock&&) = delete;
    ~Dotlock();

    /// Whether nobody took it over meanwhile; asked before what it protects is replaced.
    [[nodiscard]] bool is_held() const;

private:
    Dotlock(int directory, std::string path, std::uint64_t inode)
        : directory_(directory), path_(std::move(path)), inode_(inode) {}

    int directory_;
    std::string path_;
    std::uint64_t inode_;
};

} // namespace hearth::store
