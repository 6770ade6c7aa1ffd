// SPDX-License-Identifier: Apache-2.0
// What `top` shows, from what anvil answered. PURE.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace hearth::admin {

struct TopData {
    std::vector<boost::json::object> services, users; ///< anvil's lines, in its order
    std::map<std::int64_t, double> cpu_percent;       ///< by pid, since the picture before; who is missing: unknown
    std::string complaint;                            ///< instead of the tables: why there are none
};

/// Tells anvil's two kinds of lines apart.
TopData read_top(const std::vector<boost::json::object>& answer);

/// Lines without their ends: a head, the services, the users. At most `rows` of at most `columns` characters; 0: as many
/// as there are.
std::vector<std::string> top_screen(const TopData& data, const std::string& head, std::size_t rows, std::size_t columns);

/// At most `columns` characters of UTF-8 text.
std::string cut(const std::string& line, std::size_t columns);

} // namespace hearth::admin
