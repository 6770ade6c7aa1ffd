# SPDX-License-Identifier: Apache-2.0
"""`make bench-mail`: what the store costs. A click on mailboxes of 1,000, 10,000 and 100,000 messages, warm and cold, and
APPEND, flags, MOVE, SEARCH, SORT, THREAD on 10,000; Hearth beside Debian's Dovecot twice (default; processes reused across
users with an auth cache). Every server has its own Maildir, whose files are links to the same messages, and its own index
files, warmed by one round that doesn't count. Both wait for the disk before they acknowledge APPEND and MOVE (mail_fsync =
optimized is Dovecot's default). CPU is that of all of a server's processes."""

import argparse
import contextlib
import os
import pathlib
import shutil
import statistics
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/support"))

from hearth_test.dovecot import PROGRAM, Dovecot
from hearth_test.imap_client import Client
from peers import REUSE, Peer, cpu_seconds, tree

SIZES = {"small": 1000, "medium": 10000, "large": 100000}
WORDS = ["stove", "ladder", "kitchen", "offer", "Thursday", "table"]


def fill(home, user, count, mailgen):
    """A Maildir of `count` messages whose files are links to at most 1,000 different ones."""
    mailgen.maildir(home, user, min(count, 1000))
    originals = sorted((home / "cur").iterdir())
    for number in range(len(originals), count):
        source = originals[number % len(originals)]
        os.link(source, home / "cur" / f"{1600000000 + number}.M{number}P2.mail.example.org,S={source.stat().st_size}:2,S")


def copy_links(source, target, uid):
    shutil.copytree(source, target, copy_function=os.link)
    for path in [target, *target.rglob("*")]:
        os.chown(path, uid, uid)


def measure(peer, name, count, action, results):
    """Runs `action` (a function of a client), which does `count` things, and notes rate and CPU of one."""
    with Client(peer.port, "medium") as client:
        client.command("SELECT INBOX")
        before, begin = cpu_seconds(peer.pid), time.monotonic()
        action(client)
        seconds, cpu = time.monotonic() - begin, cpu_seconds(peer.pid) - before
    results.setdefault(name, {}).setdefault(peer.name, []).append((count / seconds, cpu * 1000 / count))


def must(answer):
    assert answer.status == b"OK", (answer.status, answer.code, answer.text)


def operations(peer, results, scale):
    body = b"From: a@example.org\r\nSubject: measured\r\n\r\n" + b"A line of the body, as good as any other.\r\n" * 100

    def append(client):
        for _ in range(scale):
            must(client.command("APPEND Archive (\\Seen) {}", body))

    def flags(client):
        for uid in range(1, scale + 1):
            must(client.command(f"UID STORE {uid} {'+' if uid % 2 else '-'}FLAGS.SILENT (\\Flagged)"))

    def flag_all(client):
        must(client.command("UID STORE 1:1000 +FLAGS.SILENT (\\Answered)"))
        must(client.command("UID STORE 1:1000 -FLAGS.SILENT (\\Answered)"))

    def move(client):
        must(client.command("SELECT Archive"))
        uids = client.command("UID SEARCH ALL").numbers(b"SEARCH")
        for uid in uids[:scale]:
            must(client.command(f"UID MOVE {uid} Trash"))

    def search_text(client):
        for word in WORDS:
            must(client.command(f"UID SEARCH TEXT {word}"))

    def search_header(client):
        for word in WORDS:
            must(client.command(f"UID SEARCH SUBJECT {word}"))

    def sort(client):
        for criteria in ("SUBJECT", "FROM DATE", "REVERSE SIZE"):
            must(client.command(f"UID SORT ({criteria}) UTF-8 ALL"))

    def thread(client):
        for _ in range(3):
            must(client.command("UID THREAD REFERENCES UTF-8 ALL"))

    with Client(peer.port, "medium") as client:
        for folder in ("Archive", "Trash"):
            client.command(f"CREATE {folder}")
    for name, count, action in [("APPEND of 4 kB", scale, append), ("STORE of one flag", scale, flags),
                                ("STORE 1:1000 (twice)", 2, flag_all), ("MOVE of one message", scale, move),
                                ("SEARCH TEXT in 10,000", len(WORDS), search_text),
                                ("SEARCH SUBJECT in 10,000", len(WORDS), search_header), ("SORT of 10,000", 3, sort),
                                ("THREAD of 10,000", 3, thread)]:
        measure(peer, name, count, action, results)


