# SPDX-License-Identifier: Apache-2.0
"""Hearth and Dovecot 2.3 write the same Maildir at once, while mail is delivered into it: no UID is given twice or
changes, nothing is lost, both agree at the end."""

import collections
import os
import random
import re
import threading
import time

import pytest

from hearth_test.dovecot import Dovecot
from hearth_test.imap_client import Client
from hearth_test.instance import free_port

pytestmark = pytest.mark.root

SECONDS = float(os.environ.get("HEARTH_COEXIST_SECONDS", "20"))
SEED = int(os.environ.get("HEARTH_SEED", "0")) or random.SystemRandom().getrandbits(32)
FOLDERS = ["INBOX", "Work"]
KEYWORDS = ["$Label1", "Project", "$Forwarded"]
FLAGS = ["\\Seen", "\\Answered", "\\Flagged", "\\Draft"]


class Ledger:
    """What both servers have ever said of messages: UIDs by folder, and how often each message should be there."""

    def __init__(self):
        self.lock = threading.Lock()
        self.number = 0
        self.uids = {}                            # (folder, uidvalidity, uid): message
        self.copies = collections.Counter()       # message: how many there must be
        self.touched = set()                      # messages that two might have changed at once: counted loosely
        self.problems = []

    def new_message(self):
        with self.lock:
            self.number += 1
            return f"m{self.number:06}"

    def saw(self, who, folder, uidvalidity, uid, message):
        with self.lock:
            before = self.uids.setdefault((folder, uidvalidity, uid), message)
        if before != message:
            self.problems.append(f"{who}: {folder} UID {uid} was {before} and is {message}")

    def count(self, message, change):
        with self.lock:
            self.copies[message] += change


def mail(message):
    return f"From: a@example.org\r\nSubject: {message}\r\nMessage-ID: <{message}@example.org>\r\n\r\nbody of {message}\r\n".encode()


