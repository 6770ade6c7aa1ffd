// SPDX-License-Identifier: Apache-2.0
#include "capabilities.hpp"
#include "command_table.hpp"
#include "context.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <vector>

namespace hearth::imap {
namespace {

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    for (const auto word : split(text, ' '))
        if (!word.empty()) words.emplace_back(word);
    return words;
}

void add(std::vector<std::string>& list, std::string_view word) {
    const bool known =
        std::any_of(list.begin(), list.end(), [&](const auto& have) { return equal_ignoring_case(have, word); });
    if (!known && !word.empty()) list.emplace_back(word);
}

void remove(std::vector<std::string>& list, std::string_view word) {
    std::erase_if(list, [&](const auto& have) { return equal_ignoring_case(have, word); });
}

bool changes_list(const std::vector<std::string>& wanted) {
    return std::all_of(wanted.begin(), wanted.end(), [](const auto& w) { return w[0] == '+' || w[0] == '-'; });
}

} // namespace

std::string capability_list(std::string_view built_in, const Options& options, std::uint64_t message_bytes_max) {
    auto list = words_of(built_in);
    if (options.literal_minus) std::replace(list.begin(), list.end(), std::string("LITERAL+"), std::string("LITERAL-"));
    if (message_bytes_max != 0) add(list, fmt::format("APPENDLIMIT={}", message_bytes_max));
    if (!options.jmap_url.empty()) add(list, "JMAPACCESS");
    const auto wanted = words_of(options.capability);
    if (!changes_list(wanted)) return fmt::format("{}", fmt::join(wanted, " "));
    for (const auto& word : wanted) {
        const auto name = std::string_view(word).substr(1);
        if (word[0] == '+')
            add(list, name);
        else
            remove(list, name);
    }
    return fmt::format("{}", fmt::join(list, " "));
}

std::string capabilities_of(const Context& context) {
    const auto told = context.info.capabilities.empty() ? capabilities : context.info.capabilities;
    if (!context.connection.is_compressed()) return std::string(told);
    auto list = words_of(told);
    remove(list, "COMPRESS=DEFLATE");
    return fmt::format("{}", fmt::join(list, " "));
}

} // namespace hearth::imap
