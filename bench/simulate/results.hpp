// SPDX-License-Identifier: Apache-2.0
// What the runs amount to: means and intervals, a table, a plot, and whether the policy may ship.
#pragma once

#include "policy.hpp"

#include <array>
#include <string>
#include <vector>

namespace hearth::simulate {

/// Rooms that are tried, in percent of the number of users: what it takes to keep everybody warm.
constexpr std::array<std::uint32_t, 4> rooms{10, 30, 60, 90};

struct Estimate {
    double mean = 0, half_width = 0; ///< of the 95 % interval of the mean (Student's t)
};
Estimate estimate(const std::vector<double>& values);

/// All runs of one kind of trace in one room: for each rule a hit ratio per seed, in the order of the seeds.
struct Cell {
    Kind kind{};
    std::uint32_t room = 0; ///< percent
    std::array<std::vector<double>, rules> ratios;

    [[nodiscard]] Estimate of(Rule rule) const { return estimate(ratios[static_cast<std::size_t>(rule)]); }
    /// least-expected less longest-idle, seed by seed.
    [[nodiscard]] std::vector<double> gains() const;
    /// How far least-expected comes from longest-idle to Belady, 0..1; 0 if those two are equal. Of the mean hit
    /// ratios.
    [[nodiscard]] double way() const;
};

/// A sentence that must be true if least-expected is to ship.
struct Criterion {
    std::string sentence;
    bool holds = false;
};
std::vector<Criterion> criteria(const std::vector<Cell>& cells);

std::string markdown_table(const std::vector<Cell>& cells);
/// A panel for each kind of trace: hit ratio over room, a line for each rule.
std::string plot_svg(const std::vector<Cell>& cells);

} // namespace hearth::simulate
