# SPDX-License-Identifier: Apache-2.0
"""What each process was given and what it kept: descriptors, ids, capabilities, limits."""

import os
import pathlib
import re

import pytest

from hearth_test.instance import AUTH_UID, FIRST_MAIL_UID, INTERNAL_UID, LOGIN_UID


def status(pid):
    fields = {}
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        fields[name] = value.split()
    return fields


def descriptors(pid):
    found = {}
    for entry in os.scandir(f"/proc/{pid}/fd"):
        found[int(entry.name)] = os.readlink(entry.path)
    return found


def kinds(pid):
    counts = {}
    for target in descriptors(pid).values():
        kind = re.sub(r":\[?\d*\]?$", "", target) if not target.startswith("/") else target
        counts[kind] = counts.get(kind, 0) + 1
    return counts


@pytest.mark.root
def test_every_service_runs_as_its_own_user_without_a_way_back(hearth):
    instance = hearth(["alice", "bob"])
    held = [instance.imap("alice"), instance.imap("bob")]
    (anvil,), (auth,), logins = instance.pids("anvil"), instance.pids("auth"), instance.pids("imap-login")
    workers = {worker["user"]: worker["pid"] for worker in instance.who()}
    wanted = {anvil: INTERNAL_UID, auth: AUTH_UID, workers["alice"]: FIRST_MAIL_UID, workers["bob"]: FIRST_MAIL_UID + 1}
    wanted |= {pid: LOGIN_UID for pid in logins}
    for pid, uid in wanted.items():
        fields = status(pid)
        assert fields["Uid"] == [str(uid)] * 4, (pid, fields["Name"])
        assert set(fields["Gid"]) & {"0"} == set()
        assert "0" not in fields["Groups"]
        for capabilities in ("CapPrm", "CapEff", "CapInh", "CapAmb"):
            assert int(fields[capabilities][0], 16) == 0, (pid, fields["Name"], capabilities)
        assert fields["NoNewPrivs"] == ["1"]
        # Not dumpable: its /proc entries belong to root, whoever it runs as.
        assert os.stat(f"/proc/{pid}/mem").st_uid == 0
    for pid in logins:
        assert os.readlink(f"/proc/{pid}/root") == str(instance.base_dir / "login")
    for client in held:
        client.logout()


@pytest.mark.root
def test_an_unbound_worker_has_only_the_capabilities_to_become_a_user(hearth):
    instance = hearth(imap="process_min_avail = 1")
    (unbound,) = instance.pids("imap")
    chown, setgid, setuid = 0, 6, 7
    assert int(status(unbound)["CapEff"][0], 16) == 1 << chown | 1 << setgid | 1 << setuid
    assert int(status(unbound)["CapBnd"][0], 16) == 1 << chown | 1 << setgid | 1 << setuid


@pytest.mark.root
def test_processes_hold_exactly_the_descriptors_they_may(hearth):
    instance = hearth()
    client = instance.imap()
    (worker,) = instance.pids("imap")
    pipes_and_sockets = {kind: count for kind, count in kinds(worker).items() if not kind.startswith("/")}
    # notify and the own gate, each once more for the event loop; anvil's reports; the client. The log, twice, and the
    # life pipe are pipes; epoll, signalfd, timerfd, eventfd are the event loop's. Nothing of other workers, nothing of
    # the master, no shared listener.
    assert pipes_and_sockets.get("socket", 0) == 6, descriptors(worker)
    assert pipes_and_sockets.get("pipe", 0) <= 3, descriptors(worker)
    for path in (kind for kind in kinds(worker) if kind.startswith("/")):
        allowed = (str(instance.maildir("alice")), str(instance.base_dir / f"login/imap-{worker}"), "/dev/null", "/memfd:", "/proc")
        assert path.startswith(allowed), path
    (anvil,) = instance.pids("anvil")
    assert not [path for path in kinds(anvil) if path.startswith(str(instance.directory / "mail"))]
    for login in instance.pids("imap-login"):
        for path in (kind for kind in kinds(login) if kind.startswith("/")):
            assert path.startswith(("/dev/null", "/memfd:")), path
    client.logout()


def test_the_centre_holds_no_descriptor_per_worker(hearth):
    users = [f"user{number:03}" for number in range(300)]
    instance = hearth(users, messages=1, imap="process_limit = 400")
    centre = {"master": instance.process.pid, "anvil": instance.pids("anvil")[0], "auth": instance.pids("auth")[0]}

    def count():
        return {name: len(list(os.scandir(f"/proc/{pid}/fd"))) for name, pid in centre.items()}

    def readable():
        try:
            count()
            return True
        except PermissionError:
            return False

    for user in users[:10]:
        instance.click_simple(user)
    assert len(instance.who()) == 10
    # As an ordinary user only the master's own table may be read: the others are not dumpable.
    if not readable():
        centre = {"master": centre["master"]} if os.access(f"/proc/{centre['master']}/fd", os.R_OK) else {}
    before = count()
    for user in users[10:]:
        instance.click_simple(user)
    assert len(instance.who()) == 300
    # Connections of `who` itself may still be open at either count; workers would show as hundreds.
    instance.wait_for("the last connections to close", lambda: all(now <= before[name] for name, now in count().items()))
