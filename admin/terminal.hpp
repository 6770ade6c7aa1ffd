// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/unique_fd.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <termios.h>
#include <vector>

namespace hearth::admin {

/// A terminal that shows one picture at a time, on its second screen and without echo. However the program ends, the
/// terminal is as it was: at the end of this object, at SIGTSTP, and at signals that kill. One at a time.
class Terminal {
public:
    /// Standard output is a terminal that can be drawn on.
    static bool is_there();

    Terminal();
    ~Terminal();
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    [[nodiscard]] std::size_t rows() const;
    [[nodiscard]] std::size_t columns() const;
    /// Lines beyond the last row would scroll the first away: no more than rows().
    void show(const std::vector<std::string>& lines);

    enum class Key : unsigned char { none, quit, redraw };
    /// Waits for q, for a signal that ends (both quit), for another size or the return from SIGTSTP (redraw), or that long.
    Key wait(std::chrono::milliseconds time);

private:
    void enter();
    void leave();
    void stop();

    UniqueFd signals_;
};

} // namespace hearth::admin
