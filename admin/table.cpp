// SPDX-License-Identifier: Apache-2.0
#include "table.hpp"
#include "base/ensure.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace hearth::admin {
namespace {

bool is_number(std::string_view cell) {
    return !cell.empty() && std::all_of(cell.begin(), cell.end(), [](char c) { return (c >= '0' && c <= '9') || c == '-'; });
}

// Columns, not bytes: good enough for names in UTF-8 (no combining marks).
std::size_t width(std::string_view cell) {
    return static_cast<std::size_t>(std::count_if(cell.begin(), cell.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

} // namespace

Table::Table(std::vector<std::string> head) {
    rows_.push_back(std::move(head));
}

void Table::add(std::vector<std::string> row) {
    ensure(row.size() == rows_.front().size(), "a row of a table has another number of cells than its head");
    rows_.push_back(std::move(row));
}

std::string Table::text() const {
    std::vector<std::size_t> widths(rows_.front().size());
    for (const auto& row : rows_)
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
    std::string out;
    for (const auto& row : rows_) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string padding(widths[i] - width(row[i]), ' ');
            if (i > 0) line += "  ";
            line += is_number(row[i]) ? padding + row[i] : row[i] + padding;
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + "\n";
    }
    return out;
}

std::string duration_text(std::uint64_t milliseconds) {
    if (milliseconds < 1000) return fmt::format("{}ms", milliseconds);
    const auto seconds = milliseconds / 1000;
    if (seconds < 60) return fmt::format("{}s", seconds);
    if (seconds < 3600) return fmt::format("{}m{:02}s", seconds / 60, seconds % 60);
    if (seconds < 86400) return fmt::format("{}h{:02}m", seconds / 3600, seconds / 60 % 60);
    return fmt::format("{}d{:02}h", seconds / 86400, seconds / 3600 % 24);
}

std::string bytes_text(std::uint64_t bytes) {
    if (bytes < 1024) return fmt::format("{}", bytes);
    if (bytes < 1024 * 1024) return fmt::format("{}k", bytes / 1024);
    if (bytes < 1024ULL * 1024 * 1024) return fmt::format("{:.1f}M", static_cast<double>(bytes) / (1024 * 1024));
    return fmt::format("{:.1f}G", static_cast<double>(bytes) / (1024 * 1024 * 1024));
}

} // namespace hearth::admin
