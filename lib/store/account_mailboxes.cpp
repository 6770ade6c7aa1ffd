// SPDX-License-Identifier: Apache-2.0
// CREATE, DELETE, RENAME, SUBSCRIBE and quota of a Maildir++ account.
#include "base/text.hpp"
#include "store/maildir/mailbox_directories.hpp"
#include "store/maildir/subscriptions.hpp"
#include "store/maildir_account.hpp"
#include "store/maildir_intake.hpp"

#include <algorithm>

namespace hearth::store {
namespace {

namespace errc = boost::system::errc;

// Messages of INBOX that are moved in one go when it is renamed.
constexpr std::size_t moved_at_once = 100;

} // namespace

void MaildirAccount::drop_folders() {
    for (const auto& warm : warm_)
        warm.folder->settle();
    warm_.clear();
}

Result<void> MaildirAccount::make(const std::string& directory) {
    const auto& location = settings_.location;
    if (auto made = make_directories(location.root); !made) return store_error(made.error(), "make " + location.root);
    const auto root = open_root(location.root);
    if (!root) return store_error(root.error(), "open " + location.root);
    auto made = make_mailbox(root->get(), directory, location.layout);
    if (!made && made.error() == make_error_code(Error::already_exists)) return made;
    if (!made) return store_error(made.error(), "make a mailbox");
    if (has_own_control())
        if (auto control = open_control_directory(directory); !control)
            return store_error(control.error(), "make the control directory");
    return {};
}

Result<void> MaildirAccount::create(std::string_view name, std::string_view special_use) {
    if (name.ends_with(settings_.names.separator)) name.remove_suffix(1); // RFC 9051 section 6.3.4: children are meant
    const auto directory = directory_of(name);
    if (!directory) return Error::bad_name;
    if (directory->empty()) return Error::already_exists;
    if (auto ready = index_.ready(); !ready) return ready;
    if (!special_use.empty() && !index_.is_kept()) return Error::unsupported;
    if (special_use.empty()) return make(*directory);
    // The use first: a name without mailbox has none to show.
    const auto root = open_root(settings_.location.root);
    if (root && exists(root->get(), *directory + "/cur")) return Error::already_exists;
    if (auto set = index_.set_special_use(*directory, std::string(special_use)); !set) return set;
    return make(*directory);
}

Result<void> MaildirAccount::make_automatic_mailboxes() {
    if (automatic_made_) return {};
    automatic_made_ = true; // whatever comes of it: a mailbox that can't be made isn't tried at each command
    for (const auto& [name, wanted] : settings_.automatic) {
        const auto directory = directory_of(name);
        if (!directory) continue;
        const bool is_new = !directory->empty() && !exists_mailbox(*directory);
        if (is_new)
            if (auto made = make(*directory); !made && made.error() != make_error_code(Error::already_exists))
                settings_.warn("can't make the mailbox " + printable(name) + ": " + made.error().message());
        if (wanted != AutoMailbox::subscribe || !is_new) continue;
        const auto subscribed = subscribe(name, true);
        if (!subscribed && subscribed.error() == make_error_code(Error::busy)) automatic_made_ = false;
    }
    return {};
}

bool MaildirAccount::exists_mailbox(const std::string& directory) const {
    const auto root = open_root(settings_.location.root);
    return root && exists(root->get(), directory + "/cur");
}

Result<void> MaildirAccount::remove(std::string_view name) {
    const auto directory = directory_of(name);
    if (!directory) return Error::no_such_mailbox;
    if (directory->empty()) return Error::unsupported; // INBOX stays (RFC 9051 section 6.3.5)
    if (removing_ != name) {
        if (!exists_mailbox(*directory)) return missing(*directory);
        if (auto ready = index_.ready(); !ready) return ready;
        if (auto done = index_.forget_mailbox(*directory, [&] { return hide(*directory); }); !done) return done;
        removing_ = name;
        drop_folders();
    }
    if (auto cleared = clear_hidden(); !cleared) return cleared;
    removing_.clear();
    return {};
}

// Takes the mailbox out of sight, durably. What it held is removed afterwards.
Result<void> MaildirAccount::hide(const std::string& directory) {
    const auto& location = settings_.location;
    const auto root = open_root(location.root);
    if (!root) return store_error(root.error(), "open " + location.root);
    auto hidden = hide_mailbox(root->get(), directory, location.layout);
    if (!hidden) return store_error(hidden.error(), "remove a mailbox");
    hidden_.emplace_back(location.root, std::move(*hidden));
    // What counted in maildirsize is gone: it is counted anew.
    static_cast<void>(remove_file(root->get(), "maildirsize"));
    if (!has_own_control()) return {};
    const auto control = open_root(location.control);
    if (!control) return {};
    if (auto control_hidden = hide_mailbox(control->get(), directory, location.layout); control_hidden)
        hidden_.emplace_back(location.control, std::move(*control_hidden));
    return {};
}

Result<void> MaildirAccount::clear_hidden() {
    while (!hidden_.empty()) {
        const auto root = open_root(hidden_.back().first);
        auto removed = root ? remove_slice(root->get(), hidden_.back().second) : Result<void>(root.error());
        if (!removed && removed.error() == make_error_code(Error::unfinished)) return removed;
        if (!removed) static_cast<void>(store_error(removed.error(), "remove a mailbox's files"));
        hidden_.pop_back();
    }
    return {};
}

Result<void> MaildirAccount::rename(std::string_view from, std::string_view to) {
    if (to.ends_with(settings_.names.separator)) to.remove_suffix(1);
    const auto source = directory_of(from), target = directory_of(to);
    if (!source) return Error::no_such_mailbox;
    if (!target) return Error::bad_name;
    if (auto ready = index_.ready(); !ready) return ready;
    if (source->empty()) return rename_inbox(*target, to);
    if (target->empty() || exists_mailbox(*target)) return Error::already_exists;
    return rename_directories(*source, *target);
}

Result<void> MaildirAccount::rename_directories(const std::string& from, const std::string& to) {
    const auto directories = folder_directories();
    if (!directories) return directories.error();
    const char separator = settings_.location.layout == Layout::fs ? '/' : '.';
    const bool there = std::any_of(directories->begin(), directories->end(),
        [&](const std::string& name) { return name == from || name.starts_with(from + separator); });
    if (!there) return Error::no_such_mailbox;
    if (to.starts_with(from + separator)) return Error::bad_name; // into itself
    const auto steps = plan_rename(*directories, from, to, settings_.location.layout);
    if (!steps) return steps.error();
    // In the index each mailbox has its row, however the disk does it.
    std::vector<DirectoryRename> rows;
    for (const auto& name : *directories)
        if (name == from || name.starts_with(from + separator)) rows.push_back({name, to + name.substr(from.size())});
    drop_folders();
    return index_.rename_mailboxes(rows, [&]() -> Result<void> {
        const auto root = open_root(settings_.location.root);
        if (!root) return store_error(root.error(), "open " + settings_.location.root);
        auto renamed = rename_mailboxes(root->get(), *steps);
        if (!renamed && renamed.error() == errc::file_exists) return Error::already_exists;
        if (!renamed) return store_error(renamed.error(), "rename a mailbox");
        if (!has_own_control()) return {};
        const auto control = open_root(settings_.location.control);
        auto moved = control ? rename_mailboxes(control->get(), *steps) : Result<void>(control.error());
        if (!moved) return store_error(moved.error(), "rename a control directory");
        return {};
    });
}

// RFC 9051 section 6.3.6: its messages move to a new mailbox, INBOX stays, empty; what is below it stays too.
Result<void> MaildirAccount::rename_inbox(const std::string& directory, std::string_view to) {
    if (!inbox_move_ || inbox_move_->to != to) {
        if (auto made = make(directory); !made) return made;
        inbox_move_ = std::make_unique<InboxMove>();
        inbox_move_->to = to;
    }
    auto done = move_inbox_messages(*inbox_move_);
    const bool goes_on =
        !done && (done.error() == make_error_code(Error::busy) || done.error() == make_error_code(Error::unfinished));
    if (!goes_on) inbox_move_.reset();
    return done;
}

// Some of them, then Error::unfinished. What is in the target already isn't copied again when this is called again.
Result<void> MaildirAccount::move_inbox_messages(InboxMove& move) {
    if (!move.target) {
        auto inbox = open("INBOX", false); // its messages get new UIDs, and are \Recent again there
        if (!inbox) return inbox.error();
        move.inbox = std::move(*inbox);
        if (move.inbox->rows().empty()) return {};
        auto folder_of_target = folder(move.to);
        if (!folder_of_target) return folder_of_target.error();
        auto target = std::make_unique<MaildirIntake>(std::move(*folder_of_target), shared_);
        const auto rows = move.inbox->rows();
        move.uids.clear();
        for (const auto& row : rows.first(std::min(rows.size(), moved_at_once))) {
            const auto taken = target->take(*move.inbox, row.uid);
            if (!taken && taken.error() != make_error_code(Error::expunged)) return taken;
            if (taken) move.uids.push_back(row.uid);
        }
        move.target = std::move(target);
    }
    if (!move.is_placed) {
        for (;;) {
            const auto placed = move.target->commit();
            if (placed) break;
            if (placed.error() == make_error_code(Error::unfinished)) continue;
            // Before it has UIDs nothing is to be seen of it, and nobody must hold a lock between two calls.
            if (!move.target->has_uids()) move.target.reset();
            return placed.error();
        }
        move.is_placed = true;
    }
    const auto removed = move.inbox->expunge(move.uids, false);
    if (!removed) return removed.error();
    move.uids.erase(move.uids.begin(), move.uids.begin() + static_cast<std::ptrdiff_t>(removed->done));
    if (!move.uids.empty()) return Error::unfinished;
    move.target.reset();
    move.is_placed = false;
    return Error::unfinished; // until INBOX is empty
}

Result<void> MaildirAccount::subscribe(std::string_view name, bool on) {
    const auto directory = directory_of(name);
    if (!directory) return Error::bad_name;
    const auto& location = settings_.location;
    if (auto made = make_directories(location.control); !made)
        return store_error(made.error(), "make " + location.control);
    const auto control = open_root(location.control);
    if (!control) return store_error(control.error(), "open " + location.control);
    const bool is_fs = location.layout == Layout::fs;
    std::string on_disk = directory->empty() ? "INBOX" : *directory;
    if (!is_fs && on_disk.starts_with('.')) on_disk.erase(0, 1);
    auto changed = change_subscription(control->get(), location.subscriptions, on_disk, on, is_fs ? '/' : '.');
    if (!changed) return store_error(changed.error(), "write " + location.subscriptions);
    return {};
}

Result<void> MaildirAccount::open_quota() {
    if (shared_.quota || settings_.quota == QuotaLimits()) return {};
    auto root = open_root(settings_.location.root);
    if (!root) return store_error(root.error(), "open " + settings_.location.root);
    quota_root_ = std::move(*root);
    shared_.quota = std::make_unique<MaildirQuota>(quota_root_.get(), settings_.location.layout, settings_.quota);
    return {};
}

Result<Quota> MaildirAccount::quota() {
    if (auto made = make_directories(settings_.location.root); !made)
        return store_error(made.error(), "make " + settings_.location.root);
    if (auto opened = open_quota(); !opened) return opened.error();
    if (!shared_.quota) return Quota{};
    const auto use = shared_.quota->use();
    if (!use) return use.error();
    Quota quota;
    quota.bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(use->bytes, 0));
    quota.messages = static_cast<std::uint64_t>(std::max<std::int64_t>(use->messages, 0));
    quota.bytes_limit = settings_.quota.bytes;
    quota.messages_limit = settings_.quota.messages;
    return quota;
}

} // namespace hearth::store
