# SPDX-License-Identifier: Apache-2.0
"""client_limit > 1: while one connection keeps the worker busy, others have their turn. Measured in the worker's own CPU
time, which the machine's other work doesn't lengthen: what it spends between a question and its answer is what the asker
waits for. Prints its figures; docs/protocol/imap.md says what is wanted (50 ms for another connection, 20 ms for an
offer)."""

import os
import select
import time

import pytest

from hearth_test.imap_client import Client

MESSAGES = 2000
LARGE = 40 << 20
# What a turn may cost at most before this fails: several times what is wanted, because a slice ends after some milliseconds
# but its last step, and the kernel's clock, may be long.
ANSWER_MS, OFFER_MS = 150, 100


def cpu_ms(pid):
    """What a process has computed so far, in milliseconds."""
    with open(f"/proc/{pid}/schedstat") as file:
        return int(file.read().split()[0]) / 1e6


def make_large(instance):
    """A mail with an attachment of many megabytes, which nobody has looked at yet."""
    home = instance.maildir("alice")
    line = b"A" * 76 + b"\n"
    path = home / "cur" / "1700000000.M1P1.large:2,"
    with open(path, "wb") as file:
        file.write(b"From: a@b\nSubject: large\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\n"
                   b"Content-Type: text/plain\n\nhello\n--x\nContent-Type: application/octet-stream\n"
                   b"Content-Transfer-Encoding: base64\n\n")
        for _ in range(LARGE // len(line) // 1000):
            file.write(line * 1000)
        file.write(b"--x--\n")
    owner = home.stat()
    os.chown(path, owner.st_uid, owner.st_gid)


def turns_during(instance, busy, command, pid):
    """Asks NOOP on another connection until `command` on `busy` has ended: the worker's milliseconds for each."""
    with Client(instance.port, "alice") as other:
        assert instance.pids("imap") == [pid], "the other connection is in another process"
        other.command("NOOP")
        busy.send(f"w {command}\r\n".encode())
        costs, end = [], b""
        deadline = time.monotonic() + 120
        while b"\r\nw " not in end[-4096:] and not end.startswith(b"w "):
            assert time.monotonic() < deadline
            before = cpu_ms(pid)
            assert other.command("NOOP").status == b"OK"
            costs.append(cpu_ms(pid) - before)
            while select.select([busy.sock], [], [], 0)[0]:
                got = busy.sock.recv(1 << 20)
                assert got
                end = (end + got)[-8192:]
        return sorted(costs)


def offers_during(instance, busy, command, pid):
    """Logs in and out until `command` on `busy` has ended: the worker's milliseconds for each login."""
    busy.send(f"w {command}\r\n".encode())
    costs, end = [], b""
    while b"\r\nw " not in end and not end.startswith(b"w "):
        before = cpu_ms(pid)
        with Client(instance.port, "alice") as other:
            costs.append(cpu_ms(pid) - before)
            other.command("LOGOUT")
        while select.select([busy.sock], [], [], 0)[0]:
            got = busy.sock.recv(1 << 20)
            assert got
            end = (end + got)[-8192:]
    return sorted(costs)


def worker(instance):
    return instance.pids("imap")[0]


@pytest.fixture(scope="module")
def commands():
    return {
        "SEARCH TEXT": "SEARCH TEXT nothing-has-this-word",
        "SORT": "SORT (SUBJECT FROM) UTF-8 TEXT nothing-has-this-word",
        "FETCH": "FETCH 1:* (ENVELOPE BODYSTRUCTURE BODY.PEEK[HEADER.FIELDS (X-Nothing)])",
        "STORE": "STORE 1:* {sign}FLAGS.SILENT (\\Flagged)",
        "COPY": "COPY 1:* Other",
    }


def test_another_connection_is_answered_while_one_is_long_at_work(hearth, commands, capsys):
    instance = hearth(messages=MESSAGES, imap="client_limit = 4\nprocess_limit = 20")
    with Client(instance.port, "alice") as busy:
        busy.command("CREATE Other")
        busy.command("SELECT INBOX")
        pid = worker(instance)
        for name, command in commands.items():
            for attempt in range(10):  # a fast machine may be done with a command before anybody can ask twice
                costs = turns_during(instance, busy, command.replace("{sign}", "+-"[attempt % 2]), pid)
                if len(costs) > 1:
                    break
            with capsys.disabled():
                print(f"\n{name}: {len(costs)} answers meanwhile, the worker computed {costs[len(costs) // 2]:.1f} ms for one "
                      f"(median), {costs[-1]:.1f} ms at most", end="")
            assert costs[-1] < ANSWER_MS
            assert len(costs) > 1, f"{name} was too short to say anything"


def test_another_connection_is_answered_while_many_messages_are_expunged(hearth, capsys):
    instance = hearth(messages=MESSAGES, imap="client_limit = 4\nprocess_limit = 20")
    with Client(instance.port, "alice") as busy:
        busy.command("SELECT INBOX")
        busy.command(f"COPY 1:{MESSAGES} INBOX")
        busy.command("STORE 1:* +FLAGS.SILENT (\\Deleted)")
        costs = turns_during(instance, busy, "EXPUNGE", worker(instance))
    with capsys.disabled():
        print(f"\nEXPUNGE of {2 * MESSAGES}: {len(costs)} answers, {costs[-1]:.1f} ms at most", end="")
    assert len(costs) > 1
    assert costs[-1] < ANSWER_MS


def test_another_connection_is_answered_while_the_full_text_index_is_filled(hearth, capsys):
    instance = hearth(messages=MESSAGES, imap="client_limit = 4\nprocess_limit = 20")
    with Client(instance.port, "alice") as busy:
        busy.command("SELECT INBOX")
        costs = turns_during(instance, busy, "SEARCH FUZZY TEXT nothing-has-this-word", worker(instance))
        with capsys.disabled():
            print(f"\nSEARCH FUZZY: {len(costs)} answers meanwhile, the worker computed {costs[len(costs) // 2]:.1f} ms for one "
                  f"(median), {costs[-1]:.1f} ms at most", end="")
        assert costs[-1] < ANSWER_MS
        assert len(costs) > 1


def test_an_offer_is_answered_while_one_connection_is_long_at_work(hearth, expect_log, capsys):
    for _ in range(3):  # where a busy worker gets no turn for 200 ms, login gives up and takes another
        instance = hearth(messages=MESSAGES, imap="client_limit = 4\nprocess_limit = 20")
        with Client(instance.port, "alice") as busy:
            busy.command("SELECT INBOX")
            pid = worker(instance)
            costs = offers_during(instance, busy, "SEARCH TEXT nothing-has-this-word", pid)
            workers = instance.pids("imap")
        if workers == [pid]:
            break
        expect_log("doesn't answer, or isn't who it should be")
        instance.stop()
    with capsys.disabled():
        print(f"\nlogins into the busy worker: {len(costs)}, it computed {costs[-1]:.1f} ms at most until one was served", end="")
    assert workers == [pid]
    assert costs[-1] < OFFER_MS
    assert len(costs) > 3


def test_a_very_large_message_is_read_and_parsed_in_turns(hearth, capsys):
    instance = hearth(messages=5, imap="client_limit = 4\nprocess_limit = 20")
    make_large(instance)
    with Client(instance.port, "alice") as busy:
        uids = busy.command("SELECT INBOX") and busy.command("UID SEARCH SUBJECT large").numbers(b"SEARCH")
        pid = worker(instance)
        for command in ("SEARCH TEXT nothing-has-this-word", f"UID FETCH {uids[0]} (BODYSTRUCTURE)",
                        f"UID FETCH {uids[0]} (BODY.PEEK[])", f"UID FETCH {uids[0]} (BINARY.SIZE[2])"):
            costs = turns_during(instance, busy, command, pid)
            with capsys.disabled():
                print(f"\n{command.split('(')[-1]} of {LARGE >> 20} MB: {len(costs)} answers, {costs[-1]:.1f} ms at most", end="")
            assert costs[-1] < ANSWER_MS
