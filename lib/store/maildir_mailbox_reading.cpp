// SPDX-License-Identifier: Apache-2.0
// What FETCH reads of one message: what the index knows of it, else its header, else the whole of it, in slices.
#include "mail/envelope.hpp"
#include "store/header_ids.hpp"
#include "store/maildir_mailbox.hpp"

namespace hearth::store {
namespace {

// More of a header isn't looked at for an envelope or for threads; such a message is parsed as a whole.
constexpr std::size_t header_bytes_max = 64 * 1024;
// Of smaller messages the summary is made at once when the envelope is asked for: the list asks for the rest next.
constexpr std::int64_t summarized_bytes_max = 256 * 1024;

} // namespace

Result<std::uint64_t> MaildirMailbox::size(std::uint32_t uid) {
    const auto known = record(uid);
    if (!known) return known.error();
    if (known->size) return static_cast<std::uint64_t>(*known->size);
    if (const auto size = shared_.summaries.size_of(known->id)) return static_cast<std::uint64_t>(*size);
    if (last_uid_ == uid && last_) return last_->bytes().size();
    if (auto opened = open_for_reading(uid); !opened) return opened.error();
    const auto size = file_->virtual_size(Slice::from_now());
    if (!size) return reading_failed(size.error());
    if (!*size) return Error::unfinished;
    shared_.summaries.keep_size(known->id, static_cast<std::int64_t>(**size));
    return **size;
}

Result<std::shared_ptr<const mail::Message>> MaildirMailbox::message(std::uint32_t uid) {
    const auto* row = find(uid);
    if (row == nullptr) return Error::expunged;
    if (last_uid_ == uid && last_) return last_;
    auto message = shared_.cache.messages.find(std::to_string(row->message));
    if (!message) {
        auto text = read_whole(uid);
        if (!text) return text.error();
        message = mail::Message::parse(std::move(*text));
        shared_.cache.messages.keep(std::to_string(row->message), message, memory_bytes(*message));
    }
    last_uid_ = uid;
    last_ = message;
    return message;
}

Result<std::shared_ptr<const mail::Summary>> MaildirMailbox::summary(std::uint32_t uid) {
    const auto* row = find(uid);
    if (row == nullptr) return Error::expunged;
    // What is known of a message goes with its last placement: as long as it is there, it is what was asked for.
    if (index_generation_ == shared_.index.generation() && row->message != 0) {
        auto kept = shared_.summaries.find(static_cast<std::int64_t>(row->message));
        if (kept && kept->known) return kept->summary;
    }
    const auto known = record(uid);
    if (!known) return known.error();
    auto kept = shared_.summaries.find(known->id);
    if (!kept) return kept.error();
    if (kept->known) return kept->summary;
    const auto whole = message(uid);
    if (!whole) return whole.error();
    return shared_.summaries.make(known->id, **whole);
}

Result<std::shared_ptr<const mail::Envelope>> MaildirMailbox::envelope(std::uint32_t uid) {
    const auto* row = find(uid);
    if (row == nullptr) return Error::expunged;
    if (auto known = shared_.cache.envelopes.find(std::to_string(row->message))) return known;
    const auto keep = [&](std::shared_ptr<const mail::Envelope> envelope) {
        shared_.cache.envelopes.keep(std::to_string(row->message), envelope, memory_bytes(*envelope));
        return envelope;
    };
    const auto known = record(uid);
    if (!known) return known.error();
    const bool is_small = known->stored_size <= summarized_bytes_max;
    auto kept = shared_.summaries.find(known->id);
    if (!kept) return kept.error();
    if (!kept->known && is_small && shared_.index.is_kept()) {
        const auto made = summary(uid);
        if (!made) return made.error();
        kept->summary = *made;
    }
    if (kept->summary) return keep(std::make_shared<const mail::Envelope>(kept->summary->envelope));
    auto file = folder_->open_file(uid);
    if (!file) return file.error();
    const auto header = file->header(header_bytes_max);
    if (!header) return folder_->parts().store_error(header.error(), "read a message");
    if (header->size() >= header_bytes_max) return Mailbox::envelope(uid);
    return keep(std::make_shared<const mail::Envelope>(mail::parse_envelope(*header)));
}

Result<MessageFacts> MaildirMailbox::facts(std::uint32_t uid) {
    const auto known = record(uid);
    if (!known) return known.error();
    const auto row = folder_->placement(uid);
    if (!row) return row.error();
    if (!*row) return Error::expunged;
    MessageFacts facts;
    facts.guid = known->guid;
    facts.emailid = known->emailid;
    facts.saved = (*row)->saved;
    if (known->thread != 0) {
        auto id = shared_.index.thread_id(known->thread);
        if (!id) return id.error();
        facts.threadid = std::move(*id);
        return facts;
    }
    auto file = folder_->open_file(uid);
    if (!file) return file.error();
    const auto header = file->header(header_bytes_max);
    if (!header) return folder_->parts().store_error(header.error(), "read a message");
    auto id = shared_.index.thread_of(*known, header_message_ids(*header));
    if (!id) return id.error();
    facts.threadid = std::move(*id);
    return facts;
}

std::shared_ptr<const mail::Message> MaildirMailbox::at_hand(std::uint32_t uid) {
    return last_uid_ == uid ? last_ : nullptr;
}

// The file that was asked for last stays open: large messages are read in pieces, or slices.
Result<void> MaildirMailbox::open_for_reading(std::uint32_t uid) {
    if (file_ && file_uid_ == uid) return {};
    file_.reset();
    if (auto done = ready(); !done) return done.error();
    auto opened = folder_->open_file(uid);
    if (!opened) return opened.error();
    file_.emplace(std::move(*opened));
    file_uid_ = uid;
    return {};
}

error_code MaildirMailbox::reading_failed(error_code error) {
    file_.reset();
    return folder_->parts().store_error(error, "read a message");
}

// A message that has been read in slices: Error::unfinished until it is there.
Result<std::string> MaildirMailbox::read_whole(std::uint32_t uid) {
    if (auto opened = open_for_reading(uid); !opened) return opened.error();
    auto text = file_->read_on(Slice::from_now());
    if (!text) return reading_failed(text.error());
    if (!*text) return Error::unfinished;
    file_.reset();
    return std::move(**text);
}

Result<std::string> MaildirMailbox::read(std::uint32_t uid, std::uint64_t offset, std::uint64_t count) {
    if (find(uid) == nullptr) return Error::expunged;
    if (last_uid_ == uid && last_) return Mailbox::read(uid, offset, count);
    if (auto opened = open_for_reading(uid); !opened) return opened.error();
    auto bytes = file_->read(offset, count);
    if (!bytes) return reading_failed(bytes.error());
    return bytes;
}

} // namespace hearth::store
