// SPDX-License-Identifier: Apache-2.0
#include "store/maildir_folder.hpp"

#include "base/text.hpp"
#include "store/maildir/file_name.hpp"
#include "store/maildir/unlisted_files.hpp"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace hearth::store {
namespace {

namespace errc = boost::system::errc;

constexpr std::int64_t second = 1000000000;
// A directory whose time is younger than this when it is read may change once more without its time changing.
constexpr std::int64_t settled_after = 2 * second;
// Class B changes are durable within this time, if anybody comes by.
constexpr std::int64_t unsettled_max = 1 * second;
// The uidlist is written anew when it has this many dead lines, and they are a quarter of it.
constexpr std::size_t dead_lines_min = 100;

std::int64_t realtime() {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * second + now.tv_nsec;
}

std::string path_in(bool in_new, const std::string& name) {
    return (in_new ? "new/" : "cur/") + name;
}

bool is_permission(const error_code& error) {
    return error == errc::permission_denied || error == errc::operation_not_permitted ||
           error == errc::read_only_file_system;
}

bool is_full(const error_code& error) {
    return error == errc::no_space_on_device || error.value() == EDQUOT;
}

bool same_for_clients(const Rows& a, const Rows& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const MessageRow& x, const MessageRow& y) {
        return x.uid == y.uid && x.flags == y.flags && x.keywords == y.keywords && x.recent == y.recent;
    });
}

} // namespace

MaildirFolder::MaildirFolder(FolderPlace place, Warn warn)
    : place_(std::move(place)), warn_(std::move(warn)), uidlist_(place_.control.get(), place_.label, warn_) {
    struct stat status {};
    if (::fstat(place_.directory.get(), &status) == 0) inode_ = status.st_ino;
    writable_ = ::faccessat(place_.directory.get(), "cur", W_OK, AT_EACCESS) == 0 &&
                ::faccessat(place_.control.get(), ".", W_OK, AT_EACCESS) == 0;
}

Result<std::vector<std::uint32_t>> MaildirFolder::refresh(bool take_new) {
    const auto now = look();
    if (!now) return now.error();
    if (unsettled_since_ && now->taken_at - *unsettled_since_ > unsettled_max) settle();
    if (now->keywords != seen_.keywords) read_keywords();
    if (!is_trusted(*now))
        if (auto scanned = rescan(*now); !scanned) return scanned.error();
    seen_.keywords = now->keywords;
    if (!take_new || new_count_ == 0 || !writable_) return std::vector<std::uint32_t>();
    return take_new_files();
}

Result<MaildirFolder::Stamps> MaildirFolder::look() const {
    Stamps stamps;
    stamps.taken_at = realtime();
    const std::pair<Stamp*, std::pair<int, const char*>> wanted[] = {{&stamps.cur, {place_.directory.get(), "cur"}},
        {&stamps.fresh, {place_.directory.get(), "new"}}, {&stamps.uidlist, {place_.control.get(), uidlist_name}},
        {&stamps.keywords, {place_.control.get(), "dovecot-keywords"}}};
    for (const auto& [stamp, place] : wanted) {
        auto found = stamp_of(place.first, place.second);
        if (!found) return store_error(found.error(), "stat");
        *stamp = *found;
    }
    if (!stamps.cur.exists()) return Error::no_such_mailbox;
    return stamps;
}

bool MaildirFolder::is_trusted(const Stamps& now) const {
    const auto settled = [&](const Stamp& before, const Stamp& after) {
        return before == after && before.modified + settled_after <= seen_.taken_at;
    };
    return uidvalidity_ != 0 && settled(seen_.cur, now.cur) && settled(seen_.fresh, now.fresh) &&
           seen_.uidlist == now.uidlist;
}

void MaildirFolder::read_keywords() {
    const auto text = read_file(place_.control.get(), "dovecot-keywords", 64 * 1024);
    keywords_.update(text ? *text : std::string());
    auto& rows = changeable_rows();
    for (std::size_t i = 0; i < rows.size(); ++i)
        rows[i].keywords = keywords_.bits(files_[i].letters);
    ++generation_;
}

