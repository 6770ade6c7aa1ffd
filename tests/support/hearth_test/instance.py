# SPDX-License-Identifier: Apache-2.0
"""A private Hearth on loopback: the demonstration, the benchmarks and the end-to-end tests start theirs here.

As root it is a managed instance, in which each service and each user has a uid of its own; as an ordinary user a private
one, in which all are one. It lives in a temporary directory, listens on a free port, and is ended by its pid.
"""

import contextlib
import ctypes
import imaplib
import json
import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from . import mailgen

ROOT = pathlib.Path(__file__).resolve().parents[3]
BUILD = pathlib.Path(os.environ.get("HEARTH_BUILD", ROOT / "build"))
IS_ROOT = os.geteuid() == 0

# Numeric users, so that a test needs no entry in /etc/passwd. The mail users get FIRST_MAIL_UID, +1, ...
INTERNAL_UID, AUTH_UID, LOGIN_UID, FIRST_MAIL_UID = 64101, 64102, 64103, 64200
WORKER_START = os.environ.get("HEARTH_WORKER_START", "fork")  # "exec": every test with workers that were exec'd
START_SECONDS = 30  # how long anything here may take before it counts as hung

PR_SET_CHILD_SUBREAPER = 36


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def adopt_orphans():
    """Whatever an instance leaves behind becomes our child, so that children() shows it."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children(pid=None):
    pid = pid or os.getpid()
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(child) for child in task.read_text().split()]
    return found


def reap_orphans():
    """After a master's violent death: its processes end by themselves, and we inherited them."""
    deadline = time.monotonic() + START_SECONDS
    pause = select.poll()
    while children() and time.monotonic() < deadline:
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        pause.poll(5)


def process_name(pid):
    with contextlib.suppress(OSError):
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    return ""


