# SPDX-License-Identifier: Apache-2.0
"""`make bench`: warm and cold clicks of Hearth beside the floor of its architecture and beside Debian's Dovecot, twice
(its default, a process per session; and processes reused across users with an auth cache), on the same mail, in one run.

Figures are medians over the rounds; peers run in turn, so that a drifting machine hits all alike. Server CPU is user and
system time of all of a server's processes, from /proc. What counts are the ratios."""

import argparse
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/support"))
TICK = os.sysconf("SC_CLK_TCK")


def tree(pid):
    pids = [pid]
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in task.read_text().split():
                pids += tree(int(child))
    return pids


def cpu_seconds(root):
    """CPU of a tree of processes, ended and reaped ones included."""
    total = 0
    for pid in tree(root):
        with contextlib.suppress(OSError):
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += sum(int(fields[i]) for i in (11, 12, 13, 14))
    return total / TICK


def wait_for_port(port):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            with socket.create_connection(("127.0.0.1", port), 1) as sock:
                if sock.recv(1):
                    return
    raise RuntimeError(f"nobody answers on port {port}")


class Peer:
    def __init__(self, name, pid, port):
        self.name, self.pid, self.port, self.rounds, self.failures = name, pid, port, [], 0

    def run(self, build, options, sessions):
        command = [build / "bench/load", "--port", str(self.port), "--sessions", str(sessions), "--clients",
                   str(options.clients), "--users", str(options.users), "--prefix", "user", "--password", "secret"]
        before = cpu_seconds(self.pid)
        done = subprocess.run(command, capture_output=True, text=True)
        result = json.loads(done.stdout)
        self.failures += result["failures"]
        if result["failures"] > sessions // 100:
            raise RuntimeError(f"{self.name}: {done.stdout}{done.stderr}")
        result["cpu_ms"] = (cpu_seconds(self.pid) - before) * 1000 / max(1, result["sessions"])
        result["rate"] = result["sessions"] / result["seconds"]
        self.rounds.append(result)

    def median(self, key):
        return statistics.median(r[key] for r in self.rounds)


DOVECOT = """
base_dir = {dir}/run
state_dir = {dir}/state
log_path = {dir}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{mail}/%u
first_valid_uid = 1
passdb {{
  driver = passwd-file
  args = {users}
}}
userdb {{
  driver = passwd-file
  args = {users}
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
  {login}
}}
service imap {{
  process_limit = 1024
  {imap}
}}
service stats {{
  client_limit = 10000
}}
mail_max_userip_connections = 0
{extra}
"""
REUSE = {"login": "service_count = 0\n  process_min_avail = 2", "imap": "service_count = 0\n  process_min_avail = 4",
         "extra": "auth_cache_size = 10M\nauth_cache_ttl = 1 hour"}


def start_dovecot(stack, directory, instance, port, uid, **changes):
    directory.mkdir()
    mail = directory / "mail"
    # Same messages, own copy and own index files, all under one uid: reuse across users needs that.
    shutil.copytree(instance.directory / "mail", mail)
    subprocess.run(["chown", "-R", f"{uid}:{uid}", mail], check=True)
    users = directory / "users"
    users.write_text("".join(f"{user}:{{PLAIN}}secret:{uid}:{uid}::{mail}/{user}::\n" for user in instance.users))
    users.chmod(0o644)
    values = {"login": "", "imap": "", "extra": ""} | changes
    config = directory / "dovecot.conf"
    config.write_text(DOVECOT.format(dir=directory, mail=mail, users=users, port=port, **values))
    process = subprocess.Popen(["/usr/sbin/dovecot", "-F", "-c", config], stdin=subprocess.DEVNULL)
    stack.callback(lambda: (process.send_signal(signal.SIGTERM), process.wait()))
    wait_for_port(port)
    return process.pid


