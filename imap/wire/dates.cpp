// SPDX-License-Identifier: Apache-2.0
#include "wire/dates.hpp"
#include "wire/characters.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

namespace hearth::imap {
namespace {

constexpr std::array<std::string_view, 12> months = {
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::optional<unsigned> month_of(std::string_view text) {
    for (unsigned i = 0; i < months.size(); ++i)
        if (equal_ignoring_case(text, months[i])) return i + 1;
    return std::nullopt;
}

std::optional<unsigned> small_number(std::string_view text, std::size_t digits_max) {
    const auto value = text.size() <= digits_max ? parse_u64(text) : std::nullopt;
    if (!value) return std::nullopt;
    return static_cast<unsigned>(*value);
}

std::optional<std::int64_t> day_number(std::string_view day, std::string_view month, std::string_view year) {
    const auto d = small_number(day, 2);
    const auto m = month_of(month);
    auto y = small_number(year, 4);
    if (!d || !m || !y) return std::nullopt;
    if (year.size() == 2) *y += *y < 50 ? 2000 : 1900; // RFC 5322 section 4.3
    if (year.size() == 3) *y += 1900;
    const std::chrono::year_month_day date{
        std::chrono::year(static_cast<int>(*y)), std::chrono::month(*m), std::chrono::day(*d)};
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days(date).time_since_epoch().count();
}

void append_padded(std::string& out, unsigned value, unsigned digits) {
    unsigned scale = 1;
    for (unsigned i = 1; i < digits; ++i)
        scale *= 10;
    for (; scale > 0; scale /= 10)
        out += static_cast<char>('0' + value / scale % 10);
}

} // namespace

std::optional<std::int64_t> parse_date(std::string_view text) {
    const auto parts = split(text, '-');
    if (parts.size() != 3 || parts[2].size() != 4) return std::nullopt;
    return day_number(parts[0], parts[1], parts[2]);
}

std::optional<std::int64_t> day_of_date_header(std::string_view header) {
    // "Mon, 7 Feb 1994 21:52:25 -0800": the first number followed by a month is the day, whatever stands before it.
    std::vector<std::string_view> words;
    constexpr std::size_t words_max = 8;
    while (!header.empty() && words.size() < words_max) {
        const auto start = header.find_first_not_of(" \t\r\n,-");
        if (start == std::string_view::npos) break;
        header.remove_prefix(start);
        const auto end = std::min(header.find_first_of(" \t\r\n,-"), header.size());
        words.push_back(header.substr(0, end));
        header.remove_prefix(end);
    }
    for (std::size_t i = 0; i + 2 < words.size(); ++i)
        if (const auto day = day_number(words[i], words[i + 1].substr(0, 3), words[i + 2])) return day;
    return std::nullopt;
}

std::int64_t day_of(std::int64_t seconds) {
    return std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds(std::chrono::seconds(seconds)))
        .time_since_epoch()
        .count();
}

void append_internal_date(std::string& out, std::int64_t seconds) {
    // Four digits are all the grammar has for the year.
    constexpr std::int64_t year_9999_end = 253402300799;
    seconds = std::clamp<std::int64_t>(seconds, 0, year_9999_end);
    const auto days = day_of(seconds);
    const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(days))};
    const auto rest = static_cast<unsigned>(seconds - days * 86400);
    out += '"';
    append_padded(out, static_cast<unsigned>(date.day()), 2);
    out += '-';
    out += months[static_cast<unsigned>(date.month()) - 1];
    out += '-';
    append_padded(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
    out += ' ';
    append_padded(out, rest / 3600, 2);
    out += ':';
    append_padded(out, rest / 60 % 60, 2);
    out += ':';
    append_padded(out, rest % 60, 2);
    out += " +0000\"";
}

} // namespace hearth::imap