Result<void> MaildirFolder::scan_directories(MaildirScan& scan) const {
    const auto cur = open_directory(place_.directory.get(), "cur");
    if (!cur) return store_error(cur.error(), "open cur/");
    auto fresh = open_directory(place_.directory.get(), "new");
    if (!fresh && fresh.error() == errc::no_such_file_or_directory &&
        ::mkdirat(place_.directory.get(), "new", 0700) == 0)
        fresh = open_directory(place_.directory.get(), "new");
    if (!fresh) return store_error(fresh.error(), "open new/");
    if (auto added = scan.add(fresh->get(), cur->get()); !added) return store_error(added.error(), "read");
    if (scan.truncated())
        warn_("mailbox " + place_.label + " has more than " + std::to_string(MaildirScan::files_max) +
              " files; the rest isn't shown");
    return {};
}

bool MaildirFolder::misses_files(const MaildirScan& scan) const {
    return std::any_of(files_.begin(), files_.end(),
        [&](const File& file) { return scan.find(parse_maildir_name(file.name).base) == nullptr; });
}

Result<void> MaildirFolder::rescan(const Stamps& now) {
    MaildirScan scan;
    if (auto scanned = scan_directories(scan); !scanned) return scanned;
    // A file that is being renamed may be missed. Gone is what two looks don't find.
    if (misses_files(scan))
        if (auto scanned = scan_directories(scan); !scanned) return scanned;
    auto reading = listed(scan);
    if (!reading) return reading.error();
    build(reading->list, scan);
    const auto keywords = seen_.keywords;
    seen_ = now;
    seen_.keywords = keywords;
    seen_.uidlist = reading->stamp;
    return {};
}

// The uidlist with a record for every file of `scan`, as far as that can be had.
Result<UidlistFile::Reading> MaildirFolder::listed(MaildirScan& scan) {
    auto reading = uidlist_.read();
    if (!reading) return store_error(reading.error(), "read dovecot-uidlist");
    const bool complete = reading->stamp.exists() && unlisted_files(reading->list, scan).empty();
    if (complete) return reading;
    const auto done = writable_ ? list_new_files(*reading, scan) : Result<void>();
    if (!done && is_permission(done.error())) {
        writable_ = false;
    } else if (!done && is_full(done.error()) && reading->stamp.exists()) {
        warn_("mailbox " + place_.label + ": the disk is full; new messages get no UIDs and aren't shown");
        reading->stamp = {}; // not what is on disk, so the next look tries again
    } else if (!done) {
        return store_error(done.error(), "write dovecot-uidlist");
    }
    if (!writable_) number_in_memory(reading->list, scan);
    return reading;
}

Result<void> MaildirFolder::list_new_files(UidlistFile::Reading& reading, MaildirScan& scan) {
    auto lock = uidlist_.lock();
    if (!lock) return lock.error();
    auto fresh = uidlist_.read();
    if (!fresh) return fresh.error();
    reading = std::move(*fresh);
    auto& records = reading.list.records;

    std::size_t dead = 0;
    for (const auto& record : records)
        dead += scan.find(record.base) == nullptr ? 1 : 0;
    const bool compact = dead >= dead_lines_min && dead * 4 >= records.size();
    if (compact) {
        if (auto scanned = scan_directories(scan); !scanned) return scanned;
        const auto by_base = index_by_base(reading.list);
        std::vector<UidlistRecord> live;
        for (std::size_t i = 0; i < records.size(); ++i)
            if (scan.find(records[i].base) != nullptr && by_base.at(records[i].base) == i) live.push_back(records[i]);
        records = std::move(live);
    }
    std::vector<std::string> bases;
    for (const auto* file : unlisted_files(reading.list, scan)) {
        // Gone, or renamed since the scan; the directory's time brings us back for the latter.
        const auto present = stamp_of(place_.directory.get(), path_in(file->in_new, file->name));
        if (present && present->exists()) bases.emplace_back(parse_maildir_name(file->name).base);
    }
    return uidlist_.assign(*lock, reading, bases, compact);
}

