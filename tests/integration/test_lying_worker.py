# SPDX-License-Identifier: Apache-2.0
"""A worker that its user has broken into says what it likes to anvil, to the master and to login. What it may cost is that
user's own sessions; everybody else is served, warm, by the right worker, and it never sees a client of somebody else."""

import json
import os
import pathlib
import socket

import pytest

from hearth_test import wire
from hearth_test.instance import BUILD, IS_ROOT

USERS = ["mallory", "alice", "bob"]


class Broken:
    """Mallory's worker lies; Alice and Bob have warm, real ones."""

    def __init__(self, hearth, directory):
        program = pathlib.Path(wire.__file__).with_name("lying_worker.py")
        control, mode = directory / "control", directory / "mode"
        mode.write_text("lie")
        script = directory / "imap"
        script.write_text(f"#!/bin/sh\nexec /usr/bin/python3 {program} {mode} {control} {BUILD}/libexec/hearth/imap\n")
        script.chmod(0o755)
        self.instance = hearth(USERS, messages=3, canaries=True, config="login_handover_timeout = 2s\n",
                               imap=f"worker_start = exec\nexecutable = {script}")
        client = self.instance.imap("mallory")
        client.logout()
        mode.write_text("be the real one")
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(wire.SECONDS)
        sock.connect(str(control))
        self.file = sock.makefile("rwb")
        self.auth = wire.Auth(self.instance.base_dir)
        identities = {user: self.auth.login(user, "secret").identity for user in USERS}
        user, self.generation, tag = self.tell("identity")
        assert user == "mallory"
        self.tag, self.identity, self.others = bytes.fromhex(tag), identities["mallory"], identities
        self.sequence = 0
        for user in ("alice", "bob"):
            self.instance.click_simple(user)
        self.pids = {worker["user"]: worker["pid"] for worker in self.instance.who()}
        self.clicks = {"alice": 1, "bob": 1}

    def tell(self, *words):
        self.file.write(json.dumps(words).encode() + b"\n")
        self.file.flush()
        return json.loads(self.file.readline())

    def report(self, user="mallory", identity=None, tag=None, service="imap", **more):
        self.sequence += 1
        more.setdefault("generation", self.generation)
        return wire.worker_report(self.sequence, service, user, identity or self.identity, tag or self.tag, **more)

    def is_idle(self):
        """What an honest worker of Mallory would say: so login comes here with her next client."""
        assert self.tell("report", self.report().hex()) == "sent"

    def others_are_served(self):
        for user in ("alice", "bob"):
            client = self.instance.imap(user)
            client.select("INBOX")
            _, data = client.uid("fetch", "1:*", "(BODY.PEEK[])")
            client.logout()
            self.clicks[user] += 1
            mail = b"".join(part[1] for part in data if isinstance(part, tuple))
            for owner, canary in self.instance.canaries.items():
                assert mail.count(canary.encode()) == (3 if owner == user else 0), (user, owner)

    def has_seen_nobody_else(self):
        assert set(self.tell("loot")) <= {"mallory", "nobody"}

    def others_were_always_warm(self):
        self.instance.wait_for("the last log lines", lambda: all(
            self.instance.log().count(f"Login: user=<{user}>") == count for user, count in self.clicks.items()))
        for user, pid in self.pids.items():
            if user != "mallory":
                lines = [line for line in self.instance.log().splitlines() if f"Login: user=<{user}>" in line]
                assert all(f"mpid={pid}" in line for line in lines), lines
                assert sum("reuse=warm" in line for line in lines) == len(lines) - 1, lines


@pytest.fixture
def broken(hearth, expect_log, tmp_path):
    expect_log(r"security|report|WRONG-USER|wrong-user|doesn't answer|is served by pid|in-doubt|offer|answered|grant|"
               r"NO-GRANT|trying on|mallory|ignored")
    return Broken(hearth, tmp_path)