class Instance:
    """One Hearth. Use it as a context manager; `config` is appended to the configuration file."""

    def __init__(self, users=("alice",), messages=20, config="", imap="", login="", directory=None, port=None, canaries=False):
        self.directory = pathlib.Path(directory or tempfile.mkdtemp(prefix="hearth-"))
        self.directory.chmod(0o755)
        self.port = port or free_port()
        self.users = list(users)
        self.password = "secret"
        self.canaries = {user: f"canary-{os.urandom(8).hex()}-{user}" for user in self.users} if canaries else {}
        self.base_dir = self.directory / "run"
        self.config_file = self.directory / "hearth.conf"
        self.log_file = self.directory / "hearth.log"
        self.process = None
        self.master_was_killed = False
        self._make_mail(messages)
        self._write_users()
        self.write_config(config, imap, login)

    def uid(self, user):
        return FIRST_MAIL_UID + self.users.index(user) if IS_ROOT else os.getuid()

    def maildir(self, user):
        return self.directory / "mail" / user

    def _make_mail(self, messages):
        (self.directory / "mail").mkdir(mode=0o755, exist_ok=True)
        for user in self.users:
            home = self.maildir(user)
            if home.exists():
                continue
            home.mkdir(mode=0o700)
            uid = self.uid(user) if IS_ROOT else None
            mailgen.maildir(home, user, messages, uid, uid, self.canaries.get(user))

    def _write_users(self):
        lines = []
        for user in self.users:
            gid = self.uid(user) if IS_ROOT else os.getgid()
            lines.append(f"{user}:{{PLAIN}}{self.password}:{self.uid(user)}:{gid}::{self.maildir(user)}::\n")
        users = self.directory / "users"
        users.unlink(missing_ok=True)
        users.write_text("".join(lines))
        users.chmod(0o400)
        if IS_ROOT:
            os.chown(users, AUTH_UID, AUTH_UID)

    def write_config(self, config="", imap="", login=""):
        names = f"""
default_internal_user = {INTERNAL_UID}
default_internal_group = {INTERNAL_UID}
default_login_user = {LOGIN_UID}
service auth {{
  user = {AUTH_UID}
  group = {AUTH_UID}
}}
""" if IS_ROOT else ""
        self.config_file.write_text(f"""# written by a test
base_dir = {self.base_dir}
log_path = {self.log_file}
listen = 127.0.0.1
mail_location = maildir:{self.directory}/mail/%u
auth_failure_delay = 0
{names}
passdb {{
  driver = passwd-file
  args = {self.directory}/users
}}
userdb {{
  driver = passwd-file
  args = {self.directory}/users
}}
service imap-login {{
  inet_listener imap {{
    port = {self.port}
  }}
  {login}
}}
service imap {{
  worker_start = {WORKER_START}
  {imap}
}}
{config}
""")

    # -- life ---------------------------------------------------------------------------------------------------------

    def start(self):
        """Starts the master and waits for its READY=1, which comes when the ports answer."""
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notify.bind(str(self.directory / "notify"))
        environment = dict(os.environ, NOTIFY_SOCKET=str(self.directory / "notify"))
        with open(self.directory / "stderr", "ab") as errors:
            self.process = subprocess.Popen(
                [BUILD / "bin/hearth", "serve", "-c", self.config_file], env=environment, stdin=subprocess.DEVNULL,
                stdout=errors, stderr=errors)
        try:
            deadline = time.monotonic() + START_SECONDS
            while True:
                readable, _, _ = select.select([notify], [], [], 0.05)
                if readable and b"READY=1" in notify.recv(4096):
                    return self
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"the master did not start:\n{self.errors()}\n{self.log()}")
        finally:
            notify.close()
            os.unlink(self.directory / "notify")

    def stop(self):
        """Ends the master; returns its exit code."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(START_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise RuntimeError(f"the master did not stop:\n{self.log()}") from None
        code, self.process = self.process.returncode, None
        return code

    def kill_master(self):
        self.process.kill()
        self.process.wait()
        self.process = None
        self.master_was_killed = True

    def remove(self):
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
        self.remove()

    # -- looking at it ------------------------------------------------------------------------------------------------

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def errors(self):
        path = self.directory / "stderr"
        return path.read_text(errors="replace") if path.exists() else ""

    def hearth(self, *words, check=True, text=None):
        done = subprocess.run([BUILD / "bin/hearth", *words, "-c", self.config_file], capture_output=True, text=True,
                              timeout=START_SECONDS, input=text)
        if check and done.returncode != 0:
            raise RuntimeError(f"hearth {' '.join(map(str, words))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def who(self):
        return [json.loads(line) for line in self.hearth("who", "--json").stdout.splitlines()]

    def anvil_answer(self, command):
        """What anvil says itself, without the `hearth` command between: a list of objects."""
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(START_SECONDS)
            sock.connect(str(self.base_dir / "anvil-admin"))
            sock.sendall(json.dumps({"cmd": command}).encode() + b"\n")
            objects = []
            with sock.makefile() as file:
                while (answer := json.loads(file.readline())) != {"end": True}:
                    objects.append(answer)
            return objects

    def anvil_stats(self):
        return self.anvil_answer("stats")[0]

    def anvil_workers(self):
        """The workers of who(), as fast as it goes."""
        return self.anvil_answer("who")

    def processes(self):
        return [json.loads(line) for line in self.hearth("process", "status", "--json").stdout.splitlines()]

    def services(self):
        rows = [json.loads(line) for line in self.hearth("service", "status", "--json").stdout.splitlines()]
        return {row["name"]: row for row in rows}

    def pids(self, service):
        return sorted(row["pid"] for row in self.processes() if row["name"] == service)

    def wait_for(self, what, condition, seconds=START_SECONDS):
        """Polls for a state that has no event to wait for; fails with the log when it doesn't come."""
        deadline = time.monotonic() + seconds
        pause = select.poll()  # nothing is registered: it only lets the time pass
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > deadline:
                raise AssertionError(f"{what} did not come within {seconds} s\n{self.log()[-8000:]}")
            pause.poll(5)

    # -- using it -----------------------------------------------------------------------------------------------------

    def connect(self):
        return imaplib.IMAP4("127.0.0.1", self.port, timeout=START_SECONDS)

    def imap(self, user=None):
        client = self.connect()
        client.login(user or self.users[0], self.password)
        return client

    def click_simple(self, user=None):
        """The shortest session."""
        client = self.imap(user)
        client.noop()
        client.logout()

    def click(self, user=None):
        """What a webmail does for a click: connect, log in, open INBOX, read twenty envelopes, leave."""
        client = self.imap(user)
        count = int(client.select("INBOX")[1][0])
        data = client.uid("fetch", "1:20", "(FLAGS ENVELOPE)")[1]
        client.logout()
        return count, data
