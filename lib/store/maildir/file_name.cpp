// SPDX-License-Identifier: Apache-2.0
#include "store/maildir/file_name.hpp"

#include <algorithm>
#include <charconv>
#include <tuple>

namespace hearth::store {
namespace {

constexpr std::string_view info_mark = ":2,";

// The letters of `file`, between ":2," and the next comma; where they begin is where `data()` points.
std::string_view letters_of(std::string_view file) {
    const auto colon = file.rfind(':');
    if (colon == std::string_view::npos || !file.substr(colon).starts_with(info_mark)) return {};
    const auto letters = file.substr(colon + info_mark.size());
    return letters.substr(0, letters.find(','));
}

std::uint64_t leading_number(std::string_view text) {
    std::uint64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

std::optional<std::uint64_t> size_field(std::string_view base, std::string_view key) {
    const auto at = base.find(key);
    if (at == std::string_view::npos) return std::nullopt;
    const auto text = base.substr(at + key.size());
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool ends = end == text.data() + text.size() || *end == ',';
    return error == std::errc() && ends ? std::optional(number) : std::nullopt;
}

std::optional<mail::Flag> flag_of(char letter) {
    switch (letter) {
    case 'S': return mail::Flag::seen;
    case 'R': return mail::Flag::answered;
    case 'F': return mail::Flag::flagged;
    case 'T': return mail::Flag::deleted;
    case 'D': return mail::Flag::draft;
    default: return std::nullopt;
    }
}

} // namespace

Arrival arrival_of(std::string_view file) {
    const auto dot = file.find('.');
    const auto unique = dot == std::string_view::npos ? std::string_view() : file.substr(dot + 1);
    const auto m = unique.substr(0, unique.find('.')).find('M');
    return {leading_number(file), m == std::string_view::npos ? 0 : leading_number(unique.substr(m + 1))};
}

MaildirName parse_maildir_name(std::string_view file) {
    MaildirName name;
    name.base = file.substr(0, file.find(':'));
    for (const char letter : letters_of(file)) {
        if (const auto flag = flag_of(letter))
            name.flags.set(*flag);
        else if (letter >= 'a' && letter <= 'z')
            name.letters |= std::uint32_t{1} << (letter - 'a');
    }
    name.size = size_field(name.base, ",S=");
    name.virtual_size = size_field(name.base, ",W=");
    return name;
}

std::string flag_letters(mail::Flags flags, std::uint32_t letters) {
    std::string text;
    for (const char letter : {'D', 'F', 'R', 'S', 'T'})
        if (flags.has(*flag_of(letter))) text += letter;
    for (int i = 0; i < 26; ++i)
        if ((letters >> i & 1) != 0) text += static_cast<char>('a' + i);
    return text;
}

std::string with_flags(std::string_view file, mail::Flags flags, std::uint32_t letters) {
    auto result = name_in_cur(file);
    const auto old = letters_of(result);
    auto wanted = flag_letters(flags, letters);
    for (const char letter : old)
        if (!flag_of(letter) && (letter < 'a' || letter > 'z') && wanted.find(letter) == std::string::npos)
            wanted += letter;
    std::sort(wanted.begin(), wanted.end());
    return result.replace(static_cast<std::size_t>(old.data() - result.data()), old.size(), wanted);
}

std::string name_in_cur(std::string_view file) {
    std::string result(file);
    if (letters_of(file).data() == nullptr) result += info_mark;
    return result;
}

bool arrived_before(std::string_view a, std::string_view b) {
    const auto x = arrival_of(a), y = arrival_of(b);
    return std::tie(x.seconds, x.microseconds, a) < std::tie(y.seconds, y.microseconds, b);
}

bool is_message_name(std::string_view file) {
    // A base name must fit on a line of dovecot-uidlist.
    return !file.empty() && file[0] != '.' && file[0] != ':' && file.find('\n') == std::string_view::npos;
}

} // namespace hearth::store
