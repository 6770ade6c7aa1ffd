# SPDX-License-Identifier: Apache-2.0
"""`hearth who` and `top` with ten thousand workers: this test plays anvil's side of the administrator's socket."""

import json
import os
import resource
import socket
import subprocess
import threading

import pytest
from hearth_test.instance import BUILD

WORKERS = 10_000


def worker(number):
    row = {"service": "imap", "user": f"user{number}@example.net", "pid": 100_000 + number, "state": "idle", "sessions": [],
           "served": number % 50, "age_ms": number * 1000, "idle_ms": number, "generation": 1, "silent": False,
           "memory_kib": 600, "before": "idle-kill"}
    if number % 10 == 0:
        row.update(state="busy", sessions=[{"id": "0" * 32, "ip": "192.0.2.1", "since_ms": 5}])
    return row


@pytest.fixture
def anvil(tmp_path):
    """A directory with a configuration and an anvil-admin that answers `who` and `top`."""
    base = tmp_path / "run"
    base.mkdir()
    config = tmp_path / "hearth.conf"
    config.write_text(f"base_dir = {base}\nmail_location = maildir:{tmp_path}/Maildir\n")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(base / "anvil-admin"))
    listener.listen()
    users = {"service": "imap", "user": "al\u00efce", "workers": 1, "sessions": 2, "waiting": 0, "pid": os.getpid(),
             "served": 3, "memory_kib": 600, "idle_ms": 0}
    answers = {"who": "".join(json.dumps(worker(number)) + "\n" for number in range(WORKERS)),
               "top": json.dumps({"service": "imap", "process_limit": 20_000, "bound": WORKERS}) + "\n" + json.dumps(users) + "\n"}

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, connection.makefile() as lines:
                for line in lines:
                    connection.sendall(answers[json.loads(line)["cmd"]].encode() + b'{"end":true}\n')

    thread = threading.Thread(target=serve)
    thread.start()
    yield config
    listener.shutdown(socket.SHUT_RDWR)
    thread.join()
    listener.close()


def run(config, *words):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([BUILD / "bin/hearth", *words, "-c", config], capture_output=True, text=True, timeout=60, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize("words", [("who",), ("who", "-v"), ("who", "--json"), ("who", "user7@*")])
def test_who_prints_ten_thousand_workers_in_less_than_a_second(anvil, words, capsys):
    output, seconds = run(anvil, *words)
    with capsys.disabled():
        print(f"\n  {' '.join(words)}: {WORKERS} workers, {seconds:.2f} s of processor")
    lines = output.splitlines()
    assert len(lines) == {"who": WORKERS + 1, "who -v": WORKERS + 1, "who --json": WORKERS, "who user7@*": 2}[" ".join(words)]
    assert seconds < 1
    if words == ("who", "-v"):
        assert "one before" in lines[0] and "idle-kill" in lines[1]


def test_top_without_a_terminal_prints_one_picture(anvil):
    output, _ = run(anvil, "top")
    assert "process" not in output and "\x1b" not in output
    assert "imap" in output and "al\u00efce" in output and str(os.getpid()) in output
    rows = [json.loads(line) for line in run(anvil, "top", "--json")[0].splitlines()]
    assert rows[0]["bound"] == WORKERS and rows[1]["user"] == "al\u00efce"
