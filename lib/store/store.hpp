// SPDX-License-Identifier: Apache-2.0
// What the protocol workers see of a user's mail. Maildir++ (maildir_account.hpp) is one implementation, memory
// (memory_account.hpp, for tests) the other. Writes (APPEND, STORE, EXPUNGE, ...) and the index come beside the reads.
#pragma once

#include "base/result.hpp"
#include "mail/flags.hpp"
#include "mail/message.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::store {

/// Why the store could not do it. Each maps to a response code of RFC 5530 in imap/.
enum class Error {
    no_such_mailbox = 1, ///< NONEXISTENT
    not_selectable,      ///< a name with children only: \Noselect
    expunged,            ///< the message is gone: EXPUNGEISSUED
    in_use,              ///< another process holds the lock too long: INUSE
    corrupt,             ///< the store needs an administrator; details are logged: CORRUPTION
    unavailable,         ///< the file system failed: UNAVAILABLE
    not_permitted,       ///< file modes forbid: NOPERM
};
const boost::system::error_category& error_category();
inline error_code make_error_code(Error e) { return {static_cast<int>(e), error_category()}; }

/// One message of a mailbox as listings need it.
struct MessageRow {
    std::uint32_t uid = 0;
    mail::Flags flags;
    bool recent = false;                 ///< this session is the first to see it
    std::uint32_t keywords = 0;          ///< bit i: Mailbox::keywords()[i]; the 26 a Maildir can hold
    std::int64_t internal_date = 0;      ///< seconds since 1970
    std::string guid;
};

/// What sync() found, as UIDs. A vanished message's row is gone already.
struct Changes {
    std::vector<std::uint32_t> vanished, arrived, flags_changed;
    bool keywords_added = false;
    [[nodiscard]] bool empty() const { return vanished.empty() && arrived.empty() && flags_changed.empty() && !keywords_added; }
};

/// RFC 9051 section 6.3.11.
struct Status {
    std::uint32_t messages = 0, recent = 0, unseen = 0, uidnext = 0, uidvalidity = 0;
};

/// One line of LIST. Names are UTF-8 with the namespace's separator; INBOX is "INBOX".
struct MailboxInfo {
    std::string name;
    char separator = '/';
    bool selectable = true, has_children = false, subscribed = false;
    bool exists = true;              ///< false: subscribed but not there (LSUB, LIST SUBSCRIBED)
    std::string special_use;         ///< "\\Sent" and so on, or empty
};

/// A selected mailbox: a consistent view that changes only in sync(). Rows are in UID order.
class Mailbox {
public:
    virtual ~Mailbox() = default;
    [[nodiscard]] virtual std::span<const MessageRow> rows() const = 0;
    [[nodiscard]] virtual std::uint32_t uidvalidity() const = 0;
    [[nodiscard]] virtual std::uint32_t uidnext() const = 0;
    [[nodiscard]] virtual std::span<const std::string> keywords() const = 0;
    [[nodiscard]] virtual bool read_only() const = 0;

    /// Looks at the disk (cheap when nothing changed) and brings the view up to date.
    virtual Result<Changes> sync() = 0;
    /// RFC822.SIZE of a message: its bytes with CRLF line ends.
    virtual Result<std::uint64_t> size(std::uint32_t uid) = 0;
    /// The parsed message; the last few are kept in memory (bounded). Error::expunged when it is gone.
    virtual Result<std::shared_ptr<const mail::Message>> message(std::uint32_t uid) = 0;
    /// The envelope alone: needs no more of the message than its header, and is remembered longer.
    virtual Result<std::shared_ptr<const mail::Envelope>> envelope(std::uint32_t uid) {
        const auto whole = message(uid);
        if (!whole) return whole.error();
        return std::shared_ptr<const mail::Envelope>(*whole, &(*whole)->envelope());
    }
    /// Marks as read what a FETCH of BODY[...] read; durability class B (docs/store.md). Rows change at once.
    virtual Result<void> add_seen(std::span<const std::uint32_t> uids) = 0;
    /// A descriptor that becomes readable when the mailbox may have changed (IDLE), owned by the mailbox, made at the
    /// first call; -1 when the system has none to spare: then poll. `clear_watch` reads it empty.
    virtual int watch_descriptor() = 0;
    virtual void clear_watch() = 0;
};

struct Namespace {
    std::string prefix;
    char separator = '/';
};

/// A user's mail. Lives as long as its worker: what it keeps between sessions is declared in docs/store.md.
class Account {
public:
    virtual ~Account() = default;
    [[nodiscard]] virtual Namespace personal_namespace() const = 0;
    /// Every mailbox there is, and every subscribed name (exists = false when it isn't there), in name order.
    virtual Result<std::vector<MailboxInfo>> list() = 0;
    virtual Result<Status> status(std::string_view mailbox) = 0;
    /// Opens for SELECT, or EXAMINE when `read_only` (nothing on disk changes but what UIDs need).
    virtual Result<std::unique_ptr<Mailbox>> open(std::string_view mailbox, bool read_only) = 0;
    /// Called when the last session ended: gives memory back, keeps what makes the next click warm.
    virtual void went_idle() = 0;
};

} // namespace hearth::store

template <>
struct boost::system::is_error_code_enum<hearth::store::Error> : std::true_type {};
