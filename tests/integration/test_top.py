# SPDX-License-Identifier: Apache-2.0
"""`hearth top` on a terminal: it draws, it ends, and it leaves the terminal as it was."""

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time

import pytest
from hearth_test.instance import BUILD

ENTER, LEAVE = b"\x1b[?1049h", b"\x1b[?1049l"
SECONDS = 30


class Screen:
    """`hearth top` in a terminal of its own."""

    def __init__(self, instance, term="xterm", rows=24, columns=100):
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.modes = termios.tcgetattr(self.slave)
        self.seen = b""
        self.process = subprocess.Popen([BUILD / "bin/hearth", "top", "-c", instance.config_file], stdin=self.slave,
                                        stdout=self.slave, stderr=self.slave, env=dict(os.environ, TERM=term),
                                        start_new_session=True)

    def read_until(self, what, times=1):
        deadline = time.monotonic() + SECONDS
        while self.seen.count(what) < times:
            ready = select.select([self.master], [], [], max(0, deadline - time.monotonic()))[0]
            assert ready, f"{what!r} did not come: {self.seen[-2000:]!r}"
            self.seen += os.read(self.master, 65536)

    def end(self):
        code = self.process.wait(SECONDS)
        while select.select([self.master], [], [], 0)[0]:
            self.seen += os.read(self.master, 65536)
        return code

    def is_restored(self):
        return termios.tcgetattr(self.slave) == self.modes and self.seen.count(ENTER) == self.seen.count(LEAVE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)


def test_it_shows_services_and_users_again_and_again_until_q(hearth):
    instance = hearth(["alice", "bob"])
    client = instance.imap("alice")
    with Screen(instance) as screen:
        screen.read_until(b"hearth top", times=2)
        assert screen.seen.startswith(ENTER)
        assert b"alice" in screen.seen and b"imap" in screen.seen and b"hits" in screen.seen
        assert termios.tcgetattr(screen.slave) != screen.modes  # no echo meanwhile
        os.write(screen.master, b"q")
        assert screen.end() == 0
        assert screen.is_restored()
    client.logout()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGABRT, signal.SIGSEGV])
def test_every_signal_that_ends_it_leaves_the_terminal_as_it_was(hearth, number):
    with Screen(hearth()) as screen:
        screen.read_until(b"hearth top")
        screen.process.send_signal(number)
        screen.end()
        assert screen.is_restored(), number


def test_a_stop_gives_the_terminal_back_and_continuing_draws_again(hearth):
    with Screen(hearth()) as screen:
        screen.read_until(b"hearth top")
        screen.process.send_signal(signal.SIGTSTP)
        screen.read_until(LEAVE)
        os.waitid(os.P_PID, screen.process.pid, os.WSTOPPED)
        assert screen.is_restored()
        screen.process.send_signal(signal.SIGCONT)
        screen.read_until(ENTER, times=2)
        os.write(screen.master, b"q")
        assert screen.end() == 0 and screen.is_restored()


def test_a_narrow_terminal_gets_a_narrow_picture_also_when_it_becomes_one(hearth):
    with Screen(hearth(), rows=5, columns=40) as screen:
        screen.read_until(b"hearth top")
        picture = screen.seen.split(b"\x1b[H")[1]
        assert all(len(line.replace(b"\x1b[K", b"").strip()) <= 40 for line in picture.split(b"\r\n")[:4])
        fcntl.ioctl(screen.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 6, 20, 0, 0))
        screen.process.send_signal(signal.SIGWINCH)
        screen.read_until(b"\x1b[Hhearth top  " + time.strftime("%Y-").encode(), times=2)
        os.write(screen.master, b"q")
        assert screen.end() == 0 and screen.is_restored()


def test_a_dumb_terminal_gets_one_picture_without_control_sequences(hearth):
    with Screen(hearth(), term="dumb") as screen:
        assert screen.end() == 0
        assert b"\x1b" not in screen.seen and b"hearth top" in screen.seen


def test_when_the_instance_ends_top_says_so_and_goes_on(hearth):
    instance = hearth()
    with Screen(instance) as screen:
        screen.read_until(b"hearth top")
        instance.hearth("stop")
        instance.process.wait(SECONDS)
        screen.read_until(b"is this instance running?"[:20])
        os.write(screen.master, b"q")
        assert screen.end() == 0 and screen.is_restored()
