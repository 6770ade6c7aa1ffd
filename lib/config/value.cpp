// SPDX-License-Identifier: Apache-2.0
#include "config/value.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace hearth::config {
namespace {

using std::string_view;
using std::chrono::milliseconds;
constexpr auto no_limit = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t time_max_ms = 100ULL * 365 * 24 * 3600 * 1000; // a century: longer ones are a mistake

struct Unit {
    std::uint64_t factor;
    string_view one, many;
    std::array<string_view, 4> also;
};
constexpr Unit time_units[] = {
    {7ULL * 24 * 3600 * 1000, "week", "weeks", {"w"}},
    {24ULL * 3600 * 1000, "day", "days", {"d"}},
    {3600ULL * 1000, "hour", "hours", {"h", "hr", "hrs"}},
    {60ULL * 1000, "min", "mins", {"m", "minute", "minutes"}},
    {1000, "sec", "secs", {"s", "second", "seconds"}},
    {1, "msec", "msecs", {"ms", "millisecond", "milliseconds"}},
};
constexpr string_view size_letters = "BKMGT";

// Splits "5 mins" into its digits and the rest without blanks between.
std::pair<string_view, string_view> number_and_unit(string_view text) {
    const auto end = std::min(text.find_first_not_of("0123456789"), text.size());
    return {text.substr(0, end), trim(text.substr(end))};
}

const Unit* find_unit(string_view word) {
    for (const auto& unit : time_units) {
        if (equal_ignoring_case(word, unit.one) || equal_ignoring_case(word, unit.many)) return &unit;
        for (const auto name : unit.also)
            if (!name.empty() && equal_ignoring_case(word, name)) return &unit;
    }
    return nullptr;
}

std::optional<std::uint64_t> size_factor(string_view unit) {
    if (unit.empty()) return 1;
    const auto at = size_letters.find(to_upper(unit.substr(0, 1))[0]);
    if (at == string_view::npos) return std::nullopt;
    const auto rest = to_lower(unit.substr(1));
    if (!rest.empty() && (at == 0 || (rest != "i" && rest != "ib" && rest != "b"))) return std::nullopt;
    return 1ULL << (10 * at);
}

std::optional<std::uint64_t> decode_size(string_view text) {
    const auto [digits, unit] = number_and_unit(text);
    const auto number = parse_u64(digits);
    const auto factor = size_factor(unit);
    if (!number || !factor || *number > no_limit / *factor) return std::nullopt;
    return *number * *factor;
}

std::optional<std::uint64_t> decode_octal(string_view text) {
    if (text.empty() || text.size() > 5 || text[0] != '0') return std::nullopt;
    std::uint64_t value = 0;
    for (const char digit : text) {
        if (digit < '0' || digit > '7') return std::nullopt;
        value = value * 8 + static_cast<std::uint64_t>(digit - '0');
    }
    return value <= 07777 ? std::optional(value) : std::nullopt;
}

bool is_endless(const SettingSpec& spec, string_view raw) {
    return spec.max == no_limit && (equal_ignoring_case(raw, "unlimited") || equal_ignoring_case(raw, "infinite"));
}

using Bad = std::optional<BadValue>;

// `show` writes a number as the setting's type does.
template <class Show> Bad out_of_range(const SettingSpec& spec, std::uint64_t value, string_view raw, Show show) {
    if (value >= spec.min && value <= spec.max) return {};
    // Zero means "the default" or "off" where the schema's default is zero.
    if (value == 0 && (spec.default_value == "0" || spec.default_value == "infinite")) return {};
    if (value < spec.min)
        return BadValue{
            fmt::format("{} = {} is too small", spec.name, raw), fmt::format("at least {}", show(spec.min))};
    return BadValue{fmt::format("{} = {} is too large", spec.name, raw), fmt::format("at most {}", show(spec.max))};
}

Bad boolean(const SettingSpec& spec, string_view raw, std::string& canonical) {
    const auto word = to_lower(raw);
    if (word == "yes" || word == "y" || word == "1")
        canonical = "yes";
    else if (word == "no" || word == "n")
        canonical = "no";
    else
        return BadValue{fmt::format("{} is yes or no, not \"{}\"", spec.name, printable(raw, 60)), "write yes or no"};
    return {};
}

Bad count(const SettingSpec& spec, string_view raw, std::string& canonical) {
    if (is_endless(spec, raw)) {
        canonical = "unlimited";
        return {};
    }
    const auto value = parse_u64(raw);
    if (!value || *value == no_limit)
        return BadValue{fmt::format("{} is a whole number, not \"{}\"", spec.name, printable(raw, 60)),
            spec.max == no_limit ? "a decimal number, or unlimited" : "a decimal number"};
    canonical = fmt::format("{}", *value);
    return out_of_range(spec, *value, raw, [](std::uint64_t n) { return fmt::format("{}", n); });
}

Bad share(const SettingSpec& spec, string_view raw, std::string& canonical) {
    const bool percent = raw.ends_with('%');
    const auto value = parse_u64(trim(percent ? raw.substr(0, raw.size() - 1) : raw));
    if (!value)
        return BadValue{fmt::format("{} is a count or a percentage, not \"{}\"", spec.name, printable(raw, 60)),
            "for example 20, or 5%"};
    if (percent && *value > 50) return BadValue{fmt::format("{} = {} is too large", spec.name, raw), "at most 50%"};
    if (*value > 1'000'000) return BadValue{fmt::format("{} = {} is too large", spec.name, raw), "at most 1000000"};
    canonical = fmt::format("{}{}", *value, percent ? "%" : "");
    return {};
}

Bad size(const SettingSpec& spec, string_view raw, std::string& canonical) {
    if (is_endless(spec, raw)) {
        canonical = "unlimited";
        return {};
    }
    const auto bytes = decode_size(raw);
    if (!bytes || *bytes == no_limit)
        return BadValue{fmt::format("{} is a size, not \"{}\"", spec.name, printable(raw, 60)),
            "a number of bytes, or with B, K, M, G or T (of 1024), such as 256M"};
    canonical = size_text(*bytes);
    return out_of_range(spec, *bytes, raw, size_text);
}

Bad time(const SettingSpec& spec, string_view raw, std::string& canonical) {
    if (is_endless(spec, raw)) {
        canonical = "infinite";
        return {};
    }
    const auto [digits, unit] = number_and_unit(raw);
    if (const auto number = parse_u64(digits); number && *number != 0 && unit.empty())
        return BadValue{fmt::format("{} = {} has no unit", spec.name, raw),
            fmt::format(
                "write {} secs or {} mins; units are ms, s, m, h, d, w and their longer forms", *number, *number)};
    const auto value = decode_time(raw);
    if (!value || *value == milliseconds::max())
        return BadValue{fmt::format("{} is a time, not \"{}\"", spec.name, printable(raw, 60)),
            "a number with its unit (ms, s, m, h, d, w), such as 5 mins"};
    canonical = time_text(*value);
    const auto show = [](std::uint64_t ms) { return time_text(milliseconds(static_cast<std::int64_t>(ms))); };
    return out_of_range(spec, static_cast<std::uint64_t>(value->count()), raw, show);
}

Bad mode(const SettingSpec& spec, string_view raw, std::string& canonical) {
    if (const auto value = decode_octal(raw)) {
        canonical = *value == 0 ? "0" : fmt::format("0{:03o}", *value);
        return {};
    }
    const auto decimal = parse_u64(raw);
    if (!decimal || raw[0] == '0')
        return BadValue{
            fmt::format("{} is an octal file mode, not \"{}\"", spec.name, printable(raw, 60)), "for example 0600"};
    if (const auto octal = decode_octal(fmt::format("0{}", raw)))
        return BadValue{fmt::format("{} = {} is not octal: without a leading 0 it is the decimal number {}, which as a "
                                    "mode is 0{:o}",
                            spec.name, raw, *decimal, *decimal),
            fmt::format("write {} = 0{}", spec.name, raw)};
    return BadValue{fmt::format("{} = {} is not octal", spec.name, raw), "for example 0600"};
}

// Puts the schema's spelling of the word into `canonical`.
Bad word_of(const SettingSpec& spec, string_view word, std::string& canonical) {
    const auto allowed = decode_words(spec.values);
    const auto found =
        std::find_if(allowed.begin(), allowed.end(), [&](const auto& a) { return equal_ignoring_case(a, word); });
    canonical = found != allowed.end() ? *found : std::string(word);
    if (allowed.empty() || found != allowed.end()) return {};
    const std::vector<string_view> candidates(allowed.begin(), allowed.end());
    const auto near = nearest(word, candidates);
    return BadValue{fmt::format("{} can't be \"{}\"", spec.name, printable(word, 60)),
        near.empty() ? fmt::format("one of: {}", fmt::join(allowed, ", "))
                     : fmt::format("did you mean \"{}\"? It is one of: {}", near, fmt::join(allowed, ", "))};
}

Bad words(const SettingSpec& spec, string_view raw, std::string& canonical) {
    auto list = decode_words(raw);
    for (auto& word : list)
        if (auto bad = word_of(spec, std::string(word), word)) return bad;
    canonical = fmt::format("{}", fmt::join(list, " "));
    return {};
}

} // namespace

