// SPDX-License-Identifier: Apache-2.0
// The part of a rescan that gives UIDs to files that have none, under the uidlist's lock.
#include "base/text.hpp"
#include "store/index/index.hpp"
#include "store/maildir/file_name.hpp"
#include "store/maildir/new_file.hpp"
#include "store/rescan.hpp"

#include <algorithm>
#include <ctime>
#include <unordered_set>

namespace hearth::store {
namespace {

// The uidlist is written anew when it has this many dead lines, and they are a quarter of it.
constexpr std::size_t dead_lines_min = 100;
// Files that get their UIDs while the lock is held once: about one slice.
constexpr std::size_t assigned_at_once = 4000;
// Of so many it is looked once more, under the lock, whether they are still there. Of more that takes too long; a line
// without file does no harm.
constexpr std::size_t looked_at_max = 1000;

} // namespace

// Files that went away and came back have a line, though not one that was read just now.
Result<void> Rescan::find_listed() {
    if (reading_.whole || std::exchange(listed_asked_, true)) return {};
    for (auto& added : new_) {
        if (added.record.uid != 0) continue;
        const auto base = parse_maildir_name(added.file->name).base;
        auto uid = parts_.index.listed_uid(parts_.id, base);
        // Whoever gave it a UID may have written its row just now.
        if (uid && !*uid) uid = parts_.index.uid_of(parts_.id, base);
        if (!uid) return uid.error();
        if (*uid) added.record = {**uid, {}, std::string(base)};
    }
    return {};
}

// Error::unfinished: some have UIDs, there are more.
Result<void> Rescan::assign() {
    if (auto done = find_listed(); !done) return done;
    const auto needs_uid = [](const Unlisted& added) { return added.record.uid == 0; };
    const bool has_list = reading_.stamp.exists();
    if (has_list && std::none_of(new_.begin() + static_cast<std::ptrdiff_t>(considered_), new_.end(), needs_uid))
        return {};
    if (!parts_.writable) return number_in_memory();

    auto lock = parts_.uidlist.lock();
    if (!lock && is_permission(lock.error())) {
        parts_.writable = false;
        return number_in_memory();
    }
    if (!lock && is_full(lock.error()) && has_list) {
        hidden_ = true;
        return {};
    }
    if (!lock) return parts_.store_error(lock.error(), "lock dovecot-uidlist");
    const auto owes_compaction = has_many_dead_lines();
    if (!owes_compaction) return owes_compaction.error();
    auto fresh =
        has_list && !owes_compaction->has_value() ? parts_.uidlist.read_since(reading_.mark) : parts_.uidlist.read();
    if (!fresh) return parts_.store_error(fresh.error(), "read dovecot-uidlist");
    if (auto taken = take_reading(std::move(*fresh)); !taken) return taken;
    const auto names = was_read_early();
    if (!names) return names.error();
    if (*names == Reading::early) {
        looked_for_late_ = true;
        return look_again();
    }
    reading_.list.uidnext = std::max(reading_.list.uidnext, reset_ || state_.uidvalidity == 0 ? 1 : state_.uidnext);

    std::vector<Unlisted*> unlisted;
    const auto first = considered_;
    for (; considered_ < new_.size() && unlisted.size() < assigned_at_once; ++considered_) {
        auto& added = new_[considered_];
        if (!needs_uid(added)) continue;
        if (new_.size() > looked_at_max || is_there(added.file->fresh, added.file->name)) unlisted.push_back(&added);
    }
    std::vector<UidlistFile::Unlisted> files;
    for (const auto* added : unlisted)
        files.push_back({std::string(parse_maildir_name(added->file->name).base)});
    bool rewrite = false;
    if (first == 0 && !only_new_ && reading_.whole && dead_.size() >= dead_lines_min &&
        dead_.size() * 4 >= reading_.list.records.size()) {
        const auto lines = reading_.list.records.size();
        if (auto done = compact(reading_); !done) return done;
        rewrite = reading_.list.records.size() < lines;
    }
    const auto first_uid = reading_.list.uidnext;
    auto done = parts_.uidlist.assign(*lock, reading_, files, rewrite);
    if (!done) considered_ = first;
    if (!done && is_full(done.error()) && has_list) {
        parts_.warn("mailbox " + parts_.place.label + ": the disk is full; new messages get no UIDs and aren't shown");
        hidden_ = true;
        return {};
    }
    if (!done && is_permission(done.error())) {
        parts_.writable = false;
        return number_in_memory();
    }
    if (!done) return parts_.store_error(done.error(), "write dovecot-uidlist");
    for (std::size_t i = 0; i < unlisted.size(); ++i)
        unlisted[i]->record = {first_uid + static_cast<std::uint32_t>(i), {}, files[i].base};
    if (considered_ < new_.size()) return Error::unfinished;
    return {};
}

// What was read under the lock takes the place of what was read before it.
Result<void> Rescan::take_reading(UidlistFile::Reading fresh) {
    const auto first_new = reading_.list.records.size();
    const bool another = fresh.whole && (reading_.stamp.exists() || fresh.stamp.exists());
    if (!fresh.whole) {
        fresh.whole = reading_.whole;
        auto records = std::move(reading_.list.records);
        records.insert(records.end(), fresh.list.records.begin(), fresh.list.records.end());
        fresh.list.records = std::move(records);
    }
    reading_ = std::move(fresh);
    if (another) { // written anew meanwhile, or it has to be
        if (only_new_) return look_again();
        return find_new();
    }
    const auto& records = reading_.list.records;
    std::unordered_map<std::string_view, const UidlistRecord*> by_base;
    for (auto i = first_new; i < records.size(); ++i)
        by_base[records[i].base] = &records[i];
    if (!by_base.empty())
        for (auto& added : new_) {
            const auto at = by_base.find(parse_maildir_name(added.file->name).base);
            if (added.record.uid == 0 && at != by_base.end()) added.record = *at->second;
        }
    for (auto i = first_new; i < records.size(); ++i)
        if (scan_.find(records[i].base) == nullptr) dead_.push_back(records[i]);
    return {};
}

// Whether files were listed after the names were read, which the index doesn't know either: they come before those that
// get their UIDs now, because a client counts new messages from the end.
Result<Rescan::Reading> Rescan::was_read_early() {
    if (looked_for_late_ || state_.uidvalidity == 0 || reset_) return Reading::complete;
    for (const auto& record : dead_) {
        auto known = parts_.index.uid_of(parts_.id, record.base);
        if (known && !*known) known = parts_.index.listed_uid(parts_.id, record.base);
        if (!known) return known.error();
        if (!*known) return Reading::early;
    }
    return Reading::complete;
}

// Has a value when it is time to write the list anew.
Result<std::optional<std::int64_t>> Rescan::has_many_dead_lines() {
    std::optional<std::int64_t> many;
    if (only_new_ || considered_ != 0) return many;
    const auto listed = parts_.index.listed_count(parts_.id);
    if (!listed) return listed.error();
    const auto dead = *listed + static_cast<std::int64_t>(missing_.size());
    if (dead >= static_cast<std::int64_t>(dead_lines_min) && dead * 4 >= state_.exists + *listed) many = dead;
    return many;
}

// Drops the lines of files that have been gone for longer than this rescan, after one more look at the directories.
Result<void> Rescan::compact(UidlistFile::Reading& reading) {
    if (auto begun = scan_.begin(parts_.place.directory.get(), true); !begun)
        return parts_.store_error(begun.error(), "open cur/ and new/");
    if (auto read = scan_.read(Slice::unlimited()); !read)
        return parts_.store_error(read.error(), "read the directory");
    std::unordered_map<std::string_view, std::uint32_t> last;
    for (const auto& record : reading.list.records)
        last[record.base] = record.uid;
    std::vector<UidlistRecord> live;
    std::unordered_set<std::uint32_t> dropped;
    for (const auto& record : reading.list.records) {
        bool is_live = last.at(record.base) == record.uid;
        if (is_live && scan_.find(record.base) == nullptr) {
            // A file that somebody renames may be missed by any reading. Dead is what an earlier rescan missed as well.
            const auto missed = parts_.index.listed_uid(parts_.id, record.base);
            if (!missed) return missed.error();
            is_live = !missed->has_value();
        }
        if (is_live)
            live.push_back(record);
        else
            dropped.insert(record.uid);
    }
    reading.list.records = std::move(live);
    // apply() tells the index all others that the readings before this one missed: so the next rescan knows what is dead,
    // and which UID a file has that only this reading found.
    std::erase_if(dead_, [&](const UidlistRecord& record) { return dropped.count(record.uid) != 0; });
    // The scan may have given files other names: pointers into it stay, empty ones are looked for anew by the next
    // scan.
    return {};
}

// For a folder that can't be written: nobody can give its new messages UIDs that others would agree with.
Result<void> Rescan::number_in_memory() {
    if (reading_.stamp.exists()) {
        if (!std::exchange(parts_.hidden_warned, true))
            parts_.warn("mailbox " + parts_.place.label +
                        " can't be written: messages that are not in dovecot-uidlist aren't shown");
        return {};
    }
    reset_ = false;
    std::erase_if(new_, [](const Unlisted& added) { return added.file->uid != 0; });
    if (state_.uidvalidity == 0)
        parts_.warn("mailbox " + parts_.place.label +
                    " has no dovecot-uidlist and can't be written: its UIDs last for one session");
    auto& list = reading_.list;
    list.uidvalidity = state_.uidvalidity != 0 ? state_.uidvalidity : static_cast<std::uint32_t>(::time(nullptr));
    list.uidnext = state_.uidnext;
    for (auto& added : new_)
        if (added.record.uid == 0) added.record = list.add(std::string(parse_maildir_name(added.file->name).base));
    return {};
}

} // namespace hearth::store
