# SPDX-License-Identifier: Apache-2.0
"""What an administrator does with a user's mail: mailbox status, index check and rebuild, backup."""

import json
import os
import pathlib
import re
import sqlite3

from hearth_test.instance import IS_ROOT


def test_mailbox_status_says_what_status_says(hearth):
    instance = hearth(["alice"], messages=12)
    client = instance.imap("alice")
    client.create("Work")
    client.append("Work", r"(\Seen)", None, b"Subject: x\r\n\r\nbody\r\n")
    wanted = client.status("INBOX", "(MESSAGES UNSEEN UIDNEXT UIDVALIDITY)")[1][0].decode()
    client.logout()
    rows = {row["mailbox"]: row for row in map(json.loads, instance.hearth("mailbox", "status", "alice", "--json").stdout.splitlines())}
    inbox = rows["INBOX"]
    for item, column in [("MESSAGES", "messages"), ("UNSEEN", "unseen"), ("UIDNEXT", "uidnext"), ("UIDVALIDITY", "uidvalidity")]:
        assert re.search(rf"\b{item} {inbox[column]}\b", wanted), (item, wanted, inbox)
    assert inbox["messages"] == 12 and rows["Work"]["messages"] == 1 and rows["Work"]["unseen"] == 0
    assert "Work" in instance.hearth("mailbox", "status", "alice", "W*").stdout
    assert "INBOX" not in instance.hearth("mailbox", "status", "alice", "W*").stdout


def test_an_index_is_checked_and_made_anew_without_a_change_of_uids(hearth):
    instance = hearth(["alice"], messages=30)
    client = instance.imap("alice")
    client.select("INBOX")
    before = client.uid("fetch", "1:*", "(FLAGS INTERNALDATE RFC822.SIZE)")[1]
    client.logout()
    assert "index: sound" in instance.hearth("index", "check", "alice").stdout
    assert "1 mailboxes, 30 messages" in instance.hearth("index", "rebuild", "alice").stdout
    client = instance.imap("alice")
    client.select("INBOX")
    assert client.uid("fetch", "1:*", "(FLAGS INTERNALDATE RFC822.SIZE)")[1] == before
    client.logout()
    done = instance.hearth("index", "check", "nobody-of-this-name", check=False)
    assert done.returncode != 0 and "nobody-of-this-name" in done.stderr


def test_a_backup_has_every_message_and_a_sound_index(hearth):
    instance = hearth(["alice"], messages=25)
    instance.click("alice")
    place = instance.directory / "backups"
    place.mkdir()
    if IS_ROOT:
        os.chown(place, instance.uid("alice"), instance.uid("alice"))
    assert "25 messages" in instance.hearth("backup", "alice", str(place / "today")).stdout
    copy = place / "today"
    files = {path.name: path.read_bytes() for path in (instance.maildir("alice") / "cur").iterdir()}
    assert {path.name: path.read_bytes() for path in (copy / "mail/cur").iterdir()} == files
    assert (copy / "mail/dovecot-uidlist").read_bytes() == (instance.maildir("alice") / "dovecot-uidlist").read_bytes()
    database = sqlite3.connect(copy / "index.db")
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert database.execute("SELECT count(*) FROM placement").fetchone() == (25,)
    database.close()
    again = instance.hearth("backup", "alice", str(copy), check=False)
    assert again.returncode != 0 and "must be new" in again.stderr
    assert pathlib.Path(copy / "mail").stat().st_mode & 0o077 == 0
