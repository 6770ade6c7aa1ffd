// SPDX-License-Identifier: Apache-2.0
#include "store/maildir_mailbox.hpp"

#include "mail/envelope.hpp"

#include <algorithm>

namespace hearth::store {
namespace {

// Most headers are shorter; the others are read with their message.
constexpr std::size_t header_start_bytes = 16 * 1024;

// Where the header of a stored message ends, npos when `text` doesn't reach that far.
std::size_t header_end(std::string_view text) {
    const auto feed = text.find("\n\n"), crlf = text.find("\n\r\n");
    const auto end = std::min(feed, crlf);
    return end == std::string_view::npos ? end : end + 1;
}

Changes compare(const Rows& before, const Rows& after) {
    Changes changes;
    auto old = before.begin();
    for (const auto& row : after) {
        for (; old != before.end() && old->uid < row.uid; ++old)
            changes.vanished.push_back(old->uid);
        if (old == before.end() || old->uid > row.uid) {
            changes.arrived.push_back(row.uid);
            continue;
        }
        if (!(old->flags == row.flags) || old->keywords != row.keywords) changes.flags_changed.push_back(row.uid);
        ++old;
    }
    for (; old != before.end(); ++old)
        changes.vanished.push_back(old->uid);
    return changes;
}

MessageRow* find_in(Rows& rows, std::uint32_t uid) {
    const auto at = std::lower_bound(
        rows.begin(), rows.end(), uid, [](const MessageRow& row, std::uint32_t wanted) { return row.uid < wanted; });
    return at == rows.end() || at->uid != uid ? nullptr : &*at;
}

} // namespace

MaildirMailbox::MaildirMailbox(
    std::shared_ptr<MaildirFolder> folder, MessageCache& cache, bool read_only, std::vector<std::uint32_t> recent)
    : folder_(std::move(folder)),
      cache_(cache),
      read_only_(read_only || !folder_->writable()),
      uidvalidity_(folder_->uidvalidity()),
      recent_(std::move(recent)) {
    take_rows();
}

// Takes the folder's rows as the view, with this session's \Recent in them.
void MaildirMailbox::take_rows() {
    rows_ = folder_->rows();
    generation_ = folder_->generation();
    uidnext_ = folder_->uidnext();
    keywords_ = folder_->keywords();
    if (recent_.empty()) return;
    auto own = std::make_shared<Rows>(*rows_);
    std::erase_if(recent_, [&](std::uint32_t uid) { return find_in(*own, uid) == nullptr; });
    for (const auto uid : recent_)
        find_in(*own, uid)->recent = true;
    rows_ = std::move(own);
}

Result<Changes> MaildirMailbox::sync() {
    const auto taken = folder_->refresh(!read_only_);
    if (!taken) return taken.error();
    if (folder_->uidvalidity() != uidvalidity_) {
        folder_->warn()(
            "mailbox " + folder_->label() + " has got new UIDs while it was open; the client must open it again");
        return Error::corrupt;
    }
    if (folder_->generation() == generation_) return Changes{};
    recent_.insert(recent_.end(), taken->begin(), taken->end());
    std::sort(recent_.begin(), recent_.end());
    const auto before = std::move(rows_);
    const auto keywords_before = keywords_.size();
    take_rows();
    auto changes = compare(*before, *rows_);
    changes.keywords_added = keywords_.size() > keywords_before;
    return changes;
}

const MessageRow* MaildirMailbox::find(std::uint32_t uid) const {
    const auto at = std::lower_bound(rows_->begin(), rows_->end(), uid,
        [](const MessageRow& row, std::uint32_t wanted) { return row.uid < wanted; });
    return at == rows_->end() || at->uid != uid ? nullptr : &*at;
}

Result<std::uint64_t> MaildirMailbox::size(std::uint32_t uid) {
    if (find(uid) == nullptr) return Error::expunged;
    if (const auto known = folder_->known_size(uid)) return *known;
    if (last_uid_ == uid && last_) return last_->bytes().size();
    const auto text = folder_->read(uid);
    if (!text) return text.error();
    std::uint64_t size = text->size();
    for (auto feed = text->find('\n'); feed != std::string::npos; feed = text->find('\n', feed + 1))
        size += feed == 0 || (*text)[feed - 1] != '\r' ? 1 : 0;
    folder_->remember_size(uid, size);
    return size;
}

Result<std::shared_ptr<const mail::Message>> MaildirMailbox::message(std::uint32_t uid) {
    const auto* row = find(uid);
    if (row == nullptr) return Error::expunged;
    if (last_uid_ == uid && last_) return last_;
    auto message = cache_.messages.find(std::to_string(row->message));
    if (!message) {
        const auto text = folder_->read(uid);
        if (!text) return text.error();
        message = mail::Message::parse(mail::to_crlf(*text));
        folder_->remember_size(uid, message->bytes().size());
        cache_.messages.keep(std::to_string(row->message), message, memory_bytes(*message));
    }
    last_uid_ = uid;
    last_ = message;
    return message;
}

Result<std::shared_ptr<const mail::Envelope>> MaildirMailbox::envelope(std::uint32_t uid) {
    const auto* row = find(uid);
    if (row == nullptr) return Error::expunged;
    if (auto known = cache_.envelopes.find(std::to_string(row->message))) return known;
    const auto start = folder_->read_start(uid, header_start_bytes);
    if (!start) return start.error();
    const auto end = start->size() < header_start_bytes ? start->size() : header_end(*start);
    if (end == std::string::npos) return Mailbox::envelope(uid);
    const auto header = std::string_view(*start).substr(0, std::min(end, header_end(*start)));
    auto envelope = std::make_shared<const mail::Envelope>(mail::parse_envelope(header));
    cache_.envelopes.keep(std::to_string(row->message), envelope, memory_bytes(*envelope));
    return envelope;
}

Result<void> MaildirMailbox::add_seen(std::span<const std::uint32_t> uids) {
    if (read_only_) return Error::not_permitted;
    std::vector<std::uint32_t> wanted;
    for (const auto uid : uids)
        if (const auto* row = find(uid); row != nullptr && !row->flags.has(mail::Flag::seen)) wanted.push_back(uid);
    if (wanted.empty()) return {};
    std::sort(wanted.begin(), wanted.end());
    // While the view is the folder's own rows, lets go of them, so that the folder can change them without a copy.
    const bool shared = rows_ == folder_->rows() && generation_ == folder_->generation();
    if (shared) rows_.reset();
    const auto missed = folder_->set_seen(wanted);
    if (shared) take_rows();
    if (!missed) return missed.error();
    std::vector<std::uint32_t> done;
    std::set_difference(wanted.begin(), wanted.end(), missed->begin(), missed->end(), std::back_inserter(done));
    if (!shared) show_seen(done);
    if (missed->empty()) return {};
    if (const auto refreshed = folder_->refresh(false); !refreshed) return refreshed.error();
    const auto gone = folder_->set_seen(*missed);
    if (!gone) return gone.error();
    done.clear();
    std::set_difference(missed->begin(), missed->end(), gone->begin(), gone->end(), std::back_inserter(done));
    show_seen(done);
    return {};
}

// The view's own copy of rows gets \Seen. Its generation stays, so that sync() still reports what else changed.
void MaildirMailbox::show_seen(std::span<const std::uint32_t> uids) {
    if (uids.empty()) return;
    auto own = std::make_shared<Rows>(*rows_);
    for (const auto uid : uids)
        if (auto* row = find_in(*own, uid)) row->flags.set(mail::Flag::seen);
    rows_ = std::move(own);
}

int MaildirMailbox::watch_descriptor() {
    if (watch_.descriptor() < 0) watch_.start({folder_->path() + "/cur", folder_->path() + "/new"});
    return watch_.descriptor();
}

} // namespace hearth::store
