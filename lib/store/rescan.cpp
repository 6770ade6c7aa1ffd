// SPDX-License-Identifier: Apache-2.0
#include "store/rescan.hpp"

#include "store/index/index.hpp"
#include "store/maildir/file_name.hpp"

#include <algorithm>
#include <tuple>

namespace hearth::store {
namespace {

// Rows compared between two looks at the clock.
constexpr std::size_t page = 1000;

} // namespace

Placement with_foreign_name(
    const Placement& before, const std::string& name, bool fresh, const KeywordTable& keywords) {
    auto after = before;
    const auto old_file = before.name();
    const auto was = parse_maildir_name(old_file), is = parse_maildir_name(name);
    const auto changed = static_cast<std::uint8_t>(was.flags.bits ^ is.flags.bits);
    after.flags.bits = static_cast<std::uint8_t>((before.flags.bits & ~changed) | (is.flags.bits & changed));
    const auto letters = was.letters ^ is.letters;
    after.keywords = (before.keywords & ~keywords.bits(letters & ~is.letters)) | keywords.bits(letters & is.letters);
    after.fresh = fresh;
    after.info = name.substr(is.base.size());
    return after;
}

Rescan::Rescan(
    FolderParts& parts, const MailboxState& state, const MailboxStamps& seen, const FolderLook& look, bool only_new)
    : parts_(parts), state_(state), seen_(seen), look_(look), only_new_(only_new), is_first_(state.uidvalidity == 0) {}

bool Rescan::is_there(bool fresh, const std::string& name) const {
    const auto stamp = stamp_of(parts_.place.directory.get(), path_in_maildir(fresh, name));
    return !stamp || stamp->exists(); // what can't be found out isn't gone
}

Result<void> Rescan::work(const Slice& slice) {
    while (step_ != Step::done) {
        auto done = work_on_step(slice);
        // A step may also want to begin anew.
        const bool goes_on = done || (done.error() == make_error_code(Error::unfinished) &&
                                         parts_.index.database().state() == Database::State::good);
        if (!goes_on) return done;
        if (step_ != Step::done && slice.is_over()) return Error::unfinished;
    }
    return {};
}

Result<void> Rescan::work_on_step(const Slice& slice) {
    Result<void> done;
    switch (step_) {
    case Step::begin:
        done = begin();
        if (done) step_ = Step::names;
        return done;
    case Step::names:
        done = scan_.read(slice);
        if (!done) return parts_.store_error(done.error(), "read the directory");
        step_ = Step::compare;
        return done;
    case Step::compare: return compare(slice);
    case Step::list: return read_list();
    case Step::assign:
        done = assign();
        if (!done) return done;
        std::sort(
            new_.begin(), new_.end(), [](const Unlisted& a, const Unlisted& b) { return a.record.uid < b.record.uid; });
        step_ = Step::apply;
        return done;
    case Step::apply:
        done = apply(slice);
        if (done) step_ = Step::done;
        return done;
    case Step::done: break;
    }
    return done;
}

Result<void> Rescan::begin() {
    if (auto begun = scan_.begin(parts_.place.directory.get(), !only_new_); !begun)
        return parts_.store_error(begun.error(), "open cur/ and new/");
    return {};
}

// Reads both directories (once more) and compares everything with what all readings found.
Result<void> Rescan::look_again() {
    looked_twice_ = !only_new_;
    only_new_ = false;
    compared_ = 0;
    changed_.clear();
    missing_.clear();
    step_ = Step::names;
    if (auto begun = begin(); !begun) return begun;
    return Error::unfinished;
}

// Compares the rows of the index with the names. What seems to be missing gets a second look at the directories.
Result<void> Rescan::compare(const Slice& slice) {
    for (;;) {
        std::vector<Placement> rows;
        if (only_new_) {
            const auto fresh = parts_.index.fresh(parts_.id);
            if (!fresh) return fresh.error();
            for (const auto uid : *fresh) {
                const auto row = parts_.index.placement(parts_.id, uid);
                if (!row) return row.error();
                if (*row) rows.push_back(**row);
            }
        } else {
            auto read = parts_.index.placements(parts_.id, compared_, page);
            if (!read) return read.error();
            rows = std::move(*read);
        }
        for (const auto& row : rows) {
            auto* found = scan_.find(row.base);
            if (found == nullptr) {
                missing_.push_back(row.uid);
                continue;
            }
            found->uid = row.uid;
            if (found->fresh != row.fresh || found->name != row.name()) changed_.push_back(row.uid);
        }
        if (!rows.empty()) compared_ = rows.back().uid;
        if (only_new_ || rows.size() < page) break;
        if (slice.is_over()) return Error::unfinished;
    }
    if (!missing_.empty() && (only_new_ || !looked_twice_)) {
        // A file that left new/ is in cur/, or gone: that takes a look at both.
        return look_again();
    }
    if (scan_.is_truncated())
        parts_.warn("mailbox " + parts_.place.label + " has more than " + std::to_string(NameScan::files_max) +
                    " files; the rest isn't shown");
    step_ = Step::list;
    return {};
}

// Reads what is new in the uidlist, and finds out which files have no row yet.
Result<void> Rescan::read_list() {
    const bool unchanged = seen_.uidlist == look_.uidlist && state_.uidvalidity != 0;
    const auto is_new = [](const FoundName& file) { return file.uid == 0 && !file.name.empty(); };
    if (unchanged && std::none_of(scan_.names().begin(), scan_.names().end(), is_new)) {
        step_ = Step::apply;
        return {};
    }
    auto reading = state_.uidvalidity == 0 ? parts_.uidlist.read() : parts_.uidlist.read_since(state_.mark);
    if (!reading) return parts_.store_error(reading.error(), "read dovecot-uidlist");
    reading_ = std::move(*reading);
    list_read_ = true;
    if (reading_.whole && only_new_) return look_again(); // all rows are to be compared with it
    step_ = Step::assign;
    return find_new();
}

// Fills new_ with the files that need a row, with their records where they have one, in the order of their UIDs.
Result<void> Rescan::find_new() {
    new_.clear();
    dead_.clear();
    const auto& list = reading_.list;
    const bool exists = reading_.stamp.exists();
    // Another UIDVALIDITY, or none because the list is gone or damaged and will be made anew.
    reset_ = state_.uidvalidity != 0 &&
             (exists ? reading_.whole && list.uidvalidity != state_.uidvalidity : parts_.writable);
    dead_known_ = exists && reading_.whole;
    std::unordered_map<std::string_view, const UidlistRecord*> by_base; // the last of a name counts
    by_base.reserve(list.records.size());
    for (const auto& record : list.records)
        by_base[record.base] = &record;
    for (auto& file : scan_.names()) {
        if (file.name.empty()) continue;
        const auto at = by_base.find(parse_maildir_name(file.name).base);
        const auto* record = at == by_base.end() ? nullptr : at->second;
        if (file.uid != 0 && !reset_) {
            // Known; but not if the list says otherwise now.
            if (!exists || (!reading_.whole && record == nullptr)) continue;
            if (record != nullptr && record->uid == file.uid) continue;
        }
        new_.push_back({&file, record == nullptr ? UidlistRecord() : *record, arrival_of(file.name)});
    }
    // The order in which those without UID will get one.
    std::sort(new_.begin(), new_.end(), [](const Unlisted& a, const Unlisted& b) {
        return std::tie(a.arrival, a.file->name) < std::tie(b.arrival, b.file->name);
    });
    considered_ = 0;
    listed_asked_ = false;
    // Perhaps they came after the names were read, and whoever gave them their UIDs hasn't written rows yet.
    for (const auto& [base, record] : by_base)
        if (scan_.find(base) == nullptr) dead_.push_back(*record);
    return {};
}

} // namespace hearth::store
