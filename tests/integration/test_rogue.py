# SPDX-License-Identifier: Apache-2.0
"""Peers that lie. Login is assumed broken into, a worker after its user's login too, and anvil can be wrong: no byte of
another user's mail may ever come out, every answer is the right one, and the worker is still fine after."""

import os
import pathlib
import random
import socket
import struct

import pytest

from hearth_test import wire
from hearth_test.wire import Anvil, Auth, OfferConnection, client_pair, forged_grant, offer_record, read_grant

ROUNDS = int(os.environ.get("HEARTH_ROGUE_ROUNDS", "300"))


class World:
    """Alice has a warm worker; Bob has one too. We are a login process that does what it likes."""

    def __init__(self, instance):
        self.instance = instance
        for user in instance.users:
            instance.click_simple(user)
        self.auth = Auth(instance.base_dir)
        self.workers = {worker["user"]: worker["pid"] for worker in instance.who()}

    def gate(self, user):
        return self.instance.base_dir / "login" / f"imap-{self.workers[user]}"

    def offer(self, user, fds, session=bytes(16), record=None):
        """Offers to this user's worker; (answer, what the client's end read)."""
        connection = OfferConnection(self.gate(user))
        connection.offer(record if record is not None else offer_record(session), fds)
        answer = connection.final_answer()
        connection.close()
        return answer

    def still_fine(self, user):
        client = self.instance.imap(user)
        count = int(client.select("INBOX")[1][0])
        client.logout()
        return count


@pytest.fixture
def world(hearth, expect_log):
    expect_log(r"offer|grant|WRONG-USER|security|report|identity|framing|frame")
    return World(hearth(["alice", "bob"], messages=3, canaries=True))


def client_bytes(ours):
    """What has come so far."""
    ours.settimeout(0)
    data = b""
    try:
        while more := ours.recv(65536):
            data += more
    except (BlockingIOError, ConnectionResetError):
        pass
    ours.settimeout(wire.SECONDS)
    return data


def test_bobs_grant_at_alices_worker_is_wrong_user_and_gets_no_byte(world):
    success = world.auth.login("bob", "secret")
    theirs, ours = client_pair()
    answer = world.offer("alice", [theirs.fileno(), success.grant], success.session)
    assert answer[0] == "WRONG-USER"
    assert client_bytes(ours) == b""
    assert world.still_fine("alice") == 3 and world.still_fine("bob") == 3


def test_a_grant_works_once(world):
    success = world.auth.login("alice", "secret")
    theirs, ours = client_pair()
    first = world.offer("alice", [theirs.fileno(), success.grant], success.session)
    assert first[0] == "TAKEN"
    ours.sendall(b"x LOGOUT\r\n")
    while ours.recv(65536):
        pass
    again, mine = client_pair()
    world.instance.wait_for("the worker to be idle", lambda: all(w["state"] == "idle" for w in world.instance.who()))
    assert world.offer("alice", [again.fileno(), success.grant], success.session)[0] == "NO-GRANT"
    assert client_bytes(mine) == b""
    assert world.still_fine("alice") == 3


@pytest.mark.root
def test_a_forged_grant_is_refused(world):
    record = read_grant(world.auth.login("alice", "secret").grant)
    theirs, ours = client_pair()
    assert world.offer("alice", [theirs.fileno(), forged_grant(record)])[0] == "NO-GRANT"
    assert client_bytes(ours) == b""
    assert world.still_fine("alice") == 3


def test_offers_without_exactly_two_descriptors_are_malformed(world):
    success = world.auth.login("alice", "secret")
    theirs, ours = client_pair()
    for fds in ([], [theirs.fileno()], [theirs.fileno(), success.grant, success.grant],
                [theirs.fileno()] * 7 + [success.grant]):
        assert world.offer("alice", fds, success.session)[0] == "MALFORMED", fds
    assert client_bytes(ours) == b""
    # The grant was not read: it still works.
    assert world.offer("alice", [theirs.fileno(), success.grant], success.session)[0] == "TAKEN"
    ours.sendall(b"x LOGOUT\r\n")
    while ours.recv(65536):
        pass
    assert world.still_fine("alice") == 3


def test_a_grant_for_another_service_is_refused(world):
    success = world.auth.login("alice", "secret", service="jmap")
    theirs, ours = client_pair()
    answer = world.offer("alice", [theirs.fileno(), success.grant], success.session)
    assert answer[0] in ("CANNOT", "NO-GRANT")
    assert client_bytes(ours) == b""


def kinds_of_descriptors(success):
    yield "pipe", os.pipe()[0]
    yield "file", os.open("/dev/null", os.O_RDONLY)
    yield "directory", os.open("/", os.O_RDONLY)
    yield "datagram", socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).detach()
    yield "stream", socket.socketpair()[0].detach()
    yield "listener", socket.create_server(("127.0.0.1", 0)).detach()
    yield "memfd", os.memfd_create("x")


def test_descriptors_of_the_wrong_kind_are_refused_as_grant(world):
    success = world.auth.login("alice", "secret")
    theirs, ours = client_pair()
    for name, fd in kinds_of_descriptors(success):
        with wire.descriptors(fd):
            assert world.offer("alice", [theirs.fileno(), fd])[0] in ("NO-GRANT", "MALFORMED"), name
    assert client_bytes(ours) == b""
    assert world.still_fine("alice") == 3


