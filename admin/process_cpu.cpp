// SPDX-License-Identifier: Apache-2.0
#include "process_cpu.hpp"
#include "json_fields.hpp"

#include <fmt/format.h>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace hearth::admin {

std::uint64_t cpu_ticks(const std::string& stat) {
    const auto name_end = stat.rfind(')'); // proc(5): the name before may hold anything
    if (name_end == std::string::npos) return 0;
    std::istringstream rest(stat.substr(name_end + 1));
    std::string skipped;
    for (int field = 3; field < 14; ++field)
        rest >> skipped;
    std::uint64_t user = 0, system = 0;
    rest >> user >> system;
    return rest ? user + system : 0;
}

std::map<std::int64_t, double> ProcessCpu::look(const std::vector<boost::json::object>& users) {
    const auto now = Clock::now();
    const auto passed = std::chrono::duration<double>(now - looked_).count() * static_cast<double>(::sysconf(_SC_CLK_TCK));
    std::map<std::int64_t, std::uint64_t> ticks;
    std::map<std::int64_t, double> percent;
    for (const auto& user : users) {
        const auto pid = number(user, "pid");
        std::ifstream file(fmt::format("/proc/{}/stat", pid));
        std::string line;
        if (pid == 0 || !std::getline(file, line)) continue;
        ticks[pid] = cpu_ticks(line);
        const auto before = ticks_.find(pid);
        if (before != ticks_.end() && passed > 0 && ticks[pid] >= before->second)
            percent[pid] = static_cast<double>(ticks[pid] - before->second) / passed * 100;
    }
    ticks_ = std::move(ticks);
    looked_ = now;
    return percent;
}

} // namespace hearth::admin
