// SPDX-License-Identifier: Apache-2.0
#include "memory.hpp"

#include <fmt/format.h>
#include <fstream>
#include <string>

namespace hearth::admin {

std::optional<std::uint64_t> private_memory_bytes(pid_t pid) {
    std::ifstream file(fmt::format("/proc/{}/smaps_rollup", pid));
    std::optional<std::uint64_t> total;
    std::string name, unit;
    std::uint64_t kilobytes = 0;
    std::string head;
    std::getline(file, head); // the range of addresses
    while (file >> name >> kilobytes >> unit)
        if (name == "Private_Clean:" || name == "Private_Dirty:") total = total.value_or(0) + kilobytes * 1024;
    return total;
}

} // namespace hearth::admin
