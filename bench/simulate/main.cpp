// SPDX-License-Identifier: Apache-2.0
// simulate-eviction: is it worth to predict who comes back? Runs anvil's own eviction code over made-up days against
// plain longest-idle, a fixed idle time and Belady's optimum, and says whether `evict_order = least-expected` may ship.
#include "results.hpp"
#include "room.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <random>

using namespace hearth::simulate;

namespace {

struct Options {
    std::uint64_t seed = std::random_device{}();
    int seeds = 30;
    bool misleading = false;
    std::string svg;
};

std::vector<Cell> run(const Options& options) {
    std::vector<Cell> cells;
    for (int kind = 0; kind < (options.misleading ? all_kinds : asked_kinds); ++kind) {
        const auto first = cells.size();
        for (const auto room : rooms)
            cells.push_back({static_cast<Kind>(kind), room, {}});
        for (int i = 0; i < options.seeds; ++i) {
            const auto trace = make_trace(static_cast<Kind>(kind), options.seed + static_cast<std::uint64_t>(i));
            for (auto cell = cells.begin() + static_cast<std::ptrdiff_t>(first); cell != cells.end(); ++cell)
                for (int rule = 0; rule < rules; ++rule) {
                    const auto policy = make_policy(static_cast<Rule>(rule), trace.users);
                    const auto workers = std::max<std::uint32_t>(1, trace.users * cell->room / 100);
                    cell->ratios[static_cast<std::size_t>(rule)].push_back(hit_ratio(trace, workers, *policy));
                }
        }
    }
    return cells;
}

} // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App app("Who should be evicted? Ends with 1 if least-expected misses what it must reach.");
    app.add_option("--seed", options.seed, "The first seed (default: a random one); run i uses seed + i");
    app.add_option("--seeds", options.seeds, "Runs of each trace")->check(CLI::Range(1, 10'000));
    app.add_flag("--misleading", options.misleading, "Three more traces, made to mislead");
    app.add_option("--svg", options.svg, "Also draw the hit ratios into this file");
    CLI11_PARSE(app, argc, argv);

    fmt::print("seeds {} to {}\n\n", options.seed, options.seed + static_cast<std::uint64_t>(options.seeds) - 1);
    const auto cells = run(options);
    fmt::print("{}\n", markdown_table(cells));
    if (!options.svg.empty()) std::ofstream(options.svg) << plot_svg(cells);
    bool all_hold = true;
    for (const auto& criterion : criteria(cells)) {
        fmt::print("{}  {}\n", criterion.holds ? "holds " : "BROKEN", criterion.sentence);
        all_hold = all_hold && criterion.holds;
    }
    return all_hold ? 0 : 1;
}