std::optional<std::uint64_t> decode_number(string_view text) {
    if (text == "unlimited" || text == "infinite") return no_limit;
    if (text.size() > 1 && text[0] == '0') return decode_octal(text);
    if (text.ends_with('%')) return parse_u64(text.substr(0, text.size() - 1));
    return decode_size(text);
}

std::optional<milliseconds> decode_time(string_view text) {
    if (equal_ignoring_case(text, "infinite") || equal_ignoring_case(text, "unlimited")) return milliseconds::max();
    const auto [digits, word] = number_and_unit(text);
    const auto number = parse_u64(digits);
    if (!number) return std::nullopt;
    if (*number == 0 && word.empty()) return milliseconds(0);
    const auto* unit = find_unit(word);
    if (unit == nullptr || *number > time_max_ms / unit->factor) return std::nullopt;
    return milliseconds(static_cast<std::int64_t>(*number * unit->factor));
}

std::vector<std::string> decode_words(string_view text) {
    std::vector<std::string> words;
    while (true) {
        const auto begin = text.find_first_not_of(" \t,");
        if (begin == string_view::npos) return words;
        text.remove_prefix(begin);
        const auto end = std::min(text.find_first_of(" \t,"), text.size());
        words.emplace_back(text.substr(0, end));
        text.remove_prefix(end);
    }
}

