// SPDX-License-Identifier: Apache-2.0
#include "results.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>

namespace hearth::simulate {

namespace {

constexpr double way_on_periodic = 0.90, way_on_half = 0.60, worse_by = 0.01;

// The 97.5 % quantile of Student's t, by Cornish and Fisher; right to 1 % from four degrees of freedom.
double t_quantile(double freedom) {
    constexpr double z = 1.959964, z3 = z * z * z, z5 = z3 * z * z;
    return z + (z3 + z) / (4 * freedom) + (5 * z5 + 16 * z3 + 3 * z) / (96 * freedom * freedom);
}

std::string percent(const Estimate& estimate) {
    return fmt::format("{:.1f} ± {:.1f}", 100 * estimate.mean, 100 * estimate.half_width);
}

Criterion way_criterion(const Cell& cell, double target) {
    return {fmt::format("{} at {} %: {:.1f} % of the way from longest-idle to Belady, at least {:.0f} %",
                name(cell.kind), cell.room, 100 * cell.way(), 100 * target),
        cell.way() >= target};
}

} // namespace

Estimate estimate(const std::vector<double>& values) {
    const auto n = static_cast<double>(values.size());
    if (values.empty()) return {};
    const auto mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
    double squares = 0;
    for (const auto value : values)
        squares += (value - mean) * (value - mean);
    return {mean, values.size() < 2 ? 0 : t_quantile(n - 1) * std::sqrt(squares / (n - 1) / n)};
}

std::vector<double> Cell::gains() const {
    const auto& before = ratios[static_cast<std::size_t>(Rule::longest_idle)];
    auto result = ratios[static_cast<std::size_t>(Rule::least_expected)];
    for (std::size_t i = 0; i < result.size(); ++i)
        result[i] -= before[i];
    return result;
}

double Cell::way() const {
    const auto from = of(Rule::longest_idle).mean, to = of(Rule::belady).mean;
    return to - from < 1e-9 ? 0 : (of(Rule::least_expected).mean - from) / (to - from);
}

std::vector<Criterion> criteria(const std::vector<Cell>& cells) {
    std::vector<Criterion> result;
    const Cell* worst = nullptr;
    for (const auto& cell : cells) {
        if (cell.kind == Kind::periodic) result.push_back(way_criterion(cell, way_on_periodic));
        if (cell.kind == Kind::half && (cell.room == 30 || cell.room == 60))
            result.push_back(way_criterion(cell, way_on_half));
        if (worst == nullptr || estimate(cell.gains()).mean < estimate(worst->gains()).mean) worst = &cell;
    }
    if (worst == nullptr) return result;
    const auto gain = estimate(worst->gains());
    result.push_back({fmt::format("nowhere worse than longest-idle by more than one point of hit ratio; most on {} at "
                                  "{} %: {:+.2f} ± {:.2f}",
                          name(worst->kind), worst->room, 100 * gain.mean, 100 * gain.half_width),
        gain.mean >= -worse_by});
    return result;
}

std::string markdown_table(const std::vector<Cell>& cells) {
    std::string text = "| trace | room | longest-idle | fixed 5 min | **least-expected** | Belady | gain over "
                       "longest-idle | way to Belady |\n"
                       "|---|---:|---:|---:|---:|---:|---:|---:|\n";
    for (const auto& cell : cells) {
        const auto gain = estimate(cell.gains());
        const auto distance = cell.of(Rule::belady).mean - cell.of(Rule::longest_idle).mean;
        const auto way = distance < 0.0005 ? std::string("-") : fmt::format("{:.0f} %", 100 * cell.way());
        text += fmt::format("| {} | {} % | {} | {} | **{}** | {} | {:+.2f} ± {:.2f} | {} |\n", name(cell.kind),
            cell.room, percent(cell.of(Rule::longest_idle)), percent(cell.of(Rule::fixed_time)),
            percent(cell.of(Rule::least_expected)), percent(cell.of(Rule::belady)), 100 * gain.mean,
            100 * gain.half_width, way);
    }
    return text;
}

} // namespace hearth::simulate
