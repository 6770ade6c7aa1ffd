// SPDX-License-Identifier: Apache-2.0
#include "store/maildir_intake.hpp"

#include "store/index/mailbox_writer.hpp"
#include "store/maildir/file_name.hpp"

#include <algorithm>
#include <ctime>

namespace hearth::store {
namespace {

namespace errc = boost::system::errc;

// Files moved, and rows written, between two looks at the clock.
constexpr std::size_t batch = 64;
// Looks at what others have listed and not yet indexed, before an intake goes on without it.
constexpr int looks_max = 20;

} // namespace

MaildirIntake::MaildirIntake(std::shared_ptr<MaildirFolder> folder, AccountShared& shared)
    : folder_(std::move(folder)), shared_(shared) {}

// Not committed: nothing remains. Once the uidlist has them, they are there.
MaildirIntake::~MaildirIntake() {
    if (step_ == Step::publish || step_ == Step::list) take_back();
}

Result<void> MaildirIntake::check_room(std::uint64_t bytes) {
    if (!shared_.quota) return {};
    return shared_.quota->check_room(
        {static_cast<std::int64_t>(bytes_ + bytes), static_cast<std::int64_t>(items_.size()) + 1});
}

Result<void> MaildirIntake::begin(const NewMessage& message) {
    if (message.size > shared_.message_bytes_max) return Error::too_big;
    if (!folder_->writable()) return Error::not_permitted;
    if (auto room = check_room(message.size); !room) return room;
    auto& parts = folder_->parts();
    auto file = NewFile::create(parts.place.directory.get());
    if (!file) return parts.store_error(file.error(), "write a message");
    open_.emplace(std::move(*file));
    opened_ = message;
    return {};
}

Result<void> MaildirIntake::write(std::string_view bytes) {
    if (!open_) return Error::unsupported;
    auto written = open_->write(bytes);
    if (written) return written;
    open_.reset();
    return folder_->parts().store_error(written.error(), "write a message");
}

Result<void> MaildirIntake::finish() {
    if (!open_) return Error::unsupported;
    auto file = std::move(*open_);
    open_.reset();
    const auto received = opened_.internal_date.value_or(::time(nullptr));
    if (auto done = file.finish(received); !done) return folder_->parts().store_error(done.error(), "write a message");
    const auto size = file.size();
    bytes_ += size;
    items_.push_back({std::move(file), opened_.flags, std::move(opened_.keywords), 0, received,
        static_cast<std::int64_t>(size), {}});
    return {};
}

Result<void> MaildirIntake::take(Mailbox& from, std::uint32_t uid) {
    auto* source = dynamic_cast<MaildirMailbox*>(&from);
    if (source == nullptr) return Error::unsupported;
    if (!folder_->writable()) return Error::not_permitted;
    auto& other = source->folder();
    for (int attempt = 0; attempt < 2; ++attempt) {
        const auto row = other.placement(uid);
        if (!row) return row.error();
        if (!*row) return Error::expunged;
        const auto record = shared_.index.message((*row)->message);
        if (!record) return record.error();
        if (!*record) return Error::expunged;
        if (auto room = check_room(static_cast<std::uint64_t>((*record)->stored_size)); !room) return room;
        std::optional<std::uint64_t> size;
        if ((*record)->size) size = static_cast<std::uint64_t>(*(*record)->size);
        auto file = NewFile::take(
            folder_->parts().place.directory.get(), other.parts().place.directory.get(), (*row)->path(), size);
        if (!file && file.error() == errc::no_such_file_or_directory) {
            // It has got another name, or is gone: opening looks for it.
            if (auto found = other.open_file(uid); !found) return found.error();
            continue;
        }
        if (!file) return folder_->parts().store_error(file.error(), "copy a message");
        std::vector<std::string> keywords;
        for (std::size_t i = 0; i < other.keywords().size(); ++i)
            if (((*row)->keywords >> i & 1) != 0) keywords.push_back(other.keywords()[i]);
        bytes_ += static_cast<std::uint64_t>((*record)->stored_size);
        items_.push_back({std::move(*file), (*row)->flags, std::move(keywords), 0, (*record)->received,
            (*record)->stored_size, (*record)->guid});
        return {};
    }
    return Error::busy; // it is there, and somebody renames it all the time
}

// A step that could not be done is never tried again: an fsync that has failed once may have lost what it was for.
Result<void> MaildirIntake::give_up(const error_code& error, std::string_view doing) {
    if (error == make_error_code(Error::busy) || error == make_error_code(Error::unfinished)) return error;
    failure_ = folder_->parts().store_error(error, doing);
    take_back();
    return *failure_;
}

// Nobody was told of the published files yet, and without the uidlist's lock nobody could give them UIDs.
void MaildirIntake::take_back() {
    for (std::size_t i = 0; i < published_; ++i)
        static_cast<void>(remove_file(folder_->parts().place.directory.get(), "cur/" + items_[i].name));
    published_ = 0;
    lock_.reset();
}

Result<Placed> MaildirIntake::commit() {
    const auto slice = Slice::from_now();
    if (failure_) return *failure_;
    while (step_ != Step::done) {
        Result<void> done;
        Step next = step_;
        switch (step_) {
        case Step::refresh:
            if (const auto fresh = folder_->refresh(MaildirFolder::Want::counters, false); !fresh) return fresh.error();
            next = items_.empty() ? Step::done : Step::keywords;
            placed_.uidvalidity = folder_->state().uidvalidity;
            break;
        case Step::keywords:
            done = resolve_keywords();
            next = Step::lock;
            break;
        case Step::lock:
            done = lock();
            next = Step::publish;
            break;
        case Step::publish:
            done = publish(slice);
            next = Step::list;
            break;
        case Step::list:
            done = list();
            next = Step::index;
            break;
        default: done = index(slice); next = Step::done;
        }
        if (!done) return done.error();
        step_ = next;
    }
    return placed_;
}

Result<void> MaildirIntake::resolve_keywords() {
    for (auto& item : items_) {
        if (item.keywords.empty()) continue;
        const auto bits = folder_->keyword_bits(item.keywords, true);
        if (!bits) return bits.error();
        item.bits = *bits;
    }
    resolved_in_ = shared_.index.generation();
    for (auto& item : items_)
        item.letters = folder_->parts().keywords.letters(item.bits);
    return {};
}

// From here until the UIDs are on disk nobody else can give any.
Result<void> MaildirIntake::lock() {
    auto& parts = folder_->parts();
    auto held = parts.uidlist.lock();
    if (!held) return give_up(held.error(), "lock dovecot-uidlist");
    const auto& state = folder_->state();
    auto reading = parts.uidlist.read_since(state.mark);
    if (!reading) return give_up(reading.error(), "read dovecot-uidlist");
    const bool is_same = reading->stamp.exists() && reading->list.uidvalidity == state.uidvalidity;
    if (!is_same) { // somebody made it anew: once more from the begin
        step_ = Step::refresh;
        return Error::unfinished;
    }
    // Rows come in the order of their UIDs: a client counts new messages from the end.
    const auto indexing = indexing_of(*reading);
    if (!indexing) return give_up(indexing.error(), "read the index");
    if (*indexing == Progress::unfinished && ++looks_ < looks_max) {
        folder_->look_at_uidlist();
        step_ = Step::refresh;
        return Error::unfinished;
    }
    list_known_ = !reading->whole && reading->list.records.empty() && reading->stamp == folder_->seen().uidlist;
    reading_ = std::move(*reading);
    reading_.list.uidnext = std::max(reading_.list.uidnext, state.uidnext);
    lock_.emplace(std::move(*held));
    own_.emplace(parts, folder_->seen(), state.exists);
    return {};
}

// Finished: the index knows all that is listed, as messages or as lines without file.
Result<Progress> MaildirIntake::indexing_of(const UidlistFile::Reading& reading) const {
    if (reading.whole) return Progress::unfinished;
    for (const auto& record : reading.list.records) {
        auto known = shared_.index.uid_of(folder_->parts().id, record.base);
        if (known && !*known) known = shared_.index.listed_uid(folder_->parts().id, record.base);
        if (!known) return known.error();
        if (!*known) return Progress::unfinished;
    }
    return Progress::finished;
}

Result<void> MaildirIntake::publish(const Slice& slice) {
    while (published_ < items_.size()) {
        auto& item = items_[published_];
        auto name = item.file.publish(flag_letters(item.flags, item.letters));
        if (!name) return give_up(name.error(), "store a message");
        item.name = std::move(*name);
        ++published_;
        if (published_ % batch == 0 && slice.is_over()) return Error::unfinished;
    }
    return {};
}

// Files, then their UIDs, are on disk when this returns.
Result<void> MaildirIntake::list() {
    auto& parts = folder_->parts();
    if (auto synced = sync_directory(parts.place.directory.get(), "cur"); !synced)
        return give_up(synced.error(), "fsync cur/");
    std::vector<UidlistFile::Unlisted> files;
    for (const auto& item : items_)
        files.push_back({item.file.base(), record_extensions(item.guid == item.file.base() ? "" : item.guid, {})});
    const auto first = reading_.list.uidnext;
    if (auto listed = parts.uidlist.assign(*lock_, reading_, files, false); !listed)
        return give_up(listed.error(), "write dovecot-uidlist");
    for (std::size_t i = 0; i < items_.size(); ++i) {
        items_[i].uid = first + static_cast<std::uint32_t>(i);
        placed_.uids.push_back(items_[i].uid);
    }
    placed_.uidvalidity = reading_.list.uidvalidity;
    auto seen = own_->finish(folder_->seen());
    if (list_known_) seen.uidlist = reading_.stamp;
    folder_->set_seen(seen);
    return {};
}

// By now the file, its name and the uidlist's line are on disk, and say all that a client was or will be told; should the
// power go before the index's log is there too, the next look finds the message, with the same UID, GUID and flags and a
// higher modseq. Keywords without a letter are in the index alone.
Durability MaildirIntake::durability() const {
    const auto& keywords = folder_->parts().keywords;
    const bool is_all_on_disk = std::all_of(items_.begin(), items_.end(),
        [&](const Item& item) { return (item.bits & ~keywords.bits(item.letters)) == 0; });
    return is_all_on_disk ? Durability::relaxed : Durability::durable;
}

Result<void> MaildirIntake::index(const Slice& slice) {
    auto& parts = folder_->parts();
    while (indexed_ < items_.size()) {
        if (auto ready = shared_.index.ready(); !ready) return ready;
        if (resolved_in_ != shared_.index.generation()) lock_.reset(); // filling another index takes it
        if (auto caught_up = folder_->catch_up(); !caught_up) return caught_up;
        if (resolved_in_ != shared_.index.generation()) { // another index by now, with other numbers for keywords
            list_known_ = false;
            if (auto resolved = resolve_keywords(); !resolved) return resolved;
        }
        auto writer = MailboxWriter::begin(parts.index, parts.id, durability());
        if (!writer) return writer.error();
        auto end = indexed_;
        const auto now = static_cast<std::int64_t>(::time(nullptr));
        for (; end < items_.size() && (end - indexed_ < batch || !slice.is_over()); ++end) {
            const auto& item = items_[end];
            const auto there = writer->find(item.uid);
            if (!there) return there.error();
            const auto expunged = writer->expunged(item.uid);
            if (!expunged) return expunged.error();
            if (expunged->has_value()) continue; // seen and expunged by another process meanwhile
            if (*there) {            // seen by another process, which knows no keywords but those with letters
                auto whole = **there;
                whole.keywords |= item.bits & ~folder_->parts().keywords.bits(item.letters);
                if (auto changed = writer->change(**there, whole); !changed) return changed.error();
                continue;
            }
            const auto other = writer->find(item.file.base());
            if (!other) return other.error();
            if (*other) continue; // somebody who doesn't keep to the lock has listed it once more
            NewPlacement placement;
            placement.uid = item.uid;
            placement.flags = item.flags;
            placement.keywords = item.bits;
            placement.base = item.file.base();
            placement.info = item.name.substr(placement.base.size());
            placement.guid = item.guid.empty() ? placement.base : item.guid;
            placement.received = item.received;
            placement.stored_size = item.stored_size;
            if (const auto size = item.file.virtual_size()) placement.size = static_cast<std::int64_t>(*size);
            placement.saved = now;
            if (auto added = writer->add(placement); !added) return added;
        }
        const bool is_last = end == items_.size();
        if (is_last && list_known_ && writer->state().uidvalidity == reading_.list.uidvalidity) {
            writer->state().mark = reading_.mark;
            writer->state().saw(folder_->seen());
        }
        if (auto done = writer->commit(); !done) return done;
        indexed_ = end;
        if (is_last) lock_.reset();
        if (!is_last && slice.is_over()) return Error::unfinished;
    }
    if (shared_.quota)
        static_cast<void>(
            shared_.quota->add({static_cast<std::int64_t>(bytes_), static_cast<std::int64_t>(items_.size())}));
    return {};
}

} // namespace hearth::store