std::string time_text(milliseconds time) {
    if (time == milliseconds::max()) return "infinite";
    const auto ms = static_cast<std::uint64_t>(time.count());
    if (ms == 0) return "0";
    for (const auto& unit : time_units)
        if (ms % unit.factor == 0)
            return fmt::format("{} {}", ms / unit.factor, ms == unit.factor ? unit.one : unit.many);
    return "0";
}

std::string size_text(std::uint64_t bytes) {
    if (bytes == no_limit) return "unlimited";
    std::size_t unit = 0;
    while (bytes != 0 && bytes % 1024 == 0 && unit + 1 < size_letters.size()) {
        bytes /= 1024;
        ++unit;
    }
    return unit == 0 ? fmt::format("{}", bytes) : fmt::format("{}{}", bytes, size_letters[unit]);
}

std::optional<BadValue> canonicalize(const SettingSpec& spec, string_view raw, std::string& canonical) {
    switch (spec.type) {
    case Type::boolean: return boolean(spec, raw, canonical);
    case Type::count: return count(spec, raw, canonical);
    case Type::share: return share(spec, raw, canonical);
    case Type::size: return size(spec, raw, canonical);
    case Type::time: return time(spec, raw, canonical);
    case Type::mode: return mode(spec, raw, canonical);
    case Type::enumeration:
        canonical = raw;
        if (raw.empty() && spec.default_value.empty()) return {};
        return word_of(spec, raw, canonical);
    case Type::words: return words(spec, raw, canonical);
    case Type::string:
    case Type::path:
    case Type::file: canonical = raw; return {};
    }
    return {};
}

} // namespace hearth::config
