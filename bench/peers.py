# SPDX-License-Identifier: Apache-2.0
"""Servers beside each other in one run: what bench/run.py and bench/mail.py have in common."""

import contextlib
import json
import os
import pathlib
import statistics
import subprocess

TICK = os.sysconf("SC_CLK_TCK")
# Dovecot as its author warns of: processes serve one user after the other, passwords are cached.
REUSE = {"login": "service_count = 0\n  process_min_avail = 2", "imap": "service_count = 0\n  process_min_avail = 4",
         "extra": "auth_cache_size = 10M\nauth_cache_ttl = 1 hour"}


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


class Peer:
    """One server: its name, the pid whose tree of processes it is, its port, and the rounds of clicks it has run."""

    def __init__(self, name, pid, port):
        self.name, self.pid, self.port, self.rounds, self.failures = name, pid, port, [], 0

    def clicks(self, build, sessions, clients, users, prefix):
        """Runs bench/load and keeps its figures with the server's CPU per session."""
        command = [build / "bench/load", "--port", str(self.port), "--sessions", str(sessions), "--clients", str(clients),
                   "--users", str(users), "--prefix", prefix, "--password", "secret"]
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
