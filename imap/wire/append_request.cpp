// SPDX-License-Identifier: Apache-2.0
#include "wire/append_request.hpp"
#include "wire/dates.hpp"

#include "base/text.hpp"

namespace hearth::imap {
namespace {

// Two digits below `limit`.
std::optional<std::int64_t> two_digits(std::string_view text, std::uint64_t limit) {
    const auto value = text.size() == 2 ? parse_u64(text) : std::nullopt;
    if (!value || *value >= limit) return std::nullopt;
    return static_cast<std::int64_t>(*value);
}

std::optional<std::int64_t> seconds_of_day(std::string_view text) {
    if (text.size() != 8 || text[2] != ':' || text[5] != ':') return std::nullopt;
    const auto hours = two_digits(text.substr(0, 2), 24), minutes = two_digits(text.substr(3, 2), 60),
               seconds = two_digits(text.substr(6, 2), 61); // a leap second
    if (!hours || !minutes || !seconds) return std::nullopt;
    return *hours * 3600 + *minutes * 60 + *seconds;
}

std::optional<std::int64_t> zone_seconds(std::string_view text) {
    if (text.size() != 5 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
    const auto hours = two_digits(text.substr(1, 2), 24), minutes = two_digits(text.substr(3, 2), 60);
    if (!hours || !minutes) return std::nullopt;
    const auto seconds = *hours * 3600 + *minutes * 60;
    return text[0] == '-' ? -seconds : seconds;
}

bool read_announcement(Arguments& arguments) {
    arguments.take('~');
    arguments.expect('{');
    arguments.number64();
    arguments.take('+');
    return arguments.expect('}') && arguments.end();
}

} // namespace

std::optional<std::int64_t> parse_date_time(std::string_view text) {
    const auto words = split(trim(text), ' ');
    if (words.size() != 3) return std::nullopt;
    const auto day = parse_date(words[0]), time = seconds_of_day(words[1]), zone = zone_seconds(words[2]);
    if (!day || !time || !zone) return std::nullopt;
    return *day * 86400 + *time - *zone;
}

std::optional<AppendOptions> read_append_options(Arguments& arguments) {
    AppendOptions options;
    arguments.space();
    if (arguments.peek() == '(') {
        auto flags = read_flag_list(arguments);
        if (!flags || !arguments.space()) return std::nullopt;
        options.flags = std::move(*flags);
    }
    if (arguments.peek() == '"') {
        const auto text = arguments.string();
        if (!text) return std::nullopt;
        options.internal_date = parse_date_time(*text);
        if (!options.internal_date) arguments.fail("Invalid internal date");
        arguments.space();
    }
    if (arguments.take_word("UTF8")) {
        options.utf8 = true;
        arguments.space();
        arguments.expect('(');
    } else if (arguments.take_word("CATENATE")) {
        arguments.fail("CATENATE is not served");
    }
    if (!read_announcement(arguments)) return std::nullopt;
    return options;
}

} // namespace hearth::imap