def reports_of(broken):
    """Everything it could tell anvil to become, or to harm, somebody else's worker; what a report says is right but for
    that."""
    bob = broken.pids["bob"]
    yield "bob's identity and its own tag", broken.report("bob", broken.others["bob"])
    yield "bob's identity and a random tag", broken.report("bob", broken.others["bob"], os.urandom(32))
    yield "bob's name and its own identity", broken.report("bob")
    yield "its own name and bob's identity", broken.report("mallory", broken.others["bob"])
    yield "no name", broken.report("")
    yield "another service", broken.report(service="jmap")
    yield "a service that isn't", broken.report(service="\x00\xff")
    yield "a generation of the future", broken.report(generation=0x7fffffff)
    yield "many sessions that aren't", broken.report(sessions=[(os.urandom(16), "127.0.0.1")] * 3)
    yield "bob's worker is dead", wire.exited(bob)
    yield "bob's worker is dead, and a lie behind it", wire.exited(bob) + bytes(4)
    yield "garbage", os.urandom(60)
    yield "half a report", broken.report()[:30]
    yield "nothing", b""


def test_no_report_of_a_broken_worker_makes_it_somebody_elses(broken):
    for what, datagram in reports_of(broken):
        assert broken.tell("report", datagram.hex()) == "sent", what
        broken.others_are_served()
        broken.has_seen_nobody_else()
        assert broken.pids["bob"] in {worker["pid"] for worker in broken.instance.who()}, what
    broken.others_were_always_warm()


def test_no_worker_can_speak_with_another_ones_pid(broken):
    datagram = broken.report("bob", broken.others["bob"])
    assert broken.tell("as", broken.pids["bob"], datagram.hex()) == "Operation not permitted"
    assert broken.tell("as", broken.instance.process.pid, wire.exited(broken.pids["bob"]).hex()) == "Operation not permitted"
    broken.others_are_served()
    broken.others_were_always_warm()


def test_words_to_the_master_are_about_the_speaker_only(broken):
    for words in ("READY=1", "HEARTH_STATE=bound", f"MAINPID={broken.pids['bob']}", "HEARTH_ANSWER=staying\nHEARTH_SEQ=1",
                  "STOPPING=1", "RELOADING=1", "\x00\xff\n=\n==", "x" * 4000):
        broken.tell("notify", words)
        broken.others_are_served()
    broken.has_seen_nobody_else()
    broken.others_were_always_warm()


def test_another_workers_gate_can_be_no_trap(broken):
    """In a managed instance it can't be put there; where all is one user, login looks who is behind it."""
    said = broken.tell("squat", broken.pids["bob"])
    assert said == ("Permission denied" if IS_ROOT else "squatting")
    broken.others_are_served()
    broken.has_seen_nobody_else()
    if IS_ROOT:
        broken.others_were_always_warm()


@pytest.mark.parametrize("kind", [
    "nothing", "close", "garbage", "huge", "taken, grant unread", "taken twice", "taken with descriptors", "busy, grant read",
    "wrong user", "accepted for ever", "grant read, nothing said"])
def test_no_answer_of_a_broken_worker_costs_anybody_else(broken, kind):
    assert broken.tell("answer", kind) == kind
    broken.is_idle()
    before = len(broken.tell("loot"))
    client, data = broken.instance.connect(), []
    try:
        client.login("mallory", broken.instance.password)
        client.select("INBOX")
        _, data = client.uid("fetch", "1:*", "(BODY.PEEK[])")
        client.logout()
    except (client.error, OSError):
        client.shutdown()  # her own worker's fault
    mail = b"".join(part[1] for part in data if isinstance(part, tuple))
    for user in ("alice", "bob"):
        assert broken.instance.canaries[user].encode() not in mail
    assert len(broken.tell("loot")) > before, "login never came to the broken worker: nothing was tested"
    broken.others_are_served()
    broken.has_seen_nobody_else()
    broken.others_were_always_warm()