// For a folder that can't be written: nobody can give its new messages UIDs that others would agree with.
void MaildirFolder::number_in_memory(Uidlist& list, const MaildirScan& scan) {
    if (list.uidvalidity != 0) {
        if (!std::exchange(hidden_warned_, true))
            warn_(
                "mailbox " + place_.label + " can't be written: messages that are not in dovecot-uidlist aren't shown");
        return;
    }
    if (!in_memory_) {
        in_memory_.emplace();
        in_memory_->uidvalidity = static_cast<std::uint32_t>(::time(nullptr));
        warn_(
            "mailbox " + place_.label + " has no dovecot-uidlist and can't be written: its UIDs last for one session");
    }
    for (const auto* file : unlisted_files(*in_memory_, scan))
        in_memory_->add(std::string(parse_maildir_name(file->name).base));
    list = *in_memory_;
}

void MaildirFolder::build(const Uidlist& list, const MaildirScan& scan) {
    std::unordered_map<std::uint32_t, std::size_t> known; // by uid
    if (list.uidvalidity == uidvalidity_)
        for (std::size_t i = 0; i < files_.size(); ++i)
            known.emplace((*rows_)[i].uid, i);
    Rows rows;
    std::vector<File> files;
    const auto by_base = index_by_base(list);
    for (std::size_t i = 0; i < list.records.size(); ++i) {
        const auto& record = list.records[i];
        const auto* found = by_base.at(record.base) == i ? scan.find(record.base) : nullptr;
        if (found == nullptr) continue;
        const auto name = parse_maildir_name(found->name);
        MessageRow row;
        row.uid = record.uid;
        row.flags = name.flags;
        row.recent = found->in_new;
        row.keywords = keywords_.bits(name.letters);
        File file{found->name, name.letters, found->in_new, name.virtual_size};
        if (const auto before = known.find(record.uid); before != known.end()) {
            row.internal_date = (*rows_)[before->second].internal_date;
            if (!file.size) file.size = files_[before->second].size;
        } else {
            const auto stamp = stamp_of(place_.directory.get(), path_in(found->in_new, found->name));
            if (!stamp || !stamp->exists()) continue; // moved on; the directory's time brings us back
            row.internal_date = stamp->modified / second;
        }
        if (const auto size = record.extension('W'); !file.size && size) file.size = parse_u64(*size);
        row.message = std::hash<std::string_view>()(record.extension('G').value_or(record.base));
        rows.push_back(std::move(row));
        files.push_back(std::move(file));
    }
    show(std::move(rows), std::move(files), list);
}

void MaildirFolder::show(Rows rows, std::vector<File> files, const Uidlist& list) {
    if (list.uidvalidity != uidvalidity_ || list.uidnext != uidnext_ || !same_for_clients(rows, *rows_)) {
        rows.shrink_to_fit();
        rows_ = std::make_shared<Rows>(std::move(rows));
        ++generation_;
    }
    files_ = std::move(files);
    files_.shrink_to_fit();
    uidvalidity_ = list.uidvalidity;
    uidnext_ = list.uidnext;
    new_count_ =
        static_cast<std::size_t>(std::count_if(files_.begin(), files_.end(), [](const File& f) { return f.in_new; }));
}

Result<std::vector<std::uint32_t>> MaildirFolder::take_new_files() {
    std::vector<std::uint32_t> taken;
    auto& rows = changeable_rows();
    ++generation_;
    for (std::size_t i = 0; i < files_.size(); ++i) {
        auto& file = files_[i];
        if (!file.in_new) continue;
        const auto name = name_in_cur(file.name);
        const auto moved =
            rename_new(place_.directory.get(), path_in(true, file.name), place_.directory.get(), path_in(false, name));
        if (!moved && is_permission(moved.error())) {
            writable_ = false;
            break;
        }
        if (!moved) continue; // somebody else took it
        file.name = name;
        file.in_new = false;
        rows[i].recent = false;
        --new_count_;
        taken.push_back(rows[i].uid);
    }
    return taken;
}

std::optional<std::size_t> MaildirFolder::index_of(std::uint32_t uid) const {
    const auto at = std::lower_bound(rows_->begin(), rows_->end(), uid,
        [](const MessageRow& row, std::uint32_t wanted) { return row.uid < wanted; });
    if (at == rows_->end() || at->uid != uid) return std::nullopt;
    return static_cast<std::size_t>(at - rows_->begin());
}

