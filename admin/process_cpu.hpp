// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.hpp"

#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <vector>

namespace hearth::admin {

/// How much processor the workers of some users took between two looks.
class ProcessCpu {
public:
    /// Percent of one processor since the last look, by pid; of those that were there then.
    std::map<std::int64_t, double> look(const std::vector<boost::json::object>& users);

private:
    std::map<std::int64_t, std::uint64_t> ticks_;
    Time looked_{};
};

/// Clock ticks of processor time, from the text of /proc/PID/stat; 0 if it is none.
std::uint64_t cpu_ticks(const std::string& stat);

} // namespace hearth::admin
