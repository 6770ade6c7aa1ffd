// SPDX-License-Identifier: Apache-2.0
#include "store/maildir_account.hpp"

#include "base/text.hpp"
#include "store/maildir/folder_name.hpp"
#include "store/maildir_mailbox.hpp"
#include "store/maildir/subscriptions.hpp"

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

namespace hearth::store {
namespace {

namespace errc = boost::system::errc;

constexpr std::size_t subscription_bytes_max = std::size_t{4} << 20;

bool is_missing(const error_code& error) {
    return error == errc::no_such_file_or_directory || error == errc::not_a_directory;
}

struct CloseDirectory {
    void operator()(DIR* directory) const { ::closedir(directory); }
};

} // namespace

MaildirAccount::MaildirAccount(AccountSettings settings) : settings_(std::move(settings)) {
    if (!settings_.warn) settings_.warn = [](std::string_view) {};
}

std::string MaildirAccount::folder_path(const std::string& directory) const {
    return directory.empty() ? settings_.location.inbox : settings_.location.root + "/" + directory;
}

// INBOX always exists (RFC 9051 section 5.1), so a new user's is made at the first use.
Result<UniqueFd> MaildirAccount::open_folder_directory(const std::string& directory) {
    if (!directory.empty()) {
        const auto root = open_root(settings_.location.root);
        if (!root) return root.error();
        return open_directory(root->get(), directory);
    }
    const auto& path = settings_.location.inbox;
    auto inbox = open_root(path);
    if (inbox && exists(inbox->get(), "cur")) return inbox;
    if (!inbox && !is_missing(inbox.error())) return inbox;
    for (const auto* name : {"/cur", "/new", "/tmp"})
        if (auto made = make_directories(path + name); !made) return made.error();
    return open_root(path);
}

Result<UniqueFd> MaildirAccount::open_control_directory(const std::string& directory) {
    const auto& location = settings_.location;
    const auto path = directory.empty() ? location.control : location.control + "/" + directory;
    if (auto made = make_directories(path); !made) return made.error();
    auto control = open_root(location.control);
    return directory.empty() || !control ? std::move(control) : open_directory(control->get(), directory);
}

Result<std::shared_ptr<MaildirFolder>> MaildirAccount::open_folder(
    const std::string& directory, std::string_view mailbox) {
    auto opened = open_folder_directory(directory);
    if (!opened && is_missing(opened.error())) return missing(directory);
    if (!opened) return store_error(opened.error(), "open " + folder_path(directory));
    if (!exists(opened->get(), "cur")) return Error::not_selectable;
    const bool separate =
        settings_.location.control != (directory.empty() ? settings_.location.inbox : settings_.location.root);
    auto control = separate ? open_control_directory(directory) : Result<UniqueFd>(duplicate(opened->get()));
    if (!control) return store_error(control.error(), "open the control directory");
    FolderPlace place{std::move(*opened), std::move(*control), folder_path(directory), printable(mailbox)};
    return std::make_shared<MaildirFolder>(std::move(place), settings_.warn);
}

bool MaildirAccount::is_still_there(const std::string& directory, const MaildirFolder& folder) const {
    struct stat status {};
    return ::stat(folder_path(directory).c_str(), &status) == 0 && status.st_ino == folder.inode();
}

Result<std::shared_ptr<MaildirFolder>> MaildirAccount::folder(std::string_view mailbox) {
    const auto directory = folder_directory(mailbox, settings_.names);
    if (!directory) return Error::no_such_mailbox;
    const auto known =
        std::find_if(warm_.begin(), warm_.end(), [&](const Warm& warm) { return warm.directory == *directory; });
    if (known != warm_.end()) {
        if (is_still_there(*directory, *known->folder)) {
            warm_.splice(warm_.begin(), warm_, known);
            return warm_.front().folder;
        }
        warm_.erase(known);
    }
    auto opened = open_folder(*directory, mailbox);
    if (!opened) return opened;
    warm_.push_front({*directory, *opened});
    if (warm_.size() > warm_folders_max) {
        warm_.back().folder->settle();
        warm_.pop_back();
    }
    return opened;
}

Result<std::unique_ptr<Mailbox>> MaildirAccount::open(std::string_view mailbox, bool read_only) {
    const auto opened = folder(mailbox);
    if (!opened) return opened.error();
    auto taken = (*opened)->refresh(!read_only);
    if (!taken) return taken.error();
    last_opened_ = warm_.front().directory;
    return std::unique_ptr<Mailbox>(std::make_unique<MaildirMailbox>(*opened, cache_, read_only, std::move(*taken)));
}

Result<Status> MaildirAccount::status(std::string_view mailbox) {
    const auto opened = folder(mailbox);
    if (!opened) return opened.error();
    if (const auto refreshed = (*opened)->refresh(false); !refreshed) return refreshed.error();
    Status status;
    const auto rows = (*opened)->rows();
    status.messages = static_cast<std::uint32_t>(rows->size());
    for (const auto& row : *rows) {
        status.recent += row.recent ? 1 : 0;
        status.unseen += row.flags.has(mail::Flag::seen) ? 0 : 1;
    }
    status.uidnext = (*opened)->uidnext();
    status.uidvalidity = (*opened)->uidvalidity();
    return status;
}

Result<std::vector<std::string>> MaildirAccount::folder_directories() const {
    std::vector<std::string> names;
    auto root = open_root(settings_.location.root);
    if (!root && is_missing(root.error())) return names;
    if (!root) return store_error(root.error(), "open " + settings_.location.root);
    const std::unique_ptr<DIR, CloseDirectory> stream(::fdopendir(root->get()));
    if (!stream) return store_error(last_error(), "read " + settings_.location.root);
    const int directory = root->release();
    while (const auto* entry = ::readdir(stream.get())) {
        const std::string name = entry->d_name;
        if (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN) continue;
        if (!mailbox_name(name, settings_.names)) continue;
        if (exists(directory, name + "/cur")) names.push_back(name);
    }
    return names;
}

std::vector<std::string> MaildirAccount::subscribed_names() const {
    std::vector<std::string> names;
    const auto control = open_root(settings_.location.control);
    const auto text = control ? read_file(control->get(), settings_.location.subscriptions, subscription_bytes_max)
                              : Result<std::string>(control.error());
    if (!text) return names;
    for (const auto& name : parse_subscriptions(*text)) {
        if (equal_ignoring_case(name, "INBOX"))
            names.emplace_back("INBOX");
        else if (auto mailbox = mailbox_name("." + name, settings_.names))
            names.push_back(std::move(*mailbox));
    }
    return names;
}

Result<std::vector<MailboxInfo>> MaildirAccount::list() {
    const auto directories = folder_directories();
    if (!directories) return directories.error();
    std::map<std::string, MailboxInfo> mailboxes;
    const auto add = [&](const std::string& name) -> MailboxInfo& {
        const auto [at, added] = mailboxes.try_emplace(name);
        if (added) at->second.name = name;
        if (added) at->second.separator = settings_.names.separator;
        return at->second;
    };
    auto& inbox = add("INBOX");
    const bool below_inbox = equal_ignoring_case(
        trim(std::string_view(settings_.names.prefix)), "INBOX" + std::string(1, settings_.names.separator));
    for (const auto& directory : *directories) {
        const auto name = *mailbox_name(directory, settings_.names);
        add(name).selectable = true;
        inbox.has_children = inbox.has_children || below_inbox;
        for (const auto& parent : parent_names(name, settings_.names)) {
            const bool is_there = mailboxes.count(parent) != 0;
            auto& info = add(parent);
            info.has_children = true;
            if (!is_there) info.selectable = false;
        }
    }
    for (const auto& name : subscribed_names()) {
        const bool is_there = mailboxes.count(name) != 0;
        auto& info = add(name);
        info.subscribed = true;
        if (!is_there) info.exists = info.selectable = false;
    }
    std::vector<MailboxInfo> result;
    for (auto& [name, info] : mailboxes) {
        if (const auto use = settings_.special_use.find(name); use != settings_.special_use.end())
            info.special_use = use->second;
        result.push_back(std::move(info));
    }
    return result;
}

void MaildirAccount::went_idle() {
    for (const auto& warm : warm_)
        warm.folder->settle();
    std::erase_if(warm_, [&](const Warm& warm) {
        return warm.directory != last_opened_ || warm.folder->memory_bytes() > idle_folder_bytes_max;
    });
}

// A name without directory may still be the parent of some.
error_code MaildirAccount::missing(const std::string& directory) const {
    const auto directories = folder_directories();
    const bool has_children =
        directories && std::any_of(directories->begin(), directories->end(),
                           [&](const std::string& name) { return name.starts_with(directory + "."); });
    return has_children ? Error::not_selectable : Error::no_such_mailbox;
}

error_code MaildirAccount::store_error(const error_code& error, std::string_view doing) const {
    if (error.category() == error_category()) return error;
    // A symbolic link below the root, or a path out of it: refused, and said so.
    const bool escapes = error == errc::too_many_symbolic_link_levels || error == errc::cross_device_link;
    settings_.warn(
        "can't " + std::string(doing) + ": " + (escapes ? "symbolic links aren't followed" : error.message()));
    const bool forbidden = escapes || error == errc::permission_denied || error == errc::operation_not_permitted;
    return forbidden ? Error::not_permitted : Error::unavailable;
}

} // namespace hearth::store