class Actor(threading.Thread):
    """One client that does random things. Only messages that it appended itself are moved or expunged by it, so that
    the ledger knows what has to be there at the end."""

    def __init__(self, who, port, ledger, seed, deadline):
        super().__init__()
        self.who, self.port, self.ledger, self.deadline = who, port, ledger, deadline
        self.rng = random.Random(seed)
        self.done = collections.Counter()
        self.error = None

    def run(self):
        try:
            while time.monotonic() < self.deadline:
                with Client(self.port, "alice") as client:
                    for _ in range(self.rng.randint(1, 15)):
                        self.step(client)
                    client.command("LOGOUT")
        except Exception as error:  # noqa: BLE001 - reported by the test
            self.error = error

    def step(self, client):
        folder = self.rng.choice(FOLDERS)
        action = self.rng.choice(["append", "append", "copy", "move", "expunge", "flags", "flags", "keywords", "look"])
        self.done[action] += 1
        if action == "append":
            message = self.ledger.new_message()
            answer = client.command(f"APPEND {folder} (\\Seen) {{}}", mail(message))
            self.expect(answer, "append")
            self.ledger.count(message, 1)
            placed = re.match(rb"APPENDUID (\d+) (\d+)", answer.code)
            self.ledger.saw(self.who, folder, int(placed[1]), int(placed[2]), message)
            return
        answer = client.command(f"SELECT {folder}")
        self.expect(answer, "select")
        uidvalidity = next(int(text.split()[1].rstrip(b"]")) for (text,) in answer.lines(b"OK") if text.startswith(b"[UIDVALIDITY"))
        found = client.command("UID FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        messages = {}
        for uid, items in found.fetches().items():
            header = next((value for name, value in items.items() if name.startswith(b"BODY[")), None)
            subject = re.search(rb"Subject: (\S+)", header or b"")
            if subject:
                messages[uid] = subject[1].decode()
                self.ledger.saw(self.who, folder, uidvalidity, uid, subject[1].decode())
        mine = [uid for uid, message in messages.items() if self.owns(message)]
        if action == "look" or not messages:
            return
        some = ",".join(str(uid) for uid in self.rng.sample(sorted(messages), min(len(messages), self.rng.randint(1, 5))))
        sign = self.rng.choice(["+", "-"])
        if action == "flags":
            client.command(f"UID STORE {some} {sign}FLAGS ({self.rng.choice(FLAGS)})")
        elif action == "keywords":
            client.command(f"UID STORE {some} {sign}FLAGS ({self.rng.choice(KEYWORDS)})")
        elif mine:
            self.change(client, action, folder, self.rng.choice(mine), messages)

    def owns(self, message):
        """Each message belongs to one actor; deliveries (message numbers of no actor) to nobody."""
        return message.startswith("m") and int(message[1:]) % 4 == self.slot

    def change(self, client, action, folder, uid, messages):
        other = self.rng.choice(FOLDERS)
        if action == "copy" and self.ledger.copies[messages[uid]] < 4:
            answer = client.command(f"UID COPY {uid} {other}")
            if answer.code.startswith(b"COPYUID"):
                self.ledger.count(messages[uid], 1)
        elif action == "move" and other != folder:
            answer = client.command(f"UID MOVE {uid} {other}")
            self.expect(answer, "move")
        elif action == "expunge":
            client.command(f"UID STORE {uid} +FLAGS.SILENT (\\Deleted)")
            answer = client.command(f"UID EXPUNGE {uid}")
            self.expect(answer, "expunge")
            self.ledger.count(messages[uid], -1)

    def expect(self, answer, what):
        if answer.status != b"OK":
            raise AssertionError(f"{self.who} {what}: {answer.status} {answer.code} {answer.text}")


class Deliveries(threading.Thread):
    """What Postfix's local(8) does: a file in tmp/, moved to new/."""

    def __init__(self, maildir, uid, ledger, seed, deadline):
        super().__init__()
        self.maildir, self.uid, self.ledger, self.deadline = maildir, uid, ledger, deadline
        self.rng, self.done = random.Random(seed), 0
        self.pause = threading.Event()

    def run(self):
        while time.monotonic() < self.deadline:
            self.done += 1
            message = f"d{self.done:06}"
            name = f"{int(time.time())}.M{self.rng.randint(0, 999999):06}P77_{self.done}.mx"
            path = self.maildir / "tmp" / name
            path.write_bytes(mail(message).replace(b"\r\n", b"\n"))
            os.chown(path, self.uid, self.uid)
            self.ledger.count(message, 1)
            path.rename(self.maildir / "new" / name)
            self.pause.wait(self.rng.random() * 0.1)


def everything(port):
    """{folder: {uid: (subject, flags)}} as a server sees it."""
    result = {}
    with Client(port, "alice") as client:
        for folder in FOLDERS:
            client.command(f"SELECT {folder}")
            found = client.command("UID FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])").fetches()
            result[folder] = {}
            for uid, items in found.items():
                header = next(value for name, value in items.items() if name.startswith(b"BODY["))
                flags = frozenset(flag.lower() for flag in items[b"FLAGS"] if flag != b"\\Recent")
                result[folder][uid] = (re.search(rb"Subject: (\S+)", header)[1].decode(), flags)
    return result


def disagreements(ours, theirs, maildir):
    for folder in FOLDERS:
        home = maildir if folder == "INBOX" else maildir / f".{folder}"
        files = dict(re.findall(r"^(\d+) .*?:(\S+)$", (home / "dovecot-uidlist").read_text().partition("\n")[2], re.M))
        keywords = (home / "dovecot-keywords").read_text().split("\n") if (home / "dovecot-keywords").exists() else []
        for uid in sorted(ours[folder].keys() | theirs[folder].keys()):
            left, right = ours[folder].get(uid), theirs[folder].get(uid)
            if left != right:
                base = files.get(str(uid), "-")
                found = [path.name for path in (home / "cur").glob(f"{base.partition(':')[0]}*")]
                yield f"{folder} {uid}: hearth {left}, dovecot {right}, file {found}, {keywords}"


def test_dovecot_and_hearth_write_the_same_maildir_at_once(hearth, expect_log):
    instance = hearth(["alice"], messages=0, config="mail_max_userip_connections = 0")
    uid = instance.uid("alice")
    dovecot = Dovecot(instance.directory / "dovecot", instance.directory / "mail", {"alice": uid}, free_port())
    ledger = Ledger()
    print(f"seed {SEED}, {SECONDS} s")
    with dovecot:
        with Client(instance.port, "alice") as client:
            client.command("CREATE Work")
        deadline = time.monotonic() + SECONDS
        actors = [Actor(f"{name}{i}", port, ledger, SEED + i, deadline)
                  for i, (name, port) in enumerate([("hearth", instance.port), ("dovecot", dovecot.port)] * 2)]
        for slot, actor in enumerate(actors):
            actor.slot = slot
        deliveries = Deliveries(instance.maildir("alice"), uid, ledger, SEED, deadline)
        for thread in [*actors, deliveries]:
            thread.start()
        for thread in [*actors, deliveries]:
            thread.join()
        print(f"{sum(sum(actor.done.values()) for actor in actors)} steps: "
              f"{dict(sum((actor.done for actor in actors), collections.Counter()))}, {deliveries.done} deliveries")
        assert not [f"{actor.who}: {actor.error!r}" for actor in actors if actor.error], [a.error for a in actors]
        assert not ledger.problems, ledger.problems
        ours, theirs = everything(instance.port), everything(dovecot.port)
        assert ours == theirs, "\n".join(disagreements(ours, theirs, instance.maildir("alice")))
        there = collections.Counter(subject for folder in ours.values() for subject, _ in folder.values())
        wanted = +ledger.copies
        assert there == wanted, f"lost {wanted - there}, too many {there - wanted}"
        uidlist = (instance.maildir("alice") / "dovecot-uidlist").read_text()
        uids = re.findall(r"^(\d+) ", uidlist.partition("\n")[2], re.M)
        assert len(uids) == len(set(uids))
        # A rename can hide a file from Dovecot's own readdir; then it gives the file another UID and says so. Four clients
        # of Dovecot alone bring that about as well.
        noise = [line for line in dovecot.log().splitlines()
                 if re.search(r"Error|Panic|Fatal|Warning", line) and "Duplicate file entry" not in line]
        assert not noise, noise
