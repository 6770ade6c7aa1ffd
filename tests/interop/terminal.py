# SPDX-License-Identifier: Apache-2.0
"""Programs that want to be looked at."""

import os
import pty
import select
import signal
import time


def in_terminal(command, environment, seconds=120):
    """Runs a program in a terminal of its own to its end; its exit code and what it wrote."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(command[0], [str(word) for word in command], environment)
    output, deadline = b"", time.monotonic() + seconds
    while time.monotonic() < deadline:
        readable, _, _ = select.select([terminal], [], [], 1)
        if not readable:
            continue
        try:
            data = os.read(terminal, 65536)
        except OSError:  # the program has closed its end
            data = b""
        if not data:
            break
        output += data
    else:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise AssertionError(f"{command[0]} did not end within {seconds} s: {output[-3000:].decode(errors='replace')}")
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), output.decode(errors="replace")
