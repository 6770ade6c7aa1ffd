// SPDX-License-Identifier: Apache-2.0
#include "store/maildir/subscriptions.hpp"

#include "base/text.hpp"
#include "store/error.hpp"
#include "store/maildir/disk.hpp"
#include "store/maildir/dotlock.hpp"

#include <sys/stat.h>

namespace hearth::store {
namespace {

constexpr std::string_view version_2 = "V\t2\n\n";

// Undoes Dovecot's escapes of \001, tab, CR, LF and NUL.
std::string unescape(std::string_view text, char separator) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\001' || i + 1 == text.size()) {
            result += text[i] == '\t' ? separator : text[i];
            continue;
        }
        const char code = text[++i];
        result += code == '0'   ? '\0'
                  : code == '1' ? '\001'
                  : code == 't' ? '\t'
                  : code == 'r' ? '\r'
                  : code == 'n' ? '\n'
                                : code;
    }
    return result;
}

std::string escape(std::string_view name, char separator) {
    std::string result;
    for (const char c : name) {
        const auto code = c == '\0' ? '0' : c == '\001' ? '1' : c == '\t' ? 't' : c == '\r' ? 'r' : c == '\n' ? 'n' : c;
        if (code != c)
            result.append({'\001', code});
        else
            result += c == separator ? '\t' : c;
    }
    return result;
}

std::string name_of_line(std::string_view line, bool is_version_2, char separator) {
    return is_version_2 ? unescape(line, separator) : std::string(line);
}

} // namespace

std::vector<std::string> parse_subscriptions(std::string_view text, char separator) {
    std::vector<std::string> names;
    const bool is_version_2 = text.starts_with(version_2);
    if (is_version_2) text.remove_prefix(version_2.size());
    for (const auto line : split(text, '\n'))
        if (!line.empty()) names.push_back(name_of_line(line, is_version_2, separator));
    return names;
}

std::string with_subscription(std::string_view text, std::string_view name, bool subscribed, char separator) {
    if (text.empty()) text = version_2;
    const bool is_version_2 = text.starts_with(version_2);
    std::string result;
    if (is_version_2) {
        result = version_2;
        text.remove_prefix(version_2.size());
    }
    bool is_there = false;
    for (const auto line : split(text, '\n')) {
        if (line.empty()) continue;
        const bool is_it = name_of_line(line, is_version_2, separator) == name;
        if (is_it && (!subscribed || is_there)) continue;
        is_there = is_there || is_it;
        result.append(line).append("\n");
    }
    if (subscribed && !is_there) result.append(is_version_2 ? escape(name, separator) : std::string(name)).append("\n");
    return result;
}

Result<void> change_subscription(
    int directory, const std::string& file, std::string_view name, bool subscribed, char separator) {
    const auto lock = Dotlock::acquire(directory, file);
    if (!lock) return lock.error();
    auto text = read_file(directory, file, subscriptions_bytes_max);
    if (!text && text.error() == boost::system::errc::no_such_file_or_directory) text = std::string();
    if (!text) return text.error();
    const auto changed = with_subscription(*text, name, subscribed, separator);
    if (changed == *text || (text->empty() && !subscribed)) return {};
    if (changed.size() > subscriptions_bytes_max) return Error::limit_reached;
    if (!lock->is_held()) return Error::busy;
    struct stat status {};
    const mode_t mode = ::fstat(directory, &status) == 0 ? (status.st_mode & 0666) | 0600 : 0600;
    return replace_file(directory, file, changed, mode);
}

} // namespace hearth::store
