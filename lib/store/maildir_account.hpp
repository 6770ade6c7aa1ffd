// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/maildir/location.hpp"
#include "store/maildir_folder.hpp"
#include "store/message_cache.hpp"
#include "store/store.hpp"

#include <list>
#include <map>

namespace hearth::store {

/// All that a user's account is made from.
struct AccountSettings {
    MailLocation location;
    Namespace names{"", '.'};                       ///< Dovecot's default for Maildir++ is '.' without prefix
    std::map<std::string, std::string> special_use; ///< mailbox name to "\\Sent" and so on
    Warn warn;                                      ///< told what an administrator should know; may be empty
};

/// A user's Maildir++. See docs/store.md for what it keeps in memory between sessions.
class MaildirAccount : public Account {
public:
    /// Folders kept warm while sessions run, and the memory the one kept after them may take (about 1,500 messages for
    /// each 512 KiB).
    static constexpr std::size_t warm_folders_max = 8;
    static constexpr std::size_t idle_folder_bytes_max = std::size_t{1} << 20;

    explicit MaildirAccount(AccountSettings settings);

    [[nodiscard]] Namespace personal_namespace() const override { return settings_.names; }
    Result<std::vector<MailboxInfo>> list() override;
    Result<Status> status(std::string_view mailbox) override;
    Result<std::unique_ptr<Mailbox>> open(std::string_view mailbox, bool read_only) override;
    void went_idle() override;

private:
    Result<std::shared_ptr<MaildirFolder>> folder(std::string_view mailbox);
    Result<std::shared_ptr<MaildirFolder>> open_folder(const std::string& directory, std::string_view mailbox);
    Result<UniqueFd> open_folder_directory(const std::string& directory);
    Result<UniqueFd> open_control_directory(const std::string& directory);
    [[nodiscard]] bool is_still_there(const std::string& directory, const MaildirFolder& folder) const;
    [[nodiscard]] std::string folder_path(const std::string& directory) const;
    Result<std::vector<std::string>> folder_directories() const;
    [[nodiscard]] std::vector<std::string> subscribed_names() const;
    error_code missing(const std::string& directory) const;
    error_code store_error(const error_code& error, std::string_view doing) const;

    AccountSettings settings_;
    MessageCache cache_;
    struct Warm {
        std::string directory;
        std::shared_ptr<MaildirFolder> folder;
    };
    std::list<Warm> warm_;    // most recently used first
    std::string last_opened_; // directory of the folder that went_idle() keeps
};

} // namespace hearth::store
