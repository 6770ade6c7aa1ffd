# SPDX-License-Identifier: Apache-2.0
"""What Hearth is for: a user's next connection meets the process that served the last one."""

import re
import socket
import subprocess
import threading

from hearth_test.instance import IS_ROOT


def logins(instance, pattern=""):
    return [line for line in instance.log().splitlines() if "Login: user=<" in line and re.search(pattern, line)]


def test_a_thousand_sequential_sessions_of_a_user_meet_one_worker(hearth):
    instance = hearth(messages=20)
    for _ in range(1000):
        client = instance.imap()
        client.select("INBOX")
        client.logout()
    (worker,) = instance.who()
    assert worker["served"] == 1000
    instance.wait_for("the last log line", lambda: len(logins(instance)) == 1000)
    assert len(logins(instance, r"reuse=cold\(first\)")) == 1
    assert len(logins(instance, r"reuse=warm")) == 999


def test_fifty_users_with_twenty_sessions_each_meet_fifty_workers(hearth):
    users = [f"user{number:02}" for number in range(50)]
    instance = hearth(users, messages=3)
    for _ in range(20):
        for user in users:
            client = instance.imap(user)
            client.noop()
            client.logout()
    workers = instance.who()
    assert len(workers) == 50
    assert not any(instance.anvil_stats()["reports_dropped"].values())
    assert sorted(worker["user"] for worker in workers) == users
    assert {worker["served"] for worker in workers} == {20}
    instance.wait_for("the last log line", lambda: len(logins(instance)) == 1000)
    pids = {}
    for line in logins(instance):
        pids.setdefault(re.search(r"user=<(.*?)>", line)[1], set()).add(re.search(r"mpid=(\d+)", line)[1])
    assert {len(found) for found in pids.values()} == {1}


class RawClient:
    """Reconnects in the very moment it has read the end of the last answer."""

    def __init__(self, instance, user):
        self.instance, self.user = instance, user

    def session(self):
        with socket.create_connection(("127.0.0.1", self.instance.port), timeout=30) as sock:
            file = sock.makefile("rb")
            assert file.readline().startswith(b"* OK")
            sock.sendall(f"a LOGIN {self.user} {self.instance.password}\r\n".encode())
            assert file.readline().startswith(b"a OK"), "login failed"
            sock.sendall(b"b LOGOUT\r\n")
            assert file.readline().startswith(b"* BYE")
            assert file.readline().startswith(b"b OK")


def test_who_reconnects_on_reading_ok_logout_always_hits_with_sixteen_logins_at_once(hearth):
    users = [f"user{number:02}" for number in range(16)]
    instance = hearth(users, messages=1, login="process_min_avail = 16\nprocess_limit = 16")
    failures = []

    def run(user):
        try:
            for _ in range(60):
                RawClient(instance, user).session()
        except BaseException as error:  # noqa: B036 - told by the main thread
            failures.append(f"{user}: {error!r}")

    threads = [threading.Thread(target=run, args=(user,)) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures
    instance.wait_for("the last log line", lambda: len(logins(instance)) == 16 * 60)
    assert not logins(instance, r"reuse=cold\((?!first)"), "a click found no idle worker"
    assert len(logins(instance, r"reuse=cold\(first\)")) == 16


def test_parallel_sessions_get_workers_of_their_own_and_all_stay_warm(hearth):
    instance = hearth()
    clients = [instance.imap() for _ in range(4)]
    assert len({worker["pid"] for worker in instance.who()}) == 4
    for client in clients:
        client.logout()
    before = {worker["pid"] for worker in instance.who()}
    clients = [instance.imap() for _ in range(4)]
    assert {worker["pid"] for worker in instance.who()} == before
    for client in clients:
        client.logout()


def test_curl_reads_mail_twice_from_one_worker(hearth):
    instance = hearth(messages=5)
    for _ in range(2):
        done = subprocess.run(["curl", "-sS", f"imap://127.0.0.1:{instance.port}/INBOX;UID=1", "-u",
                               f"alice:{instance.password}"], capture_output=True, timeout=30)
        assert done.returncode == 0, done.stderr
        assert b"Message-ID: <alice.1@example.org>" in done.stdout
    (worker,) = instance.who()
    assert worker["served"] == 2


def test_a_worker_that_idled_long_enough_leaves_by_itself(hearth):
    instance = hearth(imap="idle_kill = 300 ms")
    instance.click()
    instance.wait_for("the worker's end", lambda: not instance.who())
    assert "idle_kill" in instance.log()


def test_service_count_one_switches_warmth_off(hearth):
    instance = hearth(imap="service_count = 1")
    for _ in range(3):
        instance.click()
    instance.wait_for("the last log line", lambda: len(logins(instance)) == 3)
    assert len(logins(instance, "reuse=cold")) == 3


def test_the_mailbox_is_the_users_own(hearth):
    instance = hearth(["alice", "bob"], messages=7, canaries=True)
    for user in instance.users * 2:
        client = instance.imap(user)
        client.select("INBOX")
        _, data = client.uid("fetch", "1:*", "(BODY.PEEK[])")
        text = b"".join(part[1] for part in data if isinstance(part, tuple))
        assert text.count(instance.canaries[user].encode()) == 7
        other = instance.canaries["bob" if user == "alice" else "alice"]
        assert other.encode() not in text
        client.logout()
    if IS_ROOT:
        assert len({worker["pid"] for worker in instance.who()}) == 2
