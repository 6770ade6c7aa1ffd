# SPDX-License-Identifier: Apache-2.0
"""The failure table of docs/architecture.md, a test a row: the process is killed or stopped at the worst moment, and the
client saw nothing, or exactly what the table says. Workers here are built with stop points (lib/worker/stop_point.hpp)."""

import imaplib
import os
import re
import signal
import socket
import threading
import time

import pytest

from hearth_test.instance import BUILD, INTERNAL_UID, IS_ROOT, Instance

STOPPABLE = f"executable = {BUILD}/tests/imap-stoppable"


def arm(instance, point, action):
    path = instance.base_dir / "stop-at"
    path.write_text(f"{point} {action}")
    path.chmod(0o666)


def warm_worker(instance, user="alice"):
    instance.click_simple(user)
    (pid,) = [worker["pid"] for worker in instance.who() if worker["user"] == user]
    return pid


def stopped(pid):
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0] == "T"


def test_a_killed_busy_worker_drops_its_client_and_the_next_login_is_served(hearth, expect_log):
    expect_log("killed|signal 9|SIGKILL")
    instance = hearth()
    client = instance.imap()
    (pid,) = [worker["pid"] for worker in instance.who()]
    os.kill(pid, signal.SIGKILL)
    with pytest.raises((imaplib.IMAP4.abort, OSError)):
        client.noop()
    instance.wait_for("anvil to know", lambda: pid not in {worker["pid"] for worker in instance.who()})
    assert not (instance.base_dir / "login" / f"imap-{pid}").exists()
    assert instance.click()[0] == 20


@pytest.mark.parametrize("point", ["offer-received", "grant-read", "bound-before-report", "before-taken"])
@pytest.mark.parametrize("warm", [True, False])
def test_a_worker_killed_in_a_handover_is_invisible_to_the_client(hearth, expect_log, point, warm):
    if warm and point == "bound-before-report":
        pid = None  # a warm worker is bound already: the point is passed by cold ones only
    expect_log("stop point|killed|signal 9|SIGKILL")
    instance = hearth(imap=STOPPABLE)
    if warm and point != "bound-before-report":
        pid = warm_worker(instance)
    else:
        pid = None
    arm(instance, point, "kill")
    client = instance.imap()
    assert client.select("INBOX")[1] == [b"20"]
    client.logout()
    instance.wait_for("the log line", lambda: "stop point" in instance.log())
    assert pid is None or pid not in {worker["pid"] for worker in instance.who()}


def test_a_stopped_worker_with_the_grant_unread_is_passed_by_after_a_quarter_second(hearth, expect_log):
    expect_log("stop point|doesn't answer")
    instance = hearth(imap=STOPPABLE)
    pid = warm_worker(instance)
    arm(instance, "offer-received", "stop")
    begin = time.monotonic()
    client = instance.imap()
    assert 0.2 < time.monotonic() - begin < 3
    assert client.select("INBOX")[1] == [b"20"]
    client.logout()
    assert stopped(pid)

    def click_time():
        begin = time.monotonic()
        instance.click_simple()
        return time.monotonic() - begin
    assert min(click_time() for _ in range(3)) < 0.2, "a silent worker is still tried first"
    os.kill(pid, signal.SIGCONT)
    instance.click_simple()


def test_a_worker_stopped_after_the_commit_keeps_the_client_and_login_never_writes(hearth, expect_log):
    expect_log("stop point|in-doubt|doesn't answer|login was gone")
    instance = hearth(imap=STOPPABLE, config="login_handover_timeout = 2 s")
    pid = warm_worker(instance)
    arm(instance, "grant-read", "stop")
    with socket.create_connection(("127.0.0.1", instance.port), timeout=30) as sock:
        sock.recv(4096)
        sock.sendall(b"a LOGIN alice secret\r\n")
        instance.wait_for("the worker to stop", lambda: stopped(pid))
        # The worker owns the client now. Login waits, closes its copy at the deadline, and says so in the log only.
        instance.wait_for("login to give up", lambda: "in-doubt" in instance.log())
        sock.settimeout(0.1)
        data = b""
        try:
            data = sock.recv(4096)
        except (TimeoutError, socket.timeout):
            pass
        assert data == b"", "login wrote to a client that the worker may own"
        os.kill(pid, signal.SIGCONT)
    instance.wait_for("the worker to see its client go", lambda: all(w["state"] == "idle" for w in instance.who()))
    assert instance.click()[0] == 20


