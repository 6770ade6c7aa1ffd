// SPDX-License-Identifier: Apache-2.0
// What SEARCH, SORT and THREAD read of messages, one after the other: digests and names of files come from the index
// many at a time.
#include "mail/digest.hpp"
#include "store/maildir_mailbox.hpp"
#include "store/row_search.hpp"

#include <algorithm>

namespace hearth::store {

namespace {

// Names of files that are asked for at once.
constexpr std::size_t names_ahead = 64;

} // namespace

// Null: nothing is known of it.
Result<const DigestCache::Entry*> MaildirMailbox::known_digest(const MessageRow& row) {
    auto& digests = shared_.digests;
    const auto* known = digests.find(row.message);
    if (known != nullptr || row.message == 0 || digests.was_looked_for(row.message)) return known;
    if (auto done = ready(); !done) return done.error();
    const auto index = static_cast<std::size_t>(&row - rows_->data());
    if (auto read = digests.read(std::span(*rows_).subspan(index)); !read) return read.error();
    return digests.find(row.message);
}

Result<std::optional<MessageDigest>> MaildirMailbox::digest(std::uint32_t uid, bool only_known) {
    const auto* row = find(uid);
    if (row == nullptr) return Error::expunged;
    auto known = known_digest(*row);
    if (!known) return known.error();
    if (*known == nullptr && !only_known && row->message != 0) {
        const auto made = make_digest(*row);
        if (!made) return made.error();
        known = *made;
    }
    std::optional<MessageDigest> result;
    if (*known == nullptr || (*known)->bytes.empty()) return result;
    auto digest = mail::read_known_digest((*known)->bytes);
    if (digest) result.emplace(MessageDigest{*digest, (*known)->size});
    return result;
}

// From the summary, which is made too if there is none yet.
Result<const DigestCache::Entry*> MaildirMailbox::make_digest(const MessageRow& row) {
    const auto summary = this->summary(row.uid);
    if (!summary) return summary.error();
    DigestCache::Entry entry;
    if (*summary) {
        entry.bytes = mail::make_digest(**summary);
        entry.size = (*summary)->size;
        if (entry.bytes.size() > mail::digest_bytes_max) entry.bytes.clear();
    }
    if (!entry.bytes.empty()) {
        const auto known = record(row.uid);
        if (!known) return known.error();
        if (known->size) entry.size = static_cast<std::uint64_t>(*known->size);
        shared_.summaries.keep_digest(known->id, static_cast<std::int64_t>((*summary)->size), entry.bytes);
    }
    return &shared_.digests.keep(row.message, std::move(entry));
}

// Where the message's file was when the index was asked last; null: ask again.
Result<const Placement*> MaildirMailbox::placement_ahead(std::uint32_t uid) {
    const auto find = [&]() -> const Placement* {
        if (names_generation_ != shared_.index.generation()) return nullptr;
        const auto at = std::lower_bound(names_.begin(), names_.end(), uid,
            [](const Placement& placement, std::uint32_t u) { return placement.uid < u; });
        return at != names_.end() && at->uid == uid ? &*at : nullptr;
    };
    if (const auto* known = find()) return known;
    if (auto done = ready(); !done) return done.error();
    auto read = shared_.index.placements(folder_->state().id, uid - 1, names_ahead);
    if (!read) return read.error();
    names_ = std::move(*read);
    names_generation_ = shared_.index.generation();
    return find();
}

Result<std::string> MaildirMailbox::bytes(std::uint32_t uid) {
    const auto* row = find(uid);
    if (row == nullptr) return Error::expunged;
    if (last_uid_ == uid && last_) return std::string(last_->bytes());
    if (file_ && file_uid_ == uid) return read_whole(uid); // a large one, under way
    const auto placement = placement_ahead(uid);
    if (!placement) return placement.error();
    if (*placement != nullptr) {
        auto text = MessageFile::read_whole(folder_->parts().place.directory.get(), (*placement)->path());
        if (text) return text;
        if (text.error() != make_error_code(Error::unfinished)) names_.clear(); // renamed, gone: the long way tells
    }
    return read_whole(uid);
}

} // namespace hearth::store
