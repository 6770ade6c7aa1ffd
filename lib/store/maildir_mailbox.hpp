// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/directory_watch.hpp"
#include "store/maildir_folder.hpp"
#include "store/message_cache.hpp"

namespace hearth::store {

/// One session's view of a folder. Holds all that belongs to the session: its rows, which of them are \Recent for it,
/// its watch. The folder and the cache belong to the account; the cache must outlive this.
class MaildirMailbox : public Mailbox {
public:
    /// `recent`: the UIDs that the opening took from new/.
    MaildirMailbox(
        std::shared_ptr<MaildirFolder> folder, MessageCache& cache, bool read_only, std::vector<std::uint32_t> recent);

    [[nodiscard]] std::span<const MessageRow> rows() const override { return *rows_; }
    [[nodiscard]] std::uint32_t uidvalidity() const override { return uidvalidity_; }
    [[nodiscard]] std::uint32_t uidnext() const override { return uidnext_; }
    [[nodiscard]] std::span<const std::string> keywords() const override { return keywords_; }
    [[nodiscard]] bool read_only() const override { return read_only_; }
    Result<Changes> sync() override;
    Result<std::uint64_t> size(std::uint32_t uid) override;
    Result<std::shared_ptr<const mail::Message>> message(std::uint32_t uid) override;
    Result<std::shared_ptr<const mail::Envelope>> envelope(std::uint32_t uid) override;
    Result<void> add_seen(std::span<const std::uint32_t> uids) override;
    int watch_descriptor() override;
    void clear_watch() override { watch_.clear(); }

private:
    void take_rows();
    [[nodiscard]] const MessageRow* find(std::uint32_t uid) const;
    void show_seen(std::span<const std::uint32_t> uids);

    std::shared_ptr<MaildirFolder> folder_;
    MessageCache& cache_;
    bool read_only_;
    std::uint32_t uidvalidity_, uidnext_ = 1;
    std::vector<std::string> keywords_;
    std::shared_ptr<const Rows> rows_;  // the folder's own while nothing is different for this session
    std::uint64_t generation_ = 0;      // of the folder when rows_ was taken
    std::vector<std::uint32_t> recent_; // sorted
    // The message read last, whatever its size: partial fetches ask for the same one again and again.
    std::uint32_t last_uid_ = 0;
    std::shared_ptr<const mail::Message> last_;
    DirectoryWatch watch_;
};

} // namespace hearth::store