def test_a_worker_stopped_after_the_commit_and_woken_in_time_serves_the_client(hearth, expect_log):
    expect_log("stop point|doesn't answer")
    instance = hearth(imap=STOPPABLE)
    pid = warm_worker(instance)
    arm(instance, "before-taken", "stop")
    results = []
    thread = threading.Thread(target=lambda: results.append(instance.click()[0]))
    thread.start()
    instance.wait_for("the worker to stop", lambda: stopped(pid))
    os.kill(pid, signal.SIGCONT)
    thread.join(30)
    assert results == [20]


def test_sessions_go_on_when_login_dies(hearth, expect_log):
    expect_log("killed|signal 9|SIGKILL")
    instance = hearth()
    client = instance.imap()
    for pid in instance.pids("imap-login"):
        os.kill(pid, signal.SIGKILL)
    assert client.select("INBOX")[0] == "OK"
    client.logout()

    def served():
        try:
            return instance.click()[0] == 20
        except OSError:
            return False
    instance.wait_for("a new login process", served)


def test_sessions_go_on_when_auth_dies_and_nobody_is_told_of_a_wrong_password(hearth, expect_log):
    expect_log("killed|signal 9|SIGKILL|auth")
    instance = hearth()
    client = instance.imap()
    (pid,) = instance.pids("auth")
    os.kill(pid, signal.SIGSTOP)
    waiting = instance.connect()
    answers = []

    def log_in():
        try:
            waiting.login("alice", instance.password)
            answers.append("OK")
        except imaplib.IMAP4.error as error:
            answers.append(str(error))

    thread = threading.Thread(target=log_in)
    thread.start()
    os.kill(pid, signal.SIGKILL)
    thread.join(30)
    assert answers and (answers == ["OK"] or "[UNAVAILABLE]" in answers[0]), answers
    assert client.select("INBOX")[0] == "OK"
    client.logout()

    def served():
        try:
            return instance.click()[0] == 20
        except imaplib.IMAP4.error as error:
            assert "UNAVAILABLE" in str(error), error
            return False
    instance.wait_for("a new auth", served)
    waiting.shutdown()


def test_who_is_whole_again_a_second_after_anvil_died_and_logins_go_on_meanwhile(hearth, expect_log):
    expect_log("killed|signal 9|SIGKILL|anvil")
    users = [f"user{number:02}" for number in range(20)]
    instance = hearth(users, messages=1)
    for user in users:
        instance.click_simple(user)
    held = instance.imap("user00")
    before = {(worker["user"], worker["pid"]) for worker in instance.who()}
    (pid,) = instance.pids("anvil")
    os.kill(pid, signal.SIGKILL)
    instance.click_simple("user01")

    def whole():
        try:
            return before <= {(worker["user"], worker["pid"]) for worker in instance.who()}
        except RuntimeError:
            return False
    begin = time.monotonic()
    instance.wait_for("who to be whole", whole)
    assert time.monotonic() - begin < 3
    assert held.noop()[0] == "OK"
    held.logout()

    def login_found_it():
        length = len(instance.log())
        instance.click_simple("user01")
        return "reuse=warm" in instance.wait_for("the log line", lambda: "Login: " in (new := instance.log()[length:]) and new)
    instance.wait_for("login to find the new anvil", login_found_it)
    log_length = len(instance.log())
    for user in users[2:]:
        instance.click_simple(user)
    instance.wait_for("the last log line", lambda: instance.log()[log_length:].count("Login:") >= len(users) - 2)
    fresh = instance.log()[log_length:]
    assert "reuse=cold" not in fresh, fresh


def fill(path):
    """Leaves no room in the queue of a datagram socket, whose reader must be stopped."""
    while True:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sender:
            sender.connect(str(path))
            sent = 0
            try:
                while sent < 10_000:
                    sender.send(b"x")
                    sent += 1
            except BlockingIOError:
                if sent == 0:
                    return  # a new socket's own buffer can't have been what was full


