// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/maildir/location.hpp"
#include "store/maildir_folder.hpp"
#include "store/maildir_mailbox.hpp"
#include "store/store.hpp"

#include <list>
#include <map>

namespace hearth::store {

class MaildirIntake;

/// What `mailbox { auto = ... }` asks for.
enum class AutoMailbox { create, subscribe };

/// All that a user's account is made from.
struct AccountSettings {
    MailLocation location;
    Namespace names{"", '.'};                          ///< Dovecot's default for Maildir++ is '.' without prefix
    std::map<std::string, std::string> special_use;    ///< mailbox name to "\\Sent" and so on
    std::map<std::string, AutoMailbox> automatic = {}; ///< mailboxes that are made at the first use
    QuotaLimits quota = {};                            ///< 0 is no limit
    std::uint64_t message_bytes_max = std::uint64_t{128} << 20;
    Warn warn; ///< told what an administrator should know; may be empty
};

/// A user's Maildir++. See docs/store.md for what it keeps in memory between sessions.
class MaildirAccount : public Account {
public:
    /// Folders kept warm while sessions run, and the memory the rows of the one kept after them may take (40 bytes a
    /// message: 200,000).
    static constexpr std::size_t warm_folders_max = 8;
    static constexpr std::size_t idle_folder_bytes_max = std::size_t{8} << 20;

    explicit MaildirAccount(AccountSettings settings);
    ~MaildirAccount() override;

    [[nodiscard]] Namespace personal_namespace() const override { return settings_.names; }
    Result<std::vector<MailboxInfo>> list() override;
    Result<Status> status(std::string_view mailbox) override;
    Result<std::unique_ptr<Mailbox>> open(std::string_view mailbox, bool read_only) override;
    Result<void> create(std::string_view name, std::string_view special_use) override;
    Result<void> remove(std::string_view name) override;
    Result<void> rename(std::string_view from, std::string_view to) override;
    Result<void> subscribe(std::string_view name, bool on) override;
    Result<std::unique_ptr<Intake>> intake(std::string_view mailbox) override;
    [[nodiscard]] std::uint64_t message_bytes_max() const override { return settings_.message_bytes_max; }
    Result<Quota> quota() override;
    [[nodiscard]] std::string epoch() const override { return index_.epoch(); }
    void went_idle() override;

    /// For `hearth` commands.
    [[nodiscard]] const AccountSettings& settings() const { return settings_; }
    [[nodiscard]] Index& index() { return index_; }

private:
    Result<std::shared_ptr<MaildirFolder>> folder(std::string_view mailbox);
    Result<std::shared_ptr<MaildirFolder>> open_folder(const std::string& directory, std::string_view mailbox);
    Result<UniqueFd> open_folder_directory(const std::string& directory);
    Result<UniqueFd> open_control_directory(const std::string& directory);
    [[nodiscard]] bool is_still_there(const std::string& directory, const MaildirFolder& folder) const;
    [[nodiscard]] bool has_own_control() const;
    [[nodiscard]] std::optional<std::string> directory_of(std::string_view mailbox) const;
    [[nodiscard]] std::string folder_path(const std::string& directory) const;
    Result<std::vector<std::string>> folder_directories() const;
    [[nodiscard]] std::vector<std::string> subscribed_names() const;
    Result<void> make_automatic_mailboxes();
    Result<void> make(const std::string& directory);
    [[nodiscard]] bool exists_mailbox(const std::string& directory) const;
    Result<void> open_quota();
    Result<void> hide(const std::string& directory);
    Result<void> clear_hidden();
    struct InboxMove;
    Result<void> move_inbox_messages(InboxMove& move);
    Result<void> rename_inbox(const std::string& directory, std::string_view to);
    Result<void> rename_directories(const std::string& from, const std::string& to);
    void drop_folders();
    error_code missing(const std::string& directory) const;
    error_code store_error(const error_code& error, std::string_view doing) const;

    AccountSettings settings_;
    Index index_;
    AccountShared shared_;
    UniqueFd quota_root_, control_root_;
    struct Warm {
        std::string directory;
        std::shared_ptr<MaildirFolder> folder;
    };
    std::list<Warm> warm_;    // most recently used first
    std::string last_opened_; // directory of the folder that went_idle() keeps
    bool automatic_made_ = false, leftovers_removed_ = false;
    // Work that goes on when the same call comes again.
    std::string removing_;                                    // name of the mailbox; it is out of sight already
    std::vector<std::pair<std::string, std::string>> hidden_; // root and directory, to be removed
    struct InboxMove {                                        // a RENAME of INBOX
        std::string to;
        std::unique_ptr<Mailbox> inbox;
        std::unique_ptr<MaildirIntake> target; // with some of the messages
        Uids uids;                             // of these in INBOX
        bool is_placed = false;
    };
    std::unique_ptr<InboxMove> inbox_move_;
};

} // namespace hearth::store
