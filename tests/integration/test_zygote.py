# SPDX-License-Identifier: Apache-2.0
"""Workers that are forked from a zygote (worker_start = fork): reuse, what the zygote holds, and that its death, its
standstill or its replacement loses nobody. Reuse is asked of exec'd workers too."""

import contextlib
import os
import pathlib
import re
import signal
import threading
import time

import pytest

from hearth_test import instance as instances
from hearth_test.instance import BUILD, process_name


@pytest.fixture
def forking(hearth, monkeypatch):
    monkeypatch.setattr(instances, "WORKER_START", "fork")
    return hearth


def zygote(instance):
    """The pid of the one that takes orders."""
    def current():
        return [row["pid"] for row in instance.processes() if row["name"] == "imap-zygote" and row["state"] == "zygote"]
    return instance.wait_for("a zygote", current)[0]


def workers(instance):
    return {worker["user"]: worker["pid"] for worker in instance.who()}


def status(pid):
    return dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines())


def wait_until_stopped(pid):
    deadline = time.monotonic() + 30
    while pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
        assert time.monotonic() < deadline


@pytest.mark.parametrize("start", ["fork", "exec"])
def test_users_meet_their_own_worker_again_however_it_was_started(hearth, monkeypatch, start):
    monkeypatch.setattr(instances, "WORKER_START", start)
    instance = hearth(["alice", "bob"])
    for _ in range(20):
        for user in ("alice", "bob"):
            assert instance.click(user)[0] == 20
    assert {worker["user"]: worker["served"] for worker in instance.who()} == {"alice": 20, "bob": 20}
    assert bool([row for row in instance.processes() if row["name"] == "imap-zygote"]) == (start == "fork")


def test_a_forked_worker_is_the_masters_child_in_a_session_of_its_own(forking):
    instance = forking()
    instance.click()
    pid = workers(instance)["alice"]
    facts = status(pid)
    assert int(facts["PPid"]) == instance.process.pid
    assert facts["Threads"] == "1"
    assert os.getsid(pid) == pid
    assert process_name(pid) == "imap"
    assert process_name(zygote(instance)) == "imap-zygote"


def test_a_zygote_holds_the_log_the_life_pipe_and_its_link_and_nothing_else(forking):
    instance = forking()
    for _ in range(3):
        instance.click()
    pid = zygote(instance)
    try:
        held = sorted(os.readlink(f"/proc/{pid}/fd/{fd}").split(":")[0] for fd in os.listdir(f"/proc/{pid}/fd"))
    except PermissionError:
        pytest.skip("a zygote is not dumpable: only root may look")
    assert held == ["/dev/null", "pipe", "pipe", "pipe", "socket"]
    assert status(pid)["Threads"] == "1"


def test_killing_the_zygote_while_users_log_in_loses_nobody(forking, expect_log):
    expect_log("its zygote|can't be asked")
    users = [f"user{number:02}" for number in range(24)]
    instance = forking(users, messages=1)
    failures, done = [], threading.Event()

    def log_in(mine):
        for user in mine:
            try:
                instance.click_simple(user)
            except Exception as failure:  # whatever it is, it is a lost client
                failures.append((user, failure))

    threads = [threading.Thread(target=log_in, args=(users[first::4],)) for first in range(4)]
    for thread in threads:
        thread.start()
    killed = 0
    while any(thread.is_alive() for thread in threads):
        for row in instance.processes():
            if row["name"] == "imap-zygote" and row["state"] == "zygote" and not done.wait(0.02):
                with contextlib.suppress(ProcessLookupError):  # it was replaced since
                    os.kill(row["pid"], signal.SIGKILL)
                    killed += 1
    for thread in threads:
        thread.join()
    assert not failures
    assert killed > 0
    assert sorted(workers(instance)) == users
    service = instance.services()["imap"]
    assert service["bound"] == 24
    assert service["starting"] == 0
    for user in users[:4]:
        instance.click_simple(user)
    assert sorted(worker["served"] for worker in instance.who())[-4:] == [2, 2, 2, 2]


def test_a_stopped_zygote_is_replaced_and_its_client_served(forking, expect_log):
    expect_log("killing its zygote .*wasn't answered in time")
    instance = forking(["alice", "bob"])
    old = zygote(instance)
    os.kill(old, signal.SIGSTOP)
    wait_until_stopped(old)
    instance.click("alice")
    instance.click("bob")
    assert zygote(instance) != old
    assert len(workers(instance)) == 2


def test_a_reload_replaces_the_zygote_and_the_old_one_ends_by_itself(forking):
    instance = forking()
    instance.click()
    old = zygote(instance)
    instance.hearth("reload")
    instance.wait_for("the old zygote's end", lambda: not os.path.exists(f"/proc/{old}"))
    assert zygote(instance) != old
    instance.click()
    instance.wait_for("the old worker's end", lambda: len(instance.who()) == 1)
    (worker,) = instance.who()
    assert worker["generation"] == 2


def test_five_crashes_give_the_next_workers_another_layout_and_an_abort_is_told_as_one(forking, expect_log):
    expect_log(r"killed by signal (6|11)|crashes of workers")
    instance = forking()
    old = zygote(instance)
    for number in range(5):
        instance.click()
        pid = workers(instance)["alice"]
        os.kill(pid, signal.SIGABRT if number == 0 else signal.SIGSEGV)
        instance.wait_for("its death", lambda gone=pid: gone not in [row["pid"] for row in instance.processes()])
    assert re.search(r"killed by signal 6 \(SIGABRT\)", instance.log())
    instance.wait_for("another zygote", lambda: zygote(instance) != old)
    instance.wait_for("the old zygote's end", lambda: not os.path.exists(f"/proc/{old}"))
    instance.click()


def test_a_program_that_is_no_zygote_is_named_with_the_way_out_and_its_service_serves(forking, expect_log, tmp_path):
    expect_log("worker_start = exec|its zygote")
    tmp_path.chmod(0o755)
    program = tmp_path / "imap"
    program.write_text(f'#!/bin/sh\n[ "$HEARTH_START" = zygote ] && exit 3\nexec {BUILD}/libexec/hearth/imap\n')
    program.chmod(0o755)
    instance = forking(imap=f"executable = {program}")
    instance.wait_for("the remark", lambda: "worker_start = exec" in instance.log())
    assert instance.click()[0] == 20
    assert instance.click()[0] == 20


def test_two_forked_workers_make_different_names(forking):
    """Each makes a file at once: names of a Maildir carry what is random, and two from one template must not agree."""
    instance = forking(["alice", "bob"], messages=1)
    for user in ("alice", "bob"):
        client = instance.imap(user)
        for _ in range(3):
            assert client.append("INBOX", None, None, b"Subject: x\r\n\r\nx\r\n")[0] == "OK"
        client.logout()
    names = [{entry.name.split(":")[0] for entry in (instance.maildir(user) / folder).iterdir()}
             for user in ("alice", "bob") for folder in ("cur",)]
    new = [{name for name in found if "canary" not in name} for found in names]
    assert len(new[0] | new[1]) == len(new[0]) + len(new[1])


def test_the_master_holds_as_many_descriptors_with_forty_forked_workers_as_with_four(forking):
    users = [f"user{number:02}" for number in range(40)]
    instance = forking(users, messages=1)

    def count():
        return len(os.listdir(f"/proc/{instance.process.pid}/fd"))

    for user in users[:4]:
        instance.click_simple(user)
    before = count()
    for user in users[4:]:
        instance.click_simple(user)
    assert len(workers(instance)) == 40
    instance.wait_for("the last start's descriptors to close", lambda: count() <= before)
