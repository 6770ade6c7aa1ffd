// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace hearth::store {

/// The number in `PRAGMA user_version`. An index of the version before is brought up to date (`schema_upgrade`); one with
/// any other number is made anew: everything that can't be had from the Maildir is listed in docs/store.md.
constexpr int schema_version = 2;

/// Creates all tables. One placement is one message in one mailbox; copies share the message.
/// Columns that are asked for with every row stand in front of the long ones. `message.counted` is the part that a
/// placement has in its mailbox's bytes: the size, or an upper bound until that is known. `listed` are lines of the
/// uidlist without file. `expunged.file` is a file that is still to be removed. `mailbox.first_recent`: messages with this
/// UID or a higher one are \Recent for the next session that may claim them; `recent_n` is how many they are.
constexpr const char* schema = R"(
CREATE TABLE account(
    id INTEGER PRIMARY KEY CHECK(id = 1),
    uid INTEGER NOT NULL,
    root TEXT NOT NULL,
    epoch TEXT NOT NULL,
    modseq INTEGER NOT NULL,
    clean INTEGER NOT NULL
);
CREATE TABLE mailbox(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    directory TEXT NOT NULL UNIQUE,
    guid TEXT NOT NULL DEFAULT '',
    uidvalidity INTEGER NOT NULL DEFAULT 0,
    uidnext INTEGER NOT NULL DEFAULT 1,
    modseq INTEGER NOT NULL DEFAULT 1,
    created_modseq INTEGER NOT NULL DEFAULT 1,
    tombstone_floor INTEGER NOT NULL DEFAULT 0,
    exists_n INTEGER NOT NULL DEFAULT 0,
    unseen_n INTEGER NOT NULL DEFAULT 0,
    deleted_n INTEGER NOT NULL DEFAULT 0,
    fresh_n INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    deleted_bytes INTEGER NOT NULL DEFAULT 0,
    keywords_n INTEGER NOT NULL DEFAULT 0,
    stamps BLOB NOT NULL DEFAULT '',
    mark_header TEXT NOT NULL DEFAULT '',
    mark_line TEXT NOT NULL DEFAULT '',
    special_use TEXT NOT NULL DEFAULT '',
    first_recent INTEGER NOT NULL DEFAULT 1,
    recent_n INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE message(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    guid TEXT NOT NULL,
    emailid TEXT NOT NULL UNIQUE,
    received INTEGER NOT NULL,
    stored_size INTEGER NOT NULL,
    size INTEGER,
    counted INTEGER NOT NULL,
    thread INTEGER
);
CREATE INDEX message_guid ON message(guid);
CREATE TABLE placement(
    mailbox INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    message INTEGER NOT NULL,
    flags INTEGER NOT NULL,
    keywords INTEGER NOT NULL,
    received INTEGER NOT NULL,
    modseq INTEGER NOT NULL,
    fresh INTEGER NOT NULL,
    saved INTEGER NOT NULL,
    base TEXT NOT NULL,
    info TEXT NOT NULL,
    PRIMARY KEY(mailbox, uid)
) WITHOUT ROWID;
CREATE INDEX placement_message ON placement(message);
CREATE INDEX placement_modseq ON placement(mailbox, modseq);
CREATE UNIQUE INDEX placement_base ON placement(mailbox, base);
CREATE INDEX placement_fresh ON placement(mailbox) WHERE fresh = 1;
CREATE TABLE keyword(
    mailbox INTEGER NOT NULL,
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY(mailbox, number)
) WITHOUT ROWID;
CREATE TABLE expunged(
    mailbox INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    modseq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    file TEXT,
    PRIMARY KEY(mailbox, uid)
) WITHOUT ROWID;
CREATE INDEX expunged_modseq ON expunged(mailbox, modseq);
CREATE INDEX expunged_at ON expunged(at);
CREATE INDEX expunged_file ON expunged(mailbox) WHERE file IS NOT NULL;
CREATE TABLE listed(
    mailbox INTEGER NOT NULL,
    base TEXT NOT NULL,
    uid INTEGER NOT NULL,
    PRIMARY KEY(mailbox, base)
) WITHOUT ROWID;
CREATE TABLE thread(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    threadid TEXT NOT NULL UNIQUE
);
CREATE TABLE thread_ref(
    hash INTEGER PRIMARY KEY,
    thread INTEGER NOT NULL
);
CREATE TABLE summary(
    message INTEGER PRIMARY KEY,
    version INTEGER NOT NULL,
    bytes BLOB NOT NULL
);
CREATE TABLE digest(
    message INTEGER PRIMARY KEY,
    version INTEGER NOT NULL,
    bytes BLOB NOT NULL
);
CREATE TABLE destroyed(
    emailid TEXT NOT NULL,
    modseq INTEGER NOT NULL,
    at INTEGER NOT NULL
);
CREATE INDEX destroyed_modseq ON destroyed(modseq);
CREATE INDEX destroyed_at ON destroyed(at);
CREATE TABLE mailbox_gone(
    mailbox_id TEXT NOT NULL,
    modseq INTEGER NOT NULL
);
)";

/// From version 1 to 2. What is there is \Recent only as far as it lies in new/ (MaildirFolder::take_new_files).
constexpr const char* schema_upgrade = R"(
ALTER TABLE mailbox ADD COLUMN first_recent INTEGER NOT NULL DEFAULT 1;
ALTER TABLE mailbox ADD COLUMN recent_n INTEGER NOT NULL DEFAULT 0;
UPDATE mailbox SET first_recent = uidnext;
CREATE TABLE digest(
    message INTEGER PRIMARY KEY,
    version INTEGER NOT NULL,
    bytes BLOB NOT NULL
);
)";

} // namespace hearth::store
