# SPDX-License-Identifier: Apache-2.0
"""Nothing of a session outlives it but the caches that docs/store.md declares: a script gives the same transcript in a
fresh worker and in one that served twenty others, and what a client sent is not in the worker's memory afterwards."""

import re
import secrets

import pytest

from hearth_test.imap_client import Client

SCRIPT = [
    "CAPABILITY", "NAMESPACE", 'LIST "" "*" RETURN (SUBSCRIBED SPECIAL-USE)', "STATUS INBOX (MESSAGES UNSEEN UIDNEXT UIDVALIDITY)",
    "SELECT INBOX", "UID SEARCH ALL", "UID FETCH 1:20 (FLAGS ENVELOPE BODYSTRUCTURE RFC822.SIZE INTERNALDATE)",
    "UID FETCH 1:5 (BODY.PEEK[HEADER.FIELDS (SUBJECT FROM DATE)])", "UID FETCH 3 (BODY.PEEK[])", "UID SORT (SUBJECT) UTF-8 ALL",
    "UID THREAD REFERENCES UTF-8 ALL", "UID SEARCH TEXT stove", "FETCH 1:3 FLAGS", "UNSELECT", "BAD-COMMAND", "EXAMINE INBOX",
    "UID FETCH 7 (BODY.PEEK[TEXT]<10.200>)", "CLOSE", "NOOP", "LOGOUT",
]


def transcript(port):
    """The script's answers, byte for byte."""
    with Client(port, "alice") as client:
        answers = []
        for number, command in enumerate(SCRIPT):
            client.send(b"s%d %s\r\n" % (number, command.encode()))
            while True:
                answers.append(line := client.read_line())
                if line.startswith(b"s%d " % number):
                    break
        return answers


def other_session(port, number):
    """Things that change what a session remembers, and nothing in the mail."""
    with Client(port, "alice") as client:
        for command in [f'ID ("name" "other{number}")', "ENABLE CONDSTORE QRESYNC", "SELECT INBOX", "UID FETCH 1:* (MODSEQ)",
                        "UID SEARCH RETURN (SAVE) ALL", f"UID FETCH {number % 20 + 1} (BODY.PEEK[] ENVELOPE)", "UID SORT (DATE) UTF-8 ALL"]:
            client.command(command)
        if number % 2:
            client.command("LOGOUT")


def without_session(line):
    return re.sub(rb"\[[^\]]*\] Logged in|session=<[^>]*>", b"", line)


def test_a_script_has_the_same_transcript_in_a_fresh_worker_and_in_a_used_one(hearth):
    instance = hearth(["alice"], messages=40)
    instance.click_simple("alice")  # UIDs and index are made
    fresh_pid = instance.who()[0]["pid"]
    first = transcript(instance.port)
    for number in range(20):
        other_session(instance.port, number)
        instance.wait_for("an idle worker", lambda: all(w["state"] == "idle" for w in instance.who()))
    again = transcript(instance.port)
    assert instance.who()[0]["pid"] == fresh_pid, "the comparison needs the same worker"
    assert [without_session(line) for line in first] == [without_session(line) for line in again]
    fresh = hearth(["alice"], messages=40)
    fresh.click_simple("alice")
    same = [re.sub(rb"UIDVALIDITY \d+", b"UIDVALIDITY", line) for line in transcript(fresh.port)]
    volatile = re.compile(rb"UIDVALIDITY|HIGHESTMODSEQ|MAILBOXID|MODSEQ")
    assert [line for line in map(without_session, same) if not volatile.search(line)] == \
        [line for line in map(without_session, again) if not volatile.search(line)]


def memory(pid):
    """Everything that the process can read and write."""
    data = []
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as mem:
        for line in maps:
            span, modes = line.split()[:2]
            if not modes.startswith("rw") or "[vvar]" in line or "[vsyscall]" in line:
                continue
            begin, end = (int(x, 16) for x in span.split("-"))
            mem.seek(begin)
            try:
                data.append(mem.read(end - begin))
            except OSError:
                continue
    return b"\n".join(data)


@pytest.mark.root
def test_what_a_client_sent_is_not_in_the_memory_of_its_worker_afterwards(hearth):
    instance = hearth(["alice"], messages=5)
    sent = secrets.token_hex(16).encode()
    with Client(instance.port, "alice") as client:
        client.command("SELECT INBOX")
        client.command("UID SEARCH SUBJECT {}", b"looked-for-" + sent)
        client.command(b'ID ("name" "client-%s")' % sent)
        # Last, because whatever reads the message puts it into the declared cache.
        assert client.command("APPEND INBOX {}", b"Subject: x\r\n\r\n" + b"line with " + sent + b"\r\n" * 500).status == b"OK"
        assert client.command("LOGOUT").status == b"OK"
    worker = instance.wait_for("an idle worker", lambda: [w for w in instance.who() if w["state"] == "idle"])[0]
    whole = memory(worker["pid"])
    assert b"INBOX" in whole, "the worker's memory could be read"
    assert instance.password.encode() + b"\r\n" not in whole
    for name, text in [("a search key", b"looked-for-" + sent), ("the client's ID", b"client-" + sent), ("an appended body", b"line with " + sent)]:
        assert text not in whole, f"{name} is still in the worker's memory"
