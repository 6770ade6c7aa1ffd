// SPDX-License-Identifier: Apache-2.0
#include "store/maildir_mailbox.hpp"
#include "store/message_ids.hpp"

namespace hearth::store {
namespace {

bool must_ask_again(const error_code& error) {
    return error == make_error_code(Error::busy) || error == make_error_code(Error::unfinished);
}

Result<std::vector<std::string>> mailbox_ids(Index& index) {
    std::vector<std::string> ids;
    const auto read = index.database().each("SELECT guid FROM mailbox WHERE guid <> ''",
        [&](const DatabaseRow& row) { ids.push_back(mailbox_id_of(row.text(0))); });
    if (!read) return read.error();
    return ids;
}

} // namespace

Result<std::optional<std::vector<FuzzyMatch>>> MaildirMailbox::search_fuzzy(FuzzyField field, std::string_view words) {
    using Found = std::optional<std::vector<FuzzyMatch>>;
    if (!shared_.full_text) return Found();
    if (auto done = ready(); !done) return done.error();
    if (!shared_.index.is_kept() || mailbox_id_.empty()) return Found();
    const auto usable = shared_.full_text->ready();
    if (!usable) return usable.error();
    if (*usable == FullTextIndex::State::unavailable) return Found();
    FuzzySearch::Subject subject;
    subject.mailbox_id = mailbox_id_;
    subject.uidvalidity = uidvalidity_;
    subject.uidnext = uidnext_;
    subject.rows = *rows_;
    subject.view = generation_;
    subject.all_mailboxes = [this] { return mailbox_ids(shared_.index); };
    // What is gone or can't be read is left out, and tried again next time.
    subject.read = [this](std::uint32_t uid) -> Result<std::optional<mail::FullText>> {
        auto text = full_text(uid);
        if (text) return std::optional(std::move(*text));
        if (must_ask_again(text.error())) return text.error();
        return std::optional<mail::FullText>();
    };
    return fuzzy_.run(*shared_.full_text, subject, field, words);
}

Result<mail::FullText> MaildirMailbox::full_text(std::uint32_t uid) {
    const auto known = summary(uid);
    if (!known) return known.error();
    if (*known) {
        const auto text = bytes(uid);
        if (!text) return text.error();
        if ((*known)->structure.end <= text->size()) return mail::full_text(*text, (*known)->structure);
    }
    const auto whole = message(uid);
    if (!whole) return whole.error();
    return mail::full_text((*whole)->bytes(), (*whole)->structure());
}

} // namespace hearth::store
