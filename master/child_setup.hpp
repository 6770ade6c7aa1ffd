// SPDX-License-Identifier: Apache-2.0
// What the forked child does until it is the program: exactly the descriptors, environment, limits and rights of
// docs/protocol/service.md. Everything is prepared before the fork; between fork and exec nothing allocates, locks or
// throws.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <sys/resource.h>
#include <sys/types.h>
#include <vector>

namespace hearth::master {

/// One program start, with descriptors that the caller keeps.
struct LaunchSpec {
    int program = -1;                         ///< O_PATH descriptor of the executable
    std::string program_path;                 ///< the same by name: for scripts, whose interpreter needs a name
    std::vector<std::string> arguments;       ///< argv, argv[0] included
    std::vector<std::string> environment;     ///< "NAME=value"; LISTEN_* are added
    std::vector<std::pair<std::string, int>> descriptors; ///< become 3, 4, ... in this order, with these names
    int input = -1, output = -1;              ///< standard input; standard output and error
    std::string directory;                    ///< working directory
    std::optional<std::uint64_t> capabilities; ///< bounding set to keep, a bit per capability; absent: leave it
    std::optional<rlim_t> open_files, address_space, core_bytes;
    std::optional<int> oom_score_adj;
    /// To become before exec (drop_priv_before_exec).
    struct User {
        uid_t uid = 0;
        gid_t gid = 0;
        std::vector<gid_t> groups;
    };
    std::optional<User> user;
};

constexpr std::size_t passed_descriptors_max = 64;
constexpr int first_passed_descriptor = 3;

/// A LaunchSpec in the form that the child can use at once. Made before the fork; the spec must outlive it.
class ChildSetup {
public:
    /// Throws std::length_error on more than passed_descriptors_max descriptors, std::invalid_argument on a name with
    /// ':' or without letters.
    explicit ChildSetup(const LaunchSpec& spec);
    ChildSetup(const ChildSetup&) = delete;
    ChildSetup& operator=(const ChildSetup&) = delete;

    /// In the child: becomes the program, or writes errno (an int) to `error_pipe` and ends with _exit(127).
    [[noreturn]] void become_program(int error_pipe) noexcept;

private:
    bool arrange_descriptors() noexcept;
    bool limit() noexcept;
    bool drop_privileges() noexcept;
    void write_own_pid() noexcept;

    const LaunchSpec& spec_;
    std::vector<std::string> environment_;
    std::vector<char*> argv_, envp_;
    std::array<int, passed_descriptors_max> moved_{};
    std::string listen_pid_; // "LISTEN_PID=" and room for digits
    int error_pipe_ = -1, program_ = -1;
};

} // namespace hearth::master