def test_many_random_lies_of_a_login_never_show_a_foreign_byte(world):
    """Random pairs of worker, grant, descriptors and records; every answer is checked against what was offered."""
    seed = int(os.environ.get("HEARTH_SEED", "0")) or random.SystemRandom().getrandbits(32)
    print(f"seed {seed}, {ROUNDS} rounds")
    rng = random.Random(seed)
    foreign = 0
    for _ in range(ROUNDS):
        target, owner = rng.choice(world.instance.users), rng.choice(world.instance.users)
        success = world.auth.login(owner, "secret")
        theirs, ours = client_pair()
        record = offer_record(success.session, pipelined=b"p SELECT INBOX\r\np FETCH 1:* (BODY.PEEK[])\r\nq LOGOUT\r\n")
        lie = rng.choice(["none", "garbage", "half", "used", "fds", "user"])
        fds = [theirs.fileno(), success.grant]
        wanted = {"TAKEN"} if owner == target else {"WRONG-USER"}
        if lie == "garbage":
            record, wanted = rng.randbytes(rng.randint(1, 200)), {"MALFORMED"}
        elif lie == "half":
            record, wanted = record[:rng.randint(1, len(record) - 1)], {"MALFORMED"}
        elif lie == "used":
            read_grant(success.grant)
            wanted = {"NO-GRANT"}
        elif lie == "fds":
            fds, wanted = rng.choice([[], fds[:1], fds + fds[:1]]), {"MALFORMED"}
        try:
            answer = world.offer(target, fds, success.session, record)
        except PermissionError:
            answer = ("BUSY", 0, "")  # the gate is shut: the session before is just ending
        except (ConnectionRefusedError, FileNotFoundError):
            answer = ("GONE", 0, "")  # the worker that got a foreign grant was just leaving
            wanted = {"GONE"}
        assert answer[0] in wanted | {"BUSY", "LEAVING"}, (lie, target, owner, answer)
        theirs.close()
        os.close(success.grant)
        world.auth.done()
        if answer[0] == "TAKEN":
            data = b""
            while more := ours.recv(65536):
                data += more
            assert world.instance.canaries[target].encode() in data
        else:
            data = client_bytes(ours)
            assert data == b"", (lie, data)
        foreign += sum(canary.encode() in data for user, canary in world.instance.canaries.items() if user != owner)
        ours.close()
        if answer[0] in ("WRONG-USER", "GONE", "LEAVING"):
            refresh(world)
    assert foreign == 0
    assert world.still_fine("alice") == 3 and world.still_fine("bob") == 3


def refresh(world):
    """A worker that got somebody else's grant leaves; its user gets another."""
    def all_idle():
        world.workers = {worker["user"]: worker["pid"] for worker in world.instance.anvil_workers() if worker["state"] == "idle"}
        missing = [user for user in world.instance.users if user not in world.workers]
        for user in missing:
            world.instance.click_simple(user)
        return not missing
    world.instance.wait_for("an idle worker of each user", all_idle)


@pytest.mark.root
def test_a_worker_that_claims_another_user_is_not_believed(world):
    """Mallory's worker (here: bob's, and a stranger) reports an idle worker of Alice: Alice is never sent there."""
    alice = world.auth.login("alice", "secret")
    reports = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    reports.connect(str(world.instance.base_dir / "anvil-report"))
    for sequence in range(1, 20):
        reports.send(wire.worker_report(sequence + 1000, "imap", "alice", alice.identity, os.urandom(32)))
    anvil = Anvil(world.instance.base_dir)
    verdict, pids = anvil.lookup(alice)
    assert verdict == "candidates" and pids == [world.workers["alice"]]
    anvil.close()


@pytest.mark.root
def test_only_the_master_may_end_processes_in_anvils_ledger(world):
    reports = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    reports.connect(str(world.instance.base_dir / "anvil-report"))
    reports.send(wire.exited(world.workers["alice"]))
    assert world.workers["alice"] in {worker["pid"] for worker in world.instance.who()}


def test_garbage_on_every_socket_changes_nothing(world):
    rng = random.Random(7)
    login = world.instance.base_dir / "login"
    for path in (login / "auth", login / "anvil"):
        for _ in range(20):
            sock = socket.socket(socket.AF_UNIX)
            sock.connect(str(path))
            sock.send(rng.randbytes(rng.randint(1, 3000)))
            sock.close()
        huge = socket.socket(socket.AF_UNIX)
        huge.settimeout(wire.SECONDS)
        huge.connect(str(path))
        huge.send(struct.pack(">I", 0x7FFFFFFF))
        assert huge.recv(1) == b"", "a frame above the bound has to end the connection"
    for user in world.instance.users:
        for _ in range(20):
            connection = OfferConnection(world.gate(user))
            connection.offer(rng.randbytes(rng.randint(1, 300)), [])
            assert connection.answer()[0] in ("MALFORMED", "BUSY", "EOF")
            connection.close()
    assert world.still_fine("alice") == 3 and world.still_fine("bob") == 3


def test_an_anvil_that_always_names_other_users_workers_costs_warmth_and_shows_no_foreign_byte(hearth, expect_log):
    expect_log(r"security|doesn't answer|is served by pid|is another user's|WRONG-USER|wrong-user|anvil")
    users = ["alice", "bob", "carol", "dave"]
    program = pathlib.Path(wire.__file__).with_name("lying_anvil.py")
    instance = hearth(users, messages=3, canaries=True,
                      config=f"service anvil {{\n  executable = /usr/bin/python3 {program}\n}}\n")
    for user in users * 10:
        client = instance.imap(user)
        client.select("INBOX")
        _, data = client.uid("fetch", "1:*", "(BODY.PEEK[])")
        text = b"".join(part[1] for part in data if isinstance(part, tuple))
        for owner, canary in instance.canaries.items():
            assert text.count(canary.encode()) == (3 if owner == user else 0), (user, owner)
        client.logout()
    instance.wait_for("the last log line", lambda: instance.log().count("Login: user=<") == 40)
    assert "reuse=warm" not in instance.log()
