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
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/support"))

from hearth_test.dovecot import PROGRAM, Dovecot
from peers import REUSE, Peer


def start_dovecot(stack, directory, instance, port, uid, **changes):
    mail = directory.with_suffix(".mail")
    # Same messages, own copy and own index files, all under one uid: reuse across users needs that.
    shutil.copytree(instance.directory / "mail", mail)
    subprocess.run(["chown", "-R", f"{uid}:{uid}", mail], check=True)
    return stack.enter_context(Dovecot(directory, mail, dict.fromkeys(instance.users, uid), port, **changes)).process.pid


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
        if PROGRAM.exists() and IS_ROOT:
            for name, changes, sessions in (("Dovecot, default", {}, options.cold), ("Dovecot, reuse and auth cache", REUSE, options.sessions)):
                port = free_port()
                pid = start_dovecot(stack, work / f"dovecot{port}", warm, port, FIRST_MAIL_UID, **changes)
                peers.append((Peer(name, pid, port), sessions))
        else:
            print("not run: Dovecot (needs root and the package dovecot-imapd)")
        for peer, sessions in peers:  # one round that doesn't count: caches, indexes, first workers
            peer.clicks(build, max(sessions // 10, options.users * options.clients), options.clients, options.users, "user")
            peer.rounds.clear()
        for _ in range(options.rounds):
            for peer, sessions in peers:
                peer.clicks(build, sessions, options.clients, options.users, "user")

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
