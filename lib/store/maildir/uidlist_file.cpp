// SPDX-License-Identifier: Apache-2.0
#include "store/maildir/uidlist_file.hpp"

#include "base/id.hpp"
#include "base/random.hpp"
#include "store/store.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <fcntl.h>
#include <sys/stat.h>

namespace hearth::store {
namespace {

std::string new_guid() {
    std::array<std::byte, 16> bytes{};
    fill_random(bytes);
    return to_hex(bytes.data(), bytes.size());
}

// The UIDVALIDITY that a damaged file may still tell: the number after the first " V".
std::uint32_t salvage_uidvalidity(std::string_view text) {
    const auto line = text.substr(0, text.find('\n'));
    const auto at = line.find(" V");
    std::uint32_t value = 0;
    if (at != std::string_view::npos) std::from_chars(line.data() + at + 2, line.data() + line.size(), value);
    return value;
}

// The mode for files beside the mail: who may read and write the directory may read and write them.
mode_t file_mode(int directory) {
    struct stat status {};
    return ::fstat(directory, &status) == 0 ? (status.st_mode & 0666) | 0600 : 0600;
}

} // namespace

Result<UidlistFile::Reading> UidlistFile::read() {
    Reading reading;
    const auto text = read_file(directory_, uidlist_name, bytes_max, &reading.stamp);
    if (!text && text.error() == boost::system::errc::no_such_file_or_directory) return reading;
    if (!text) return text.error();
    auto list = Uidlist::parse(*text);
    if (list) {
        reading.list = std::move(*list);
        uidvalidity_seen_ = std::max(uidvalidity_seen_, reading.list.uidvalidity);
        return reading;
    }
    uidvalidity_seen_ = std::max(uidvalidity_seen_, salvage_uidvalidity(*text));
    if (damaged_seen_ != reading.stamp)
        warn_("mailbox " + label_ + ": " + uidlist_name + " is damaged (" + list.error().text + ")");
    damaged_seen_ = reading.stamp;
    reading.damaged = true;
    reading.stamp = {};
    return reading;
}

// Now in seconds, but above everything that was used here: by this mailbox, or by Dovecot's counter if there is one.
std::uint32_t UidlistFile::new_uidvalidity() const {
    std::uint32_t counter = 0;
    if (const auto text = read_file(directory_, "dovecot-uidvalidity", 64))
        std::from_chars(text->data(), text->data() + text->size(), counter, 16);
    const auto now = static_cast<std::uint32_t>(::time(nullptr));
    constexpr std::uint32_t highest = 0xfffffffe;
    return std::max({now, std::min(uidvalidity_seen_, highest - 1) + 1, std::min(counter, highest - 1) + 1});
}

Result<void> UidlistFile::set_aside() {
    const auto name = std::string(uidlist_name) + ".bad-" + std::to_string(::time(nullptr));
    if (::renameat(directory_, uidlist_name, directory_, name.c_str()) != 0 && errno != ENOENT) return last_error();
    warn_("mailbox " + label_ + ": set aside as " + name + "; all its messages get new UIDs");
    return {};
}

// Writes the records from `first_new` on behind those in the file, or the whole list in the place of the file.
Result<void> UidlistFile::write(const Dotlock& held, Reading& reading, std::size_t first_new, bool rewrite) {
    auto& list = reading.list;
    if (!held.is_held()) return Error::in_use;
    if (reading.stamp.exists() && list.appendable() && !rewrite) {
        std::string lines;
        for (auto i = first_new; i < list.records.size(); ++i)
            lines += list.records[i].line();
        if (lines.empty()) return {};
        return append_to_file(directory_, uidlist_name, reading.stamp.inode, lines);
    }
    if (list.guid.empty()) list.guid = new_guid();
    return replace_file(directory_, uidlist_name, list.text(), file_mode(directory_));
}

Result<void> UidlistFile::assign(
    const Dotlock& held, Reading& reading, const std::vector<std::string>& bases, bool rewrite) {
    auto& list = reading.list;
    if (bases.size() > 0xffffffff - list.uidnext) return Error::corrupt; // 2^32 UIDs are used up
    if (reading.damaged)
        if (auto moved = set_aside(); !moved) return moved;
    const auto uidvalidity_before = list.uidvalidity, uidnext_before = list.uidnext;
    const auto first_new = list.records.size();
    if (list.uidvalidity == 0) list.uidvalidity = new_uidvalidity();
    for (const auto& base : bases)
        list.add(base);
    if (auto written = write(held, reading, first_new, rewrite); !written) {
        list.records.resize(first_new);
        list.uidvalidity = uidvalidity_before;
        list.uidnext = uidnext_before;
        return written;
    }
    uidvalidity_seen_ = std::max(uidvalidity_seen_, list.uidvalidity);
    list.version = 3;
    list.torn = reading.damaged = false;
    auto stamp = stamp_of(directory_, uidlist_name);
    if (!stamp) return stamp.error();
    reading.stamp = *stamp;
    return {};
}

} // namespace hearth::store
