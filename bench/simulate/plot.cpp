// SPDX-License-Identifier: Apache-2.0
#include "results.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace hearth::simulate {

namespace {

constexpr double panel_width = 220, panel_height = 200, left = 44, top = 58, gap = 34;
constexpr int panels_in_row = 4;
struct Style {
    const char *colour, *dashes;
};
constexpr std::array<Style, rules> styles{{{"#b45f06", ""}, {"#888888", "2,3"}, {"#0b5394", ""}, {"#38761d", "6,4"}}};

double x_of(std::uint32_t room) {
    return panel_width * room / 100;
}
double y_of(double ratio) {
    return panel_height * (1 - ratio);
}

std::string text(double x, double y, const char* anchor, std::string_view words) {
    return fmt::format("<text x=\"{:.0f}\" y=\"{:.0f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor, words);
}

std::string axes(Kind kind, bool with_scale) {
    auto svg =
        fmt::format("<rect width=\"{}\" height=\"{}\" fill=\"none\" stroke=\"#444\"/>\n", panel_width, panel_height);
    svg += text(panel_width / 2, -8, "middle", name(kind));
    for (const int tick : {25, 50, 75})
        svg += fmt::format("<path d=\"M0 {0:.0f}H{1}\" stroke=\"#ddd\"/>\n", y_of(tick / 100.0), panel_width);
    for (const int tick : {0, 25, 50, 75, 100})
        if (with_scale) svg += text(-6, y_of(tick / 100.0) + 4, "end", fmt::format("{} %", tick));
    for (const auto room : rooms)
        svg += text(x_of(room), panel_height + 15, "middle", fmt::format("{} %", room));
    return svg;
}

std::string line(const std::vector<const Cell*>& cells, Rule rule) {
    const auto& style = styles[static_cast<std::size_t>(rule)];
    std::string points, marks;
    for (const auto* cell : cells) {
        const auto value = cell->of(rule);
        const auto x = x_of(cell->room);
        points += fmt::format("{:.1f},{:.1f} ", x, y_of(value.mean));
        marks += fmt::format("<path d=\"M{0:.1f} {1:.1f}V{2:.1f}\" stroke=\"{3}\" stroke-width=\"3\"/>\n", x,
            y_of(value.mean - value.half_width), y_of(value.mean + value.half_width), style.colour);
    }
    return fmt::format(
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.6\" stroke-dasharray=\"{}\"/>\n{}",
        points, style.colour, style.dashes, marks);
}

std::string legend() {
    std::string svg;
    double x = left;
    for (int rule = 0; rule < rules; ++rule, x += 150) {
        const auto& style = styles[static_cast<std::size_t>(rule)];
        svg += fmt::format("<path d=\"M{0:.0f} 18h28\" stroke=\"{1}\" stroke-width=\"2\" stroke-dasharray=\"{2}\"/>\n",
            x, style.colour, style.dashes);
        svg += text(x + 34, 22, "start", name(static_cast<Rule>(rule)));
    }
    return svg;
}

} // namespace

std::string plot_svg(const std::vector<Cell>& cells) {
    std::string panels;
    int count = 0;
    for (int kind = 0; kind < all_kinds; ++kind) {
        std::vector<const Cell*> own;
        for (const auto& cell : cells)
            if (cell.kind == static_cast<Kind>(kind)) own.push_back(&cell);
        if (own.empty()) continue;
        const auto column = count % panels_in_row, row = count / panels_in_row;
        panels += fmt::format("<g transform=\"translate({:.0f},{:.0f})\">\n", left + column * (panel_width + gap),
            top + row * (panel_height + top));
        panels += axes(static_cast<Kind>(kind), column == 0);
        for (int rule = 0; rule < rules; ++rule)
            panels += line(own, static_cast<Rule>(rule));
        panels += "</g>\n";
        ++count;
    }
    const auto columns = std::min(count, panels_in_row), lines = (count + panels_in_row - 1) / panels_in_row;
    const auto width = left + columns * (panel_width + gap), height = top + lines * (panel_height + top) - 10;
    return fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" "
                       "height=\"{1:.0f}\" font-family=\"sans-serif\" font-size=\"12\">\n"
                       "<title>Hit ratio over room (workers in percent of users)</title>\n"
                       "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n{2}{3}</svg>\n",
        width, height, legend(), panels);
}

} // namespace hearth::simulate
