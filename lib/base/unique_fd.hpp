// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

namespace hearth {

/// Owns one file descriptor and closes it; -1 is "none". Not copyable. Every descriptor of Hearth lives in one of
/// these, or in an Asio object, from the system call that made it.
class UniqueFd {
public:
    UniqueFd() = default;
    explicit UniqueFd(int fd) : fd_(fd) {}
    UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
    UniqueFd& operator=(UniqueFd&& other) noexcept {
        reset(other.release());
        return *this;
    }
    UniqueFd(const UniqueFd&) = delete;
    UniqueFd& operator=(const UniqueFd&) = delete;
    ~UniqueFd() { reset(); }

    [[nodiscard]] int get() const { return fd_; }
    [[nodiscard]] explicit operator bool() const { return fd_ >= 0; }
    /// Gives the descriptor away: the caller closes it.
    [[nodiscard]] int release() { return std::exchange(fd_, -1); }
    /// Closes what is held and takes `fd`.
    void reset(int fd = -1);

private:
    int fd_ = -1;
};

/// A duplicate of `fd` with close-on-exec set; empty (errno says why) when that fails.
UniqueFd duplicate(int fd);

} // namespace hearth