def test_a_worker_that_reports_before_the_master_could_tell_of_it_is_known_when_anvil_goes_on(hearth, expect_log):
    expect_log("what is no report|anvil doesn't answer|doesn't answer")
    users = ["alice", "bob", "carol"]
    instance = hearth(users, imap="process_min_avail = 0")
    (anvil,) = instance.pids("anvil")
    os.kill(anvil, signal.SIGSTOP)
    fill(instance.base_dir / "anvil-report")
    clients = [instance.imap(user) for user in users]
    os.kill(instance.process.pid, signal.SIGSTOP)  # so that the workers are the first to find room
    os.kill(anvil, signal.SIGCONT)
    instance.wait_for("the reports to be read", lambda: instance.anvil_stats()["reports_dropped"].get("unknown-pid", 0) > 0)
    os.kill(instance.process.pid, signal.SIGCONT)
    instance.wait_for("anvil to know all", lambda: {w["user"] for w in instance.who() if w["sessions"]} == set(users), 5)
    for client in clients:
        client.logout()


def test_sessions_are_served_to_the_end_when_the_master_dies_and_a_new_one_sweeps_up(hearth, expect_log):
    expect_log(".")
    instance = hearth(["alice", "bob"])
    idle = warm_worker(instance, "bob")
    client = instance.imap("alice")
    (busy,) = [worker["pid"] for worker in instance.who() if worker["user"] == "alice"]
    instance.kill_master()
    instance.wait_for("the idle worker to leave", lambda: not alive(idle))
    assert client.select("INBOX") == ("OK", [b"20"])
    assert alive(busy)
    successor = Instance(["alice", "bob"], directory=instance.directory, port=instance.port)
    try:
        successor.start()
        assert client.noop()[0] == "OK"
        assert successor.click("bob")[0] == 20
        client.logout()
        successor.wait_for("the old worker to leave", lambda: not alive(busy))
        assert not list((successor.base_dir / "login").glob(f"imap-{busy}"))
    finally:
        successor.stop()


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z" or not reap(pid)
    except OSError:
        return False


def reap(pid):
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        pass
    return True


def test_a_service_that_always_crashes_is_throttled_and_others_go_on(hearth, expect_log):
    expect_log("throttl|exit|died|broken")
    instance = hearth(config=f"""
service broken {{
  executable = /bin/false
  process_min_avail = 1
  {f"user = {INTERNAL_UID}" if IS_ROOT else ""}
}}
""")
    assert instance.click()[0] == 20
    starts = len(re.findall(r"broken.*exit", instance.log()))
    assert starts < 10
    assert instance.click()[0] == 20


def test_reload_with_an_error_keeps_the_old_configuration(hearth, expect_log):
    expect_log("hearth.conf|configuration|reload")
    instance = hearth()
    good = instance.config_file.read_text()
    instance.config_file.write_text(good + "\nno_such_setting = 1\n")
    instance.hearth("reload", check=False)
    assert instance.click()[0] == 20
    instance.config_file.write_text(good)
    instance.hearth("reload")
    assert instance.click()[0] == 20


def test_no_login_fails_and_no_session_is_dropped_over_twenty_reloads(hearth):
    instance = hearth()
    held = instance.imap()
    failures, stop = [], threading.Event()

    def keep_clicking():
        while not stop.is_set():
            try:
                instance.click_simple()
            except Exception as error:  # noqa: BLE001 - told by the main thread
                failures.append(repr(error))

    thread = threading.Thread(target=keep_clicking)
    thread.start()
    try:
        for _ in range(20):
            instance.hearth("reload")
    finally:
        stop.set()
        thread.join(30)
    assert not failures, failures
    assert held.noop()[0] == "OK"
    held.logout()
    (generation,) = [row["generation"] for row in instance.processes() if row["name"] == "anvil"]
    instance.wait_for("processes of old generations to leave",
                      lambda: {row["generation"] for row in instance.processes()} == {generation})
    assert generation == 21