def reply(port, user):
    """The canned replies of the floor: what Hearth itself says to the click."""
    with socket.create_connection(("127.0.0.1", port)) as sock:
        file = sock.makefile("rb")
        file.readline()
        replies = []
        for line in (f"a LOGIN {user} secret", "b SELECT INBOX", "c UID FETCH 1:20 (FLAGS ENVELOPE)"):
            sock.sendall(line.encode() + b"\r\n")
            text = b""
            while True:
                text += (part := file.readline())
                if part.startswith(line[:1].encode() + b" "):
                    break
            replies.append(text)
        return replies[1], replies[2]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build", type=pathlib.Path)
    parser.add_argument("--sessions", default=2000, type=int, help="warm sessions a round")
    parser.add_argument("--cold", default=200, type=int, help="cold sessions a round")
    parser.add_argument("--rounds", default=5, type=int)
    parser.add_argument("--clients", default=4, type=int)
    parser.add_argument("--users", default=8, type=int)
    parser.add_argument("--messages", default=1000, type=int)
    parser.add_argument("--json", type=pathlib.Path, help="write the figures there too")
    options = parser.parse_args()
    build = options.build.resolve()
    os.environ["HEARTH_BUILD"] = str(build)
    from hearth_test.instance import Instance, FIRST_MAIL_UID, IS_ROOT, free_port

    users = [f"user{number:03}" for number in range(options.users)]
    limits = "mail_max_userip_connections = 0"
    with contextlib.ExitStack() as stack:
        def instance(**changes):
            made = Instance(users, options.messages, config=limits, **changes)
            stack.callback(made.remove)
            stack.callback(made.stop)
            return made.start()

        warm = instance()
        cold = instance(imap="service_count = 1")
        work = pathlib.Path(tempfile.mkdtemp(prefix="hearth-bench-"))
        work.chmod(0o755)
        stack.callback(lambda: shutil.rmtree(work, ignore_errors=True))
        select, fetch = reply(warm.port, users[0])
        (work / "select.txt").write_bytes(select)
        (work / "fetch.txt").write_bytes(fetch)
        port = free_port()
        floor = subprocess.Popen([build / "bench/floor", "--port", str(port), "--directory", work], stdout=subprocess.PIPE)
        stack.callback(lambda: (floor.kill(), floor.wait()))
        floor.stdout.readline()
        peers = [(Peer("floor: canned answers over the warm path", floor.pid, port), options.sessions),
                 (Peer("Hearth, warm", warm.process.pid, warm.port), options.sessions),
                 (Peer("Hearth, cold (a process per session)", cold.process.pid, cold.port), options.cold)]
        if pathlib.Path("/usr/sbin/dovecot").exists() and IS_ROOT:
            for name, changes, sessions in (("Dovecot, default", {}, options.cold), ("Dovecot, reuse and auth cache", REUSE, options.sessions)):
                port = free_port()
                pid = start_dovecot(stack, work / f"dovecot{port}", warm, port, FIRST_MAIL_UID, **changes)
                peers.append((Peer(name, pid, port), sessions))
        else:
            print("not run: Dovecot (needs root and the package dovecot-imapd)")
        for peer, sessions in peers:  # one round that doesn't count: caches, indexes, first workers
            peer.run(build, options, max(sessions // 10, options.users * options.clients))
            peer.rounds.clear()
        for _ in range(options.rounds):
            for peer, sessions in peers:
                peer.run(build, options, sessions)

    print(f"{options.messages} messages, {options.users} users, {options.clients} clients at once, {options.rounds} rounds\n")
    print(f"| {'who':<42} | sessions/s | p50 ms | p99 ms | server CPU ms/session | failed |")
    print(f"|{'-' * 44}|-----------:|-------:|-------:|----------------------:|-------:|")
    for peer, _ in peers:
        print(f"| {peer.name:<42} | {peer.median('rate'):10.0f} | {peer.median('p50'):6.2f} | {peer.median('p99'):6.2f} "
              f"| {peer.median('cpu_ms'):21.3f} | {peer.failures:6} |")
    figures = {peer.name: {key: peer.median(key) for key in ("rate", "p50", "p99", "cpu_ms")} for peer, _ in peers}
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))
    base = peers[1][0].median("cpu_ms")
    print("\nserver CPU of a session, as ratios to Hearth warm:")
    for peer, _ in peers:
        print(f"  {peer.name:<42} {peer.median('cpu_ms') / base:6.2f}")


if __name__ == "__main__":
    main()
