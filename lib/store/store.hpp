// SPDX-License-Identifier: Apache-2.0
// What the protocol workers see of a user's mail. Maildir++ (maildir_account.hpp) is one implementation, memory
// (memory_account.hpp, for tests) the other.
//
// Calls never wait. One that would says Error::busy (somebody else holds a lock: ask again in a few milliseconds, for
// some seconds in all) or Error::unfinished (a slice of long work is done: ask again at once, with the same arguments).
// So one worker can serve several connections, and a protocol needs one loop for both (imap/patience.hpp).
#pragma once

#include "mail/digest.hpp"
#include "mail/flags.hpp"
#include "mail/message.hpp"
#include "mail/summary.hpp"
#include "store/error.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::store {

/// How many keywords one mailbox can have. The first 26 are shared with others through dovecot-keywords, the rest live
/// in the index.
constexpr std::size_t keywords_max = 64;

/// One message of a mailbox as listings need it. Kept in memory for every message: small.
struct MessageRow {
    std::uint32_t uid = 0;
    mail::Flags flags;
    bool recent = false;            ///< this session is the first to see it
    std::uint64_t keywords = 0;     ///< bit i: Mailbox::keywords()[i]
    std::int64_t internal_date = 0; ///< seconds since 1970
    std::uint64_t modseq = 1;       ///< RFC 7162
    std::uint64_t message = 0;      ///< what its content is remembered by: the same for copies; 0: don't remember
};

/// What is known of a message apart from its row.
struct MessageFacts {
    std::string guid;       ///< Dovecot's: the same for copies
    std::string emailid;    ///< RFC 8474: from the GUID
    std::string threadid;   ///< RFC 8474; empty: none is known
    std::int64_t saved = 0; ///< RFC 8514, seconds since 1970: when it came into this mailbox; 0: unknown
};

/// What SEARCH, SORT and THREAD ask of a message.
struct MessageDigest {
    mail::Digest digest;
    std::optional<std::uint64_t> size; ///< RFC822.SIZE, where it is known
};

/// What sync() found, as UIDs. A vanished message's row is gone already.
struct Changes {
    std::vector<std::uint32_t> vanished, arrived, flags_changed;
    bool keywords_added = false;
    [[nodiscard]] bool empty() const {
        return vanished.empty() && arrived.empty() && flags_changed.empty() && !keywords_added;
    }
};

/// RFC 9051 section 6.3.11, RFC 7162, RFC 8438, RFC 8474.
struct Status {
    std::uint32_t messages = 0, recent = 0, unseen = 0, deleted = 0, uidnext = 0, uidvalidity = 0;
    std::uint64_t highest_modseq = 1;
    std::uint64_t bytes = 0, deleted_bytes = 0;
    std::string mailbox_id;
};

/// STORE: what to do with flags.
struct FlagChange {
    enum class Mode { replace, add, remove };
    Mode mode = Mode::add;
    mail::Flags flags;
    std::vector<std::string> keywords;            ///< as the client wrote them; known ones match in any case
    std::optional<std::uint64_t> unchanged_since; ///< RFC 7162: leave messages alone that changed after this modseq
};
struct FlagOutcome {
    std::vector<std::uint32_t> changed;  ///< their rows are new
    std::vector<std::uint32_t> modified; ///< left alone because of `unchanged_since`
    std::vector<std::uint32_t> gone;     ///< expunged by somebody else
};

struct Expunged {
    std::vector<std::uint32_t> gone; ///< removed for good
    std::size_t done = 0;            ///< so many of those that were asked for, from the first on, were looked at
};

/// Where messages went: RFC 4315, APPENDUID and COPYUID.
struct Placed {
    std::uint32_t uidvalidity = 0;
    std::vector<std::uint32_t> uids; ///< ascending, in the order in which the messages came
};

/// Storage in bytes. A limit of 0 is none.
struct Quota {
    std::uint64_t bytes = 0, bytes_limit = 0, messages = 0, messages_limit = 0;
};

/// A message that a client hands in.
struct NewMessage {
    mail::Flags flags;
    std::vector<std::string> keywords;
    std::optional<std::int64_t> internal_date; ///< seconds since 1970; now, if nothing
    std::uint64_t size = 0;                    ///< as announced, for quota and limits
};

