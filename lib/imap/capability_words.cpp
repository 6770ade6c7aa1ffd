// SPDX-License-Identifier: Apache-2.0
#include "imap/capability_words.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace hearth::imap {
namespace {

// clang-format off
constexpr Capability table[] = {
    {"IMAP4rev1", true}, {"IMAP4rev2", true}, {"SASL-IR", true}, {"LITERAL+", true}, {"ID", true}, {"ENABLE", true},
    {"IDLE", true},
    {"NAMESPACE"}, {"CHILDREN"}, {"UNSELECT"}, {"LIST-EXTENDED"}, {"LIST-STATUS"}, {"SPECIAL-USE"}, {"ESEARCH"},
    {"UIDPLUS"}, {"MOVE"}, {"MULTIAPPEND"}, {"CONDSTORE"}, {"QRESYNC"}, {"OBJECTID"}, {"CREATE-SPECIAL-USE"},
    {"STATUS=SIZE"}, {"SEARCHRES"}, {"SEARCH=FUZZY"}, {"WITHIN"}, {"SORT"}, {"SORT=DISPLAY"}, {"ESORT"},
    {"THREAD=ORDEREDSUBJECT"}, {"THREAD=REFERENCES"}, {"THREAD=REFS"}, {"I18NLEVEL=1"}, {"QUOTA"},
    {"QUOTA=RES-STORAGE"}, {"QUOTA=RES-MESSAGE"}, {"SAVEDATE"}, {"PARTIAL"}, {"BINARY"}, {"PREVIEW"}, {"COMPRESS=DEFLATE"},
    {"UTF8=ACCEPT"}, {"INPROGRESS"},
};
// clang-format on

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    for (const auto word : split(text, ' '))
        if (!word.empty()) words.emplace_back(word);
    return words;
}

bool changes_list(const std::vector<std::string>& wanted) {
    return std::all_of(wanted.begin(), wanted.end(), [](const auto& w) { return w[0] == '+' || w[0] == '-'; });
}

std::string told(bool before_login) {
    std::string text;
    for (const auto& capability : table) {
        if (before_login && !capability.before_login) continue;
        text += text.empty() ? "" : " ";
        text += capability.word;
    }
    return text;
}

} // namespace

CapabilityWords::CapabilityWords(std::string_view words) : words_(words_of(words)) {}

void CapabilityWords::add(std::string_view word) {
    const bool known =
        std::any_of(words_.begin(), words_.end(), [&](const auto& have) { return equal_ignoring_case(have, word); });
    if (!known && !word.empty()) words_.emplace_back(word);
}

void CapabilityWords::remove(std::string_view word) {
    std::erase_if(words_, [&](const auto& have) { return equal_ignoring_case(have, word); });
}

void CapabilityWords::apply(const CapabilitySettings& settings) {
    if (settings.literal_minus)
        std::replace(words_.begin(), words_.end(), std::string("LITERAL+"), std::string("LITERAL-"));
    auto wanted = words_of(settings.capability);
    if (!changes_list(wanted)) {
        words_ = std::move(wanted);
        return;
    }
    for (const auto& word : wanted) {
        const auto name = std::string_view(word).substr(1);
        if (word[0] == '+')
            add(name);
        else
            remove(name);
    }
}

std::string CapabilityWords::text() const {
    return fmt::format("{}", fmt::join(words_, " "));
}

std::string built_in_capabilities() {
    return told(false);
}

std::string capabilities_before_login(const CapabilitySettings& settings) {
    CapabilityWords words(told(true));
    words.apply(settings);
    return words.text();
}

} // namespace hearth::imap
