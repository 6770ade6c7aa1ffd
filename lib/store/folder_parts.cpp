// SPDX-License-Identifier: Apache-2.0
#include "store/folder_parts.hpp"

#include "store/maildir/keywords_file.hpp"

#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <unistd.h>

namespace hearth::store {
namespace {

namespace errc = boost::system::errc;

constexpr std::int64_t second = 1000000000;
constexpr std::int64_t settled_after = 2 * second;
// How long own renames are believed without a look at all names: 2 s, and half a millisecond for each message.
constexpr std::int64_t believed_for = 2 * second;
constexpr std::int64_t believed_for_each = second / 2000;

} // namespace

std::int64_t realtime() {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * second + now.tv_nsec;
}

bool is_permission(const error_code& error) {
    return error == errc::permission_denied || error == errc::operation_not_permitted ||
           error == errc::read_only_file_system;
}

FolderParts::FolderParts(FolderPlace place_, Index& index_, Warn warn_)
    : place(std::move(place_)),
      index(index_),
      warn(std::move(warn_)),
      uidlist(place.control.get(), place.label, warn, place.control_root) {
    writable = ::faccessat(place.directory.get(), "cur", W_OK, AT_EACCESS) == 0 &&
               ::faccessat(place.control.get(), ".", W_OK, AT_EACCESS) == 0;
}

error_code FolderParts::store_error(const error_code& error, std::string_view doing) const {
    if (error.category() == error_category()) return error;
    if (is_permission(error)) return Error::not_permitted;
    if (error == errc::too_many_symbolic_link_levels || error == errc::cross_device_link) return Error::not_permitted;
    warn("mailbox " + place.label + ": can't " + std::string(doing) + ": " + error.message());
    if (error == errc::no_space_on_device || error.value() == EDQUOT) return Error::over_quota;
    return error == errc::invalid_argument ? Error::corrupt : Error::unavailable;
}

Result<FolderLook> look_at(const FolderParts& parts) {
    FolderLook look;
    look.taken_at = realtime();
    const int directory = parts.place.directory.get(), control = parts.place.control.get();
    const std::pair<Stamp*, std::pair<int, const char*>> wanted[] = {{&look.cur, {directory, "cur"}},
        {&look.fresh, {directory, "new"}}, {&look.uidlist, {control, uidlist_name}},
        {&look.keywords, {control, keywords_name}}};
    for (const auto& [stamp, place] : wanted) {
        auto found = stamp_of(place.first, place.second);
        if (!found) return parts.store_error(found.error(), "stat");
        *stamp = *found;
    }
    if (!look.cur.exists()) return Error::no_such_mailbox;
    return look;
}

bool is_cur_known(const MailboxStamps& seen, const FolderLook& now, std::int64_t messages) {
    if (!(seen.cur == now.cur)) return false;
    if (seen.cur.modified + settled_after <= seen.scanned_at) return true;
    return seen.own_since != 0 && now.taken_at >= seen.own_since &&
           now.taken_at < seen.own_since + believed_for + messages * believed_for_each;
}

bool is_new_known(const MailboxStamps& seen, const FolderLook& now) {
    return seen.fresh == now.fresh && seen.fresh.modified + settled_after <= seen.fresh_at;
}

OwnChange::OwnChange(const FolderParts& parts, const MailboxStamps& seen, std::int64_t messages) : parts_(parts) {
    const auto now = look_at(parts);
    if (!now) return;
    cur_known_ = is_cur_known(seen, *now, messages);
    new_known_ = seen.fresh == now->fresh;
}

MailboxStamps OwnChange::finish(MailboxStamps seen) const {
    const auto now = look_at(parts_);
    if (!now) return seen;
    if (cur_known_ && !(seen.cur == now->cur)) {
        seen.cur = now->cur;
        if (seen.own_since == 0) seen.own_since = now->taken_at;
    }
    // It is small: being young, it will be read again.
    if (new_known_) seen.fresh = now->fresh;
    return seen;
}

} // namespace hearth::store
