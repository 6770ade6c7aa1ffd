// SPDX-License-Identifier: Apache-2.0
#include "store/maildir/uidlist_file.hpp"

#include "base/id.hpp"
#include "base/random.hpp"
#include "store/error.hpp"
#include "store/maildir/uidvalidity.hpp"

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

// How far `text`, the whole file, was read: up to its last line end.
UidlistFile::Mark mark_of(std::string_view text, const Stamp& stamp, std::uint32_t uidnext) {
    UidlistFile::Mark mark{stamp, {}, {}, uidnext};
    const auto end = text.rfind('\n') + 1;
    mark.stamp.size = end;
    mark.header = text.substr(0, text.find('\n') + 1);
    const auto before = end < 2 ? std::string_view::npos : text.rfind('\n', end - 2);
    mark.last_line = text.substr(before + 1, end - before - 1);
    return mark;
}

} // namespace

UidlistFile::Reading UidlistFile::damaged(std::string_view text, const Stamp& stamp, const std::string& why) {
    uidvalidity_seen_ = std::max(uidvalidity_seen_, salvage_uidvalidity(text));
    if (damaged_seen_ != stamp) warn_("mailbox " + label_ + ": " + uidlist_name + " is damaged (" + why + ")");
    damaged_seen_ = stamp;
    Reading reading;
    reading.damaged = true;
    return reading;
}

Result<UidlistFile::Reading> UidlistFile::read() {
    Reading reading;
    const auto text = read_file(directory_, uidlist_name, bytes_max, &reading.stamp);
    if (!text && text.error() == boost::system::errc::no_such_file_or_directory) return reading;
    if (!text) return text.error();
    auto list = Uidlist::parse(*text);
    if (!list) return damaged(*text, reading.stamp, list.error().text);
    reading.list = std::move(*list);
    reading.stamp.size = text->size();
    reading.mark = mark_of(*text, reading.stamp, reading.list.uidnext);
    uidvalidity_seen_ = std::max(uidvalidity_seen_, reading.list.uidvalidity);
    return reading;
}

Result<UidlistFile::Reading> UidlistFile::read_since(const Mark& mark) {
    if (!mark.stamp.exists()) return read();
    Stamp stamp;
    const auto fd = open_file(directory_, uidlist_name, &stamp);
    if (!fd) return read();
    if (stamp.device != mark.stamp.device || stamp.inode != mark.stamp.inode || stamp.size < mark.stamp.size ||
        stamp.size > bytes_max)
        return read();
    // Inodes are used again: it is the same list if it begins alike and has the same line at the same place. Then
    // what follows are the UIDs above that line's, whoever wrote the file.
    const auto start = read_at(fd->get(), 0, mark.header.size());
    const auto from = mark.stamp.size - mark.last_line.size();
    auto rest = read_at(fd->get(), from, stamp.size - from);
    if (!start || !rest || *start != mark.header || !rest->starts_with(mark.last_line)) return read();
    const bool has_record = mark.last_line.size() < mark.stamp.size;
    auto list = Uidlist::parse(has_record ? mark.header + *rest : *rest);
    if (!list) return read();
    Reading reading;
    reading.list = std::move(*list);
    if (has_record) reading.list.records.erase(reading.list.records.begin());
    reading.list.uidnext = std::max(reading.list.uidnext, mark.uidnext);
    reading.stamp = stamp;
    reading.stamp.size = from + rest->size();
    reading.whole = false;
    reading.mark = mark_of(*rest, reading.stamp, reading.list.uidnext);
    reading.mark.stamp.size += from;
    reading.mark.header = mark.header;
    uidvalidity_seen_ = std::max(uidvalidity_seen_, reading.list.uidvalidity);
    return reading;
}

Result<void> UidlistFile::set_aside() {
    const auto name = std::string(uidlist_name) + ".bad-" + std::to_string(::time(nullptr));
    if (::renameat(directory_, uidlist_name, directory_, name.c_str()) != 0 && errno != ENOENT) return last_error();
    warn_("mailbox " + label_ + ": set aside as " + name + "; all its messages get new UIDs");
    return {};
}

// Writes the records from `first_new` on behind those in the file, or the whole list in the place of the file; then the
// stamp and the mark are those of what is on disk.
Result<void> UidlistFile::write(const Dotlock& held, Reading& reading, std::size_t first_new, bool rewrite) {
    auto& list = reading.list;
    if (!held.is_held()) return Error::busy;
    const bool append = reading.stamp.exists() && list.appendable() && !rewrite;
    std::string text;
    if (append) {
        for (auto i = first_new; i < list.records.size(); ++i)
            text += list.records[i].line();
        if (text.empty()) return {};
    } else {
        if (list.guid.empty()) list.guid = new_guid();
        text = list.text();
    }
    auto written = append ? append_to_file(directory_, uidlist_name, reading.stamp.inode, text)
                          : replace_file(directory_, uidlist_name, text, file_mode(directory_));
    if (!written) return written;
    const auto stamp = stamp_of(directory_, uidlist_name);
    if (!stamp) return stamp.error();
    auto mark = mark_of(text, *stamp, list.uidnext);
    mark.stamp.size = stamp->size;
    if (append) mark.header = reading.mark.header;
    reading.stamp = *stamp;
    reading.mark = std::move(mark);
    return {};
}

Result<void> UidlistFile::assign(const Dotlock& held, Reading& reading, std::span<const Unlisted> files, bool rewrite) {
    const bool anew = rewrite || !reading.stamp.exists() || !reading.list.appendable();
    if (anew && !reading.whole) {
        auto all = read();
        if (!all) return all.error();
        reading = std::move(*all);
    }
    auto& list = reading.list;
    if (files.size() > 0xffffffff - list.uidnext) return Error::corrupt; // 2^32 UIDs are used up
    if (reading.damaged)
        if (auto moved = set_aside(); !moved) return moved;
    const auto uidvalidity_before = list.uidvalidity, uidnext_before = list.uidnext;
    const auto first_new = list.records.size();
    if (list.uidvalidity == 0) list.uidvalidity = next_uidvalidity(control_root_, uidvalidity_seen_);
    for (const auto& file : files)
        list.add(file.base, file.extensions);
    if (auto written = write(held, reading, first_new, rewrite); !written) {
        list.records.resize(first_new);
        list.uidvalidity = uidvalidity_before;
        list.uidnext = uidnext_before;
        return written;
    }
    uidvalidity_seen_ = std::max(uidvalidity_seen_, list.uidvalidity);
    list.version = 3;
    list.torn = reading.damaged = false;
    return {};
}

} // namespace hearth::store
