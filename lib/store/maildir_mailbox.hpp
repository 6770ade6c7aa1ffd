// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/digest_cache.hpp"
#include "store/directory_watch.hpp"
#include "store/maildir/maildirsize.hpp"
#include "store/maildir_folder.hpp"
#include "store/message_cache.hpp"
#include "store/search/fuzzy_search.hpp"
#include "store/summary_keeper.hpp"

namespace hearth::store {

/// What all mailboxes of an account share. Belongs to the account, outlives them.
struct AccountShared {
    Index& index;
    MessageCache cache;
    SummaryKeeper summaries;
    DigestCache digests;
    std::unique_ptr<MaildirQuota> quota; ///< null: no limits
    std::unique_ptr<FullTextIndex> full_text; ///< null: none is kept
    std::uint64_t message_bytes_max = std::uint64_t{128} << 20;

    explicit AccountShared(Index& index_) : index(index_), summaries(index_), digests(index_) {}
};

/// One session's view of a folder. Holds all that belongs to the session: its rows, which of them are \Recent for it,
/// its watch. The folder and what is shared belong to the account; `shared` must outlive this.
class MaildirMailbox : public Mailbox {
public:
    /// `recent`: what the opening has made \Recent for this session.
    MaildirMailbox(std::shared_ptr<MaildirFolder> folder, AccountShared& shared, bool read_only,
        const MaildirFolder::Recent& recent);

    [[nodiscard]] std::span<const MessageRow> rows() const override { return *rows_; }
    [[nodiscard]] std::uint32_t uidvalidity() const override { return uidvalidity_; }
    [[nodiscard]] std::uint32_t uidnext() const override { return uidnext_; }
    [[nodiscard]] std::span<const std::string> keywords() const override { return keywords_; }
    [[nodiscard]] bool read_only() const override { return read_only_; }
    [[nodiscard]] std::string mailbox_id() const override { return mailbox_id_; }
    [[nodiscard]] std::uint64_t highest_modseq() const override { return modseq_; }
    [[nodiscard]] bool keeps_modseqs() const override { return shared_.index.is_kept(); }
    [[nodiscard]] std::uint32_t recent_count() const override;
    [[nodiscard]] std::size_t first_unseen() const override;
    Result<Changes> sync() override;
    Result<std::uint64_t> size(std::uint32_t uid) override;
    Result<std::shared_ptr<const mail::Message>> message(std::uint32_t uid) override;
    Result<std::shared_ptr<const mail::Envelope>> envelope(std::uint32_t uid) override;
    Result<MessageFacts> facts(std::uint32_t uid) override;
    Result<std::shared_ptr<const mail::Summary>> summary(std::uint32_t uid) override;
    Result<std::string> read(std::uint32_t uid, std::uint64_t offset, std::uint64_t count) override;
    Result<std::optional<MessageDigest>> digest(std::uint32_t uid, bool only_known) override;
    Result<std::string> bytes(std::uint32_t uid) override;
    std::shared_ptr<const mail::Message> at_hand(std::uint32_t uid) override;
    Result<Uids> expunged_since(std::uint64_t modseq) override;
    Result<FlagOutcome> change_flags(std::span<const std::uint32_t> uids, const FlagChange& change) override;
    Result<Expunged> expunge(std::span<const std::uint32_t> uids, bool only_deleted) override;
    Result<std::optional<std::vector<FuzzyMatch>>> search_fuzzy(FuzzyField field, std::string_view words) override;
    Result<void> add_seen(std::span<const std::uint32_t> uids) override;
    int watch_descriptor() override;
    void clear_watch() override { watch_.clear(); }

    [[nodiscard]] MaildirFolder& folder() { return *folder_; }

private:
    void take_rows();
    void add_recent(const MaildirFolder::Recent& more);
    void mark_recent();
    Result<Changes> bring_own_rows_up_to_date();
    [[nodiscard]] const MessageRow* find(std::uint32_t uid) const;
    Result<void> ready() const;
    Result<MessageRecord> record(std::uint32_t uid);
    Result<const DigestCache::Entry*> known_digest(const MessageRow& row);
    Result<const DigestCache::Entry*> make_digest(const MessageRow& row);
    Result<const Placement*> placement_ahead(std::uint32_t uid);
    Result<mail::FullText> full_text(std::uint32_t uid);
    Result<void> open_for_reading(std::uint32_t uid);
    error_code reading_failed(error_code error);
    Result<std::string> read_whole(std::uint32_t uid);
    void take_keywords();
    void show(std::span<const std::uint32_t> uids);
    void leave_for_sync(std::span<const MessageRow> before);
    void hide_late(std::uint32_t highest, Changes& changes);

    std::shared_ptr<MaildirFolder> folder_;
    AccountShared& shared_;
    bool read_only_;
    std::uint32_t uidvalidity_, uidnext_ = 1;
    std::uint64_t modseq_ = 1;
    std::string mailbox_id_;
    std::vector<std::string> keywords_;
    std::shared_ptr<const Rows> rows_; // the folder's own while nothing is different for this session
    std::shared_ptr<Rows> own_;        // else these, of this session alone
    std::uint64_t generation_ = 0;     // of the folder when rows_ was taken
    std::uint64_t index_generation_ = 0;
    std::vector<MaildirFolder::UidRange> recent_; // ascending and disjoint
    // The message read last, whatever its size: partial fetches ask for the same one again and again.
    std::uint32_t last_uid_ = 0;
    std::shared_ptr<const mail::Message> last_;
    std::uint32_t file_uid_ = 0;
    std::optional<MessageFile> file_; // of the message that was read last, or is being read
    std::vector<Placement> names_; // of messages that bytes() may be asked for next, ascending
    std::uint64_t names_generation_ = 0;
    DirectoryWatch watch_;
    FuzzySearch fuzzy_;
};

} // namespace hearth::store