/// One line of LIST. Names are UTF-8 with the namespace's separator; INBOX is "INBOX".
struct MailboxInfo {
    std::string name;
    char separator = '/';
    bool selectable = true, has_children = false, subscribed = false;
    bool exists = true;      ///< false: subscribed but not there (LSUB, LIST SUBSCRIBED)
    std::string special_use; ///< "\\Sent" and so on, or empty
};

/// RFC 6203: where a fuzzy search looks. `text`: everywhere.
enum class FuzzyField { subject, from, to, cc, bcc, body, text };
struct FuzzyMatch {
    std::uint32_t uid = 0;
    int score = 0; ///< 1 to 100, the best
};

/// A selected mailbox: a consistent view. Messages come and go only in sync(), new ones at the end; rows are in UID order.
class Mailbox {
public:
    virtual ~Mailbox() = default;
    [[nodiscard]] virtual std::span<const MessageRow> rows() const = 0;
    [[nodiscard]] virtual std::uint32_t uidvalidity() const = 0;
    [[nodiscard]] virtual std::uint32_t uidnext() const = 0;
    [[nodiscard]] virtual std::span<const std::string> keywords() const = 0;
    [[nodiscard]] virtual bool read_only() const = 0;

    /// How many rows are \Recent.
    [[nodiscard]] virtual std::uint32_t recent_count() const {
        return static_cast<std::uint32_t>(
            std::count_if(rows().begin(), rows().end(), [](const MessageRow& row) { return row.recent; }));
    }
    /// Index of the first row without \Seen, the number of rows when there is none. Costs no walk over all rows where
    /// the store can help it.
    [[nodiscard]] virtual std::size_t first_unseen() const {
        const auto at = std::find_if(
            rows().begin(), rows().end(), [](const MessageRow& row) { return !row.flags.has(mail::Flag::seen); });
        return static_cast<std::size_t>(at - rows().begin());
    }

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
    /// GUID, ids, save date. Error::expunged when it is gone and nothing is remembered.
    virtual Result<MessageFacts> facts(std::uint32_t /*uid*/) { return Error::unsupported; }
    /// Envelope, structure, the headers that lists ask for, preview: from the index, once known. Null when the message
    /// is too odd to have one: parse it with message().
    virtual Result<std::shared_ptr<const mail::Summary>> summary(std::uint32_t /*uid*/) { return Error::unsupported; }
    /// What is compared of a message, from the index once it is known; `only_known`: it isn't made now. Nothing when the
    /// message is too odd to have one: read its header. Its texts live until the next call of anything here. What is in
    /// memory is answered from there, though somebody else may have expunged the message since.
    virtual Result<std::optional<MessageDigest>> digest(std::uint32_t /*uid*/, bool /*only_known*/) {
        return std::optional<MessageDigest>();
    }
    /// The whole message with CRLF line ends, not parsed; nothing of it is kept.
    virtual Result<std::string> bytes(std::uint32_t uid) {
        const auto whole = message(uid);
        if (!whole) return whole.error();
        return std::string((*whole)->bytes());
    }
    /// The parsed message if it is in memory because it was asked for last, else null: for who would ask for bytes() next.
    virtual std::shared_ptr<const mail::Message> at_hand(std::uint32_t /*uid*/) { return nullptr; }
    /// The stored bytes [offset, offset + count) with CRLF line ends, less at the end of the message; reads no more of
    /// a file than it must.
    virtual Result<std::string> read(std::uint32_t uid, std::uint64_t offset, std::uint64_t count) {
        const auto whole = message(uid);
        if (!whole) return whole.error();
        const auto bytes = (*whole)->bytes();
        return std::string(bytes.substr(std::min<std::uint64_t>(offset, bytes.size()), count));
    }

    /// RFC 8474: of the mailbox, from its GUID.
    [[nodiscard]] virtual std::string mailbox_id() const { return {}; }
    /// RFC 7162; never falls.
    [[nodiscard]] virtual std::uint64_t highest_modseq() const { return 1; }
    /// Whether modseqs survive this process (else NOMODSEQ).
    [[nodiscard]] virtual bool keeps_modseqs() const { return false; }
    /// UIDs of messages that were expunged after `modseq`, ascending, all below uidnext(). When tombstones don't reach
    /// so far back: every UID that isn't there (RFC 7162 section 3.2.5.2 allows both).
    virtual Result<std::vector<std::uint32_t>> expunged_since(std::uint64_t /*modseq*/) { return Error::unsupported; }

