// SPDX-License-Identifier: Apache-2.0
#include "store/maildir/keywords_file.hpp"

#include "store/error.hpp"

#include <sys/stat.h>

namespace hearth::store {

Result<void> read_keywords(int control, KeywordTable& table, Stamp* stamp) {
    const auto text = read_file(control, keywords_name, keywords_bytes_max, stamp);
    if (!text && text.error() != boost::system::errc::no_such_file_or_directory) return text.error();
    if (!text && stamp != nullptr) *stamp = {};
    table.update(text ? *text : std::string());
    return {};
}

Result<void> write_keywords(
    const Dotlock& uidlist_lock, int control, KeywordTable& table, std::span<const std::size_t> numbers) {
    const auto lock = Dotlock::acquire(control, keywords_name);
    if (!lock) return lock.error();
    if (const auto read = read_keywords(control, table); !read) return read.error();
    bool changed = false;
    const auto as_on_disk = table;
    for (const auto number : numbers)
        changed = table.give_letter(number) || changed;
    if (!changed) return {};
    struct stat status {};
    const mode_t mode = ::fstat(control, &status) == 0 ? (status.st_mode & 0666) | 0600 : 0600;
    auto written = uidlist_lock.is_held() && lock->is_held() ? replace_file(control, keywords_name, table.text(), mode)
                                                             : Result<void>(Error::busy);
    if (!written) table = as_on_disk;
    return written;
}

} // namespace hearth::store
