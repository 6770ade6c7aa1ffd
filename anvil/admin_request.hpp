// SPDX-License-Identifier: Apache-2.0
// The administrator's lines, as text in and out (docs/protocol/anvil.md).
#pragma once

#include "base/mask.hpp"
#include "ledger.hpp"

#include <string>
#include <string_view>
#include <variant>

namespace hearth::anvil {

struct WhoRequest {};
struct StatsRequest {};
struct ServicesRequest {};
struct SizingRequest {};
struct TopRequest {
    std::size_t limit = 0;
};
struct KickRequest {
    std::string user = "*";
    AddressMask address;
};
using AdminRequest = std::variant<WhoRequest, StatsRequest, ServicesRequest, SizingRequest, TopRequest, KickRequest>;

constexpr std::size_t top_users_max = 500; ///< a higher limit is taken for this one

/// One line without its end.
Checked<AdminRequest> parse_admin_request(std::string_view line);

// Lines with their ends.
std::string to_line(const WorkerView& worker);
std::string to_line(const ServiceView& service);
std::string to_line(const UserView& user);
std::string to_line(const SizingView& sizing);
std::string stats_line(const Ledger& ledger);
std::string kicked_line(std::size_t count);
std::string error_line(std::string_view sentence);
std::string end_line();

} // namespace hearth::anvil