    /// STORE. All or part of `uids` (which are in the rows), at most a few hundred at a time; the rows of `changed` are
    /// new when it returns, and sync() doesn't report them again. Durability class B. Error::limit_reached: more
    /// keywords than keywords_max; nothing was changed.
    virtual Result<FlagOutcome> change_flags(std::span<const std::uint32_t> /*uids*/, const FlagChange& /*change*/) {
        return Error::unsupported;
    }
    /// Removes messages for good: of EXPUNGE only the ones that (still) have \Deleted, of MOVE any. Works for a slice, and
    /// for one message at least: ask again for those that aren't `done`. Durability class A: on return what is gone
    /// stays gone. Rows lose them in the next sync().
    virtual Result<Expunged> expunge(std::span<const std::uint32_t> /*uids*/, bool /*only_deleted*/) {
        return Error::unsupported;
    }
    /// Messages in which the full-text index finds these words (RFC 6203), UIDs ascending, perhaps some that aren't in
    /// the rows; nothing when it can't tell (there is none, or no word): search exactly. Fills the index first, in
    /// slices.
    virtual Result<std::optional<std::vector<FuzzyMatch>>> search_fuzzy(
        FuzzyField /*field*/, std::string_view /*words*/) {
        return std::optional<std::vector<FuzzyMatch>>();
    }

    /// Marks as read what a FETCH of BODY[...] read; durability class B (docs/store.md). Rows change at once.
    virtual Result<void> add_seen(std::span<const std::uint32_t> uids) = 0;
    /// A descriptor that becomes readable when the mailbox may have changed (IDLE), owned by the mailbox, made at the
    /// first call; -1 when the system has none to spare: then poll. `clear_watch` reads it empty.
    virtual int watch_descriptor() = 0;
    virtual void clear_watch() = 0;
};

/// Messages on their way into one mailbox, in order. Nothing is to be seen before commit() has given UIDs; destroyed
/// without that, nothing remains. Outlives no Account. APPEND writes messages, COPY and MOVE take them over.
class Intake {
public:
    virtual ~Intake() = default;
    /// Begins the next message; finish() or take() must have ended the one before. Error::too_big, Error::over_quota.
    virtual Result<void> begin(const NewMessage& message) = 0;
    /// Its next bytes, as they come from the client: straight to disk.
    virtual Result<void> write(std::string_view bytes) = 0;
    /// The message is whole: its bytes are on disk when this returns.
    virtual Result<void> finish() = 0;
    /// The next message is that of another mailbox, with its flags, keywords, dates and GUID (a hard link where the
    /// file system can). `from` may be the same mailbox.
    virtual Result<void> take(Mailbox& from, std::uint32_t uid) = 0;
    /// All messages get their UIDs and appear at once; durability class A: on return they stay.
    virtual Result<Placed> commit() = 0;
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
    /// RFC 9051 section 6.3.4-6.3.9. Names as clients write them (UTF-8). Class A: durable on return.
    /// `special_use` is "\\Sent" or empty; Error::unsupported when it can't be kept.
    virtual Result<void> create(std::string_view /*name*/, std::string_view /*special_use*/) {
        return Error::unsupported;
    }
    /// A mailbox with children is emptied and stays as \Noselect only if the layout can't do without it.
    virtual Result<void> remove(std::string_view /*name*/) { return Error::unsupported; }
    /// With everything below it. Renaming INBOX moves its messages to a new mailbox.
    virtual Result<void> rename(std::string_view /*from*/, std::string_view /*to*/) { return Error::unsupported; }
    virtual Result<void> subscribe(std::string_view /*name*/, bool /*on*/) { return Error::unsupported; }
    /// Error::no_such_mailbox: TRYCREATE.
    virtual Result<std::unique_ptr<Intake>> intake(std::string_view /*mailbox*/) { return Error::unsupported; }
    /// The largest message that is taken (RFC 7889).
    [[nodiscard]] virtual std::uint64_t message_bytes_max() const { return std::uint64_t{128} << 20; }
    virtual Result<Quota> quota() { return Quota{}; }
    /// RFC 8474: changes when states that clients remember mean nothing any more (the index was made anew).
    [[nodiscard]] virtual std::string epoch() const { return {}; }

    /// Called when the last session ended: gives memory back, keeps what makes the next click warm.
    virtual void went_idle() = 0;
};

} // namespace hearth::store
