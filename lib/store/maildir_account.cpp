// SPDX-License-Identifier: Apache-2.0
#include "store/maildir_account.hpp"

#include "base/text.hpp"
#include "store/maildir/folder_name.hpp"
#include "store/maildir/mailbox_directories.hpp"
#include "store/maildir/new_file.hpp"
#include "store/maildir/subscriptions.hpp"
#include "store/maildir_intake.hpp"
#include "store/message_ids.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace hearth::store {
namespace {

namespace errc = boost::system::errc;

bool is_missing(const error_code& error) {
    return error == errc::no_such_file_or_directory || error == errc::not_a_directory;
}

// A directory with a dot in front is a mailbox of a Maildir++ to all who read one; with LAYOUT=fs it is one without.
std::string index_directory(const MailLocation& location) {
    return location.index + (location.layout == Layout::fs ? "/.hearth" : "/hearth");
}

} // namespace

MaildirAccount::MaildirAccount(AccountSettings settings)
    : settings_(std::move(settings)),
      index_(
          index_directory(settings_.location), {::geteuid(), settings_.location.root},
          settings_.location.index_in_memory, settings_.warn ? settings_.warn : [](std::string_view) {}),
      shared_(index_) {
    if (!settings_.warn) settings_.warn = [](std::string_view) {};
    shared_.message_bytes_max = settings_.message_bytes_max;
    if (!settings_.location.index_in_memory)
        shared_.full_text = std::make_unique<FullTextIndex>(index_directory(settings_.location),
            IndexOwner{::geteuid(), settings_.location.root}, settings_.warn);
}

MaildirAccount::~MaildirAccount() {
    shared_.summaries.flush();
    for (const auto& warm : warm_)
        warm.folder->settle();
}

std::optional<std::string> MaildirAccount::directory_of(std::string_view mailbox) const {
    return folder_directory(mailbox, settings_.names, settings_.location.layout);
}

bool MaildirAccount::has_own_control() const {
    return settings_.location.control != settings_.location.root;
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
    if (!control_root_)
        if (auto root = open_root(settings_.location.control)) control_root_ = std::move(*root);
    FolderPlace place{std::move(*opened), std::move(*control), folder_path(directory), printable(mailbox),
        control_root_ ? control_root_.get() : -1, directory};
    return std::make_shared<MaildirFolder>(std::move(place), index_, settings_.warn);
}

bool MaildirAccount::is_still_there(const std::string& directory, const MaildirFolder& folder) const {
    struct stat status {};
    return ::stat(folder_path(directory).c_str(), &status) == 0 && status.st_ino == folder.inode();
}

Result<std::shared_ptr<MaildirFolder>> MaildirAccount::folder(std::string_view mailbox) {
    const auto directory = directory_of(mailbox);
    if (!directory) return Error::no_such_mailbox;
    if (auto made = make_automatic_mailboxes(); !made) return made.error();
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
    if (auto quota = open_quota(); !quota) return quota.error();
    const auto recent = (*opened)->refresh(MaildirFolder::Want::rows, !read_only);
    if (!recent) return recent.error();
    last_opened_ = warm_.front().directory;
    return std::unique_ptr<Mailbox>(std::make_unique<MaildirMailbox>(*opened, shared_, read_only, *recent));
}

Result<Status> MaildirAccount::status(std::string_view mailbox) {
    const auto opened = folder(mailbox);
    if (!opened) return opened.error();
    if (const auto refreshed = (*opened)->refresh(MaildirFolder::Want::counters, false); !refreshed)
        return refreshed.error();
    const auto& state = (*opened)->state();
    Status status;
    status.messages = static_cast<std::uint32_t>(state.exists);
    // What lies in new/ from before this index began is \Recent too.
    const auto& fresh = (*opened)->fresh();
    const auto older = std::lower_bound(fresh.begin(), fresh.end(), state.first_recent) - fresh.begin();
    status.recent = static_cast<std::uint32_t>(state.recent + older);
    status.unseen = static_cast<std::uint32_t>(state.unseen);
    status.deleted = static_cast<std::uint32_t>(state.deleted);
    status.uidnext = state.uidnext;
    status.uidvalidity = state.uidvalidity;
    status.highest_modseq = state.modseq;
    status.bytes = static_cast<std::uint64_t>(state.bytes);
    status.deleted_bytes = static_cast<std::uint64_t>(state.deleted_bytes);
    status.mailbox_id = mailbox_id_of(state.guid);
    return status;
}