def idle_kilobytes(pid, name):
    """Private memory of each process of this name below `pid`."""
    found = []
    for process in tree(pid):
        with contextlib.suppress(OSError):
            if pathlib.Path(f"/proc/{process}/comm").read_text().strip() == name:
                text = pathlib.Path(f"/proc/{process}/smaps_rollup").read_text()
                found.append(sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Private_")))
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build", type=pathlib.Path)
    parser.add_argument("--rounds", default=3, type=int)
    parser.add_argument("--clicks", default=1000, type=int)
    parser.add_argument("--cold", default=30, type=int)
    parser.add_argument("--scale", default=200, type=int, help="how many APPENDs, STOREs and MOVEs a round")
    parser.add_argument("--large", default=SIZES["large"], type=int, help="messages of the largest mailbox")
    options = parser.parse_args()
    SIZES["large"] = options.large
    build = options.build.resolve()
    os.environ["HEARTH_BUILD"] = str(build)
    from hearth_test import mailgen
    from hearth_test.instance import FIRST_MAIL_UID, IS_ROOT, Instance, free_port

    if not IS_ROOT or not PROGRAM.exists():
        sys.exit("bench-mail needs root and the package dovecot-imapd")
    with contextlib.ExitStack() as stack:
        work = pathlib.Path(tempfile.mkdtemp(prefix="hearth-bench-"))
        work.chmod(0o755)
        stack.callback(lambda: shutil.rmtree(work, ignore_errors=True))
        for user, count in SIZES.items():
            fill(work / "mail" / user, user, count, mailgen)

        def hearth(**changes):
            directory = pathlib.Path(tempfile.mkdtemp(prefix="hearth-bench-"))
            stack.callback(lambda: shutil.rmtree(directory, ignore_errors=True))
            directory.chmod(0o755)
            (directory / "mail").mkdir(mode=0o755)
            for number, user in enumerate(SIZES):
                copy_links(work / "mail" / user, directory / "mail" / user, FIRST_MAIL_UID + number)
            made = Instance(list(SIZES), 0, config="mail_max_userip_connections = 0", directory=directory, **changes)
            stack.callback(made.stop)
            return made.start()

        def dovecot(name, **changes):
            copy_links(work / "mail", work / f"{name}.mail", FIRST_MAIL_UID)
            return stack.enter_context(Dovecot(work / name, work / f"{name}.mail", dict.fromkeys(SIZES, FIRST_MAIL_UID), free_port(), **changes))

        warm, cold = hearth(), hearth(imap="service_count = 1")
        default, reuse = dovecot("default"), dovecot("reuse", **REUSE)
        peers = {"Hearth, warm": (warm.process.pid, warm.port, options.clicks), "Hearth, cold": (cold.process.pid, cold.port, options.cold),
                 "Dovecot, default": (default.process.pid, default.port, options.cold),
                 "Dovecot, reuse": (reuse.process.pid, reuse.port, options.clicks // 4)}
        print("| a click on | " + " | ".join(f"{name}: CPU ms, p50 ms" for name in peers) + " |")
        print("|---|" + "---:|" * len(peers))
        for user, count in SIZES.items():
            columns = {name: Peer(name, pid, port) for name, (pid, port, _) in peers.items()}
            for peer in columns.values():
                peer.clicks(build, 3, 1, 1, user)
                peer.rounds.clear()
            for _ in range(options.rounds):
                for name, peer in columns.items():
                    peer.clicks(build, peers[name][2], 1, 1, user)
            print(f"| {count:,} messages | " + " | ".join(f"{p.median('cpu_ms'):.3f}, {p.median('p50'):.2f}" for p in columns.values()) + " |", flush=True)

        results = {}
        measured = [Peer(name, *peers[name][:2]) for name in ("Hearth, warm", "Dovecot, default", "Dovecot, reuse")]
        for peer in measured:
            operations(peer, {}, 10)
        for _ in range(options.rounds):
            for peer in measured:
                operations(peer, results, options.scale)
        print("\n| operation | " + " | ".join(f"{peer.name}: per second, CPU ms" for peer in measured) + " |")
        print("|---|" + "---:|" * len(measured))
        for name, figures in results.items():
            print(f"| {name} | " + " | ".join(
                f"{statistics.median(rate for rate, _ in figures[p.name]):.1f}, {statistics.median(cpu for _, cpu in figures[p.name]):.3f}"
                for p in measured) + " |")
        print(f"\nprivate memory of idle Hearth workers (1,000 / 10,000 / {SIZES['large']:,} messages), kB: {sorted(idle_kilobytes(warm.process.pid, 'imap'))}")


if __name__ == "__main__":
    main()