// Rows that a session holds as its view must not change under it.
Rows& MaildirFolder::changeable_rows() {
    if (rows_.use_count() > 1) rows_ = std::make_shared<Rows>(*rows_);
    return *rows_;
}

Result<std::string> MaildirFolder::read_with(
    std::uint32_t uid, const std::function<Result<std::string>(const std::string&)>& reader) {
    for (int attempt = 0; attempt < 2; ++attempt) {
        const auto at = index_of(uid);
        if (!at) return Error::expunged;
        auto text = reader(path_in(files_[*at].in_new, files_[*at].name));
        if (text) return text;
        if (text.error() != errc::no_such_file_or_directory) return store_error(text.error(), "read a message");
        seen_ = {};
        if (const auto refreshed = refresh(false); !refreshed) return refreshed.error();
    }
    return Error::expunged;
}

Result<std::string> MaildirFolder::read(std::uint32_t uid) {
    return read_with(
        uid, [this](const std::string& path) { return read_file(place_.directory.get(), path, message_bytes_max); });
}

Result<std::string> MaildirFolder::read_start(std::uint32_t uid, std::size_t count) {
    return read_with(
        uid, [&](const std::string& path) { return store::read_start(place_.directory.get(), path, count); });
}

std::optional<std::uint64_t> MaildirFolder::known_size(std::uint32_t uid) const {
    const auto at = index_of(uid);
    return at ? files_[*at].size : std::nullopt;
}

void MaildirFolder::remember_size(std::uint32_t uid, std::uint64_t size) {
    if (const auto at = index_of(uid)) files_[*at].size = size;
}

Result<std::vector<std::uint32_t>> MaildirFolder::set_seen(std::span<const std::uint32_t> uids) {
    std::vector<std::uint32_t> missed;
    if (!writable_) return Error::not_permitted;
    for (const auto uid : uids) {
        const auto at = index_of(uid);
        if (!at) {
            missed.push_back(uid);
            continue;
        }
        auto& file = files_[*at];
        const auto name = with_flag_letter(file.name, 'S');
        if (name == file.name) continue;
        const auto renamed = rename_new(
            place_.directory.get(), path_in(file.in_new, file.name), place_.directory.get(), path_in(false, name));
        if (!renamed && renamed.error() == errc::no_such_file_or_directory) {
            missed.push_back(uid);
            continue;
        }
        if (!renamed) return store_error(renamed.error(), "rename a message");
        if (!unsettled_since_) unsettled_since_ = realtime();
        new_count_ -= file.in_new ? 1 : 0;
        file.name = name;
        file.in_new = false;
        auto& row = changeable_rows()[*at];
        row.flags.set(mail::Flag::seen);
        row.recent = false;
        ++generation_;
    }
    if (!missed.empty()) seen_ = {};
    return missed;
}

void MaildirFolder::settle() {
    if (!std::exchange(unsettled_since_, std::nullopt)) return;
    const auto cur = open_directory(place_.directory.get(), "cur");
    if (!cur || ::fsync(cur->get()) != 0)
        warn_("mailbox " + place_.label + ": fsync of cur/ failed: " + last_error().message());
}

std::size_t MaildirFolder::memory_bytes() const {
    std::size_t bytes = sizeof *this;
    for (std::size_t i = 0; i < files_.size(); ++i)
        bytes += sizeof(MessageRow) + sizeof(File) + files_[i].name.capacity();
    return bytes;
}

error_code MaildirFolder::store_error(const error_code& error, std::string_view doing) const {
    if (error.category() == error_category()) return error;
    if (is_permission(error)) return Error::not_permitted;
    if (error == errc::too_many_symbolic_link_levels || error == errc::cross_device_link) return Error::not_permitted;
    warn_("mailbox " + place_.label + ": can't " + std::string(doing) + ": " + error.message());
    return error == errc::invalid_argument ? Error::corrupt : Error::unavailable;
}

} // namespace hearth::store