Result<std::unique_ptr<Intake>> MaildirAccount::intake(std::string_view mailbox) {
    auto opened = folder(mailbox);
    if (!opened) return opened.error();
    if (auto quota = open_quota(); !quota) return quota.error();
    return std::unique_ptr<Intake>(std::make_unique<MaildirIntake>(std::move(*opened), shared_));
}

Result<std::vector<std::string>> MaildirAccount::folder_directories() const {
    auto root = open_root(settings_.location.root);
    if (!root && is_missing(root.error())) return std::vector<std::string>();
    if (!root) return store_error(root.error(), "open " + settings_.location.root);
    auto directories = list_mailboxes(root->get(), settings_.location.layout);
    if (!directories) return store_error(directories.error(), "read " + settings_.location.root);
    std::erase_if(*directories, [&](const std::string& directory) {
        return !mailbox_name(directory, settings_.names, settings_.location.layout);
    });
    return directories;
}

std::vector<std::string> MaildirAccount::subscribed_names() const {
    std::vector<std::string> names;
    const auto control = open_root(settings_.location.control);
    const auto text = control ? read_file(control->get(), settings_.location.subscriptions, subscriptions_bytes_max)
                              : Result<std::string>(control.error());
    if (!text) return names;
    const bool is_fs = settings_.location.layout == Layout::fs;
    for (const auto& name : parse_subscriptions(*text, is_fs ? '/' : '.')) {
        const auto directory = is_fs ? name : "." + name;
        if (equal_ignoring_case(name, "INBOX"))
            names.emplace_back("INBOX");
        else if (auto mailbox = mailbox_name(directory, settings_.names, settings_.location.layout))
            names.push_back(std::move(*mailbox));
    }
    return names;
}

Result<std::vector<MailboxInfo>> MaildirAccount::list() {
    if (auto made = make_automatic_mailboxes(); !made) return made.error();
    if (auto ready = index_.ready(); !ready) return ready.error();
    const auto uses = index_.special_uses();
    if (!uses) return uses.error();
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
        const auto name = *mailbox_name(directory, settings_.names, settings_.location.layout);
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
        if (const auto directory = directory_of(name); directory && info.selectable)
            if (const auto use = uses->find(*directory); use != uses->end()) info.special_use = use->second;
        if (const auto use = settings_.special_use.find(name); use != settings_.special_use.end())
            info.special_use = use->second;
        result.push_back(std::move(info));
    }
    return result;
}

void MaildirAccount::went_idle() {
    shared_.summaries.flush();
    shared_.digests.clear();
    for (const auto& warm : warm_)
        warm.folder->settle();
    std::erase_if(warm_, [&](const Warm& warm) {
        return warm.directory != last_opened_ || warm.folder->memory_bytes() > idle_folder_bytes_max;
    });
    if (!std::exchange(leftovers_removed_, true)) {
        for (const auto& warm : warm_)
            if (warm.folder->writable()) remove_leftovers(warm.folder->parts().place.directory.get());
        if (const auto root = open_root(settings_.location.root))
            for (auto& hidden : hidden_mailboxes(root->get()))
                hidden_.emplace_back(settings_.location.root, std::move(hidden));
    }
    static_cast<void>(clear_hidden()); // a slice; the rest at the next time
    if (shared_.full_text) shared_.full_text->went_idle();
    index_.went_idle();
}

// A name without directory may still be the parent of some.
error_code MaildirAccount::missing(const std::string& directory) const {
    const auto directories = folder_directories();
    const bool has_children =
        directories && std::any_of(directories->begin(), directories->end(), [&](const std::string& name) {
            return name.starts_with(directory + (settings_.location.layout == Layout::fs ? "/" : "."));
        });
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
