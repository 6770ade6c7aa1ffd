# SPDX-License-Identifier: Apache-2.0
"""Every test gets its own Hearth, and also fails on what it leaves behind: an unexpected log line, a core, a zombie, a
process, a stale socket, a descriptor that grew."""

import os
import re
import signal
import stat

import pytest

from . import instance as instances
from .instance import Instance, IS_ROOT

instances.adopt_orphans()

UNEXPECTED = re.compile(r": (Warning|Error): |AddressSanitizer|runtime error:|impossible state")


class Expectation:
    """Log lines that a test brings about on purpose."""

    def __init__(self):
        self.patterns = [re.compile(r"of process_limit \d+ in use")]  # tests have small limits, and fill them

    def __call__(self, pattern):
        self.patterns.append(re.compile(pattern))

    def unexpected(self, log):
        return [line for line in log.splitlines()
                if UNEXPECTED.search(line) and not any(p.search(line) for p in self.patterns)]


@pytest.fixture
def expect_log():
    return Expectation()


@pytest.fixture
def hearth(expect_log):
    """A function that starts instances (of `kind`); all of them are ended and looked over after the test."""
    started = []

    def start(*args, kind=Instance, **kwargs):
        instance = kind(*args, **kwargs)
        started.append(instance)
        return instance.start()

    yield start

    problems = []
    for instance in started:
        problems += look_over(instance, expect_log)
    if any(instance.master_was_killed for instance in started):
        instances.reap_orphans()
    for pid in instances.children():
        problems.append(f"process {pid} ({instances.process_name(pid)}) was left behind")
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    kept = os.environ.get("HEARTH_KEEP")
    for instance in started:
        if not kept:
            instance.remove()
    assert not problems, "\n".join(problems) + "\n" + "\n".join(i.log()[-6000:] for i in started)


def look_over(instance, expect_log):
    problems = []
    running = instance.process is not None
    code = instance.stop()
    if running and code != 0:
        problems.append(f"the master ended with {code}: {instance.errors()[-2000:]}")
    problems += [f"unexpected in the log: {line}" for line in expect_log.unexpected(instance.log())]
    if instance.base_dir.exists():
        for path in instance.base_dir.rglob("*"):
            if stat.S_ISSOCK(path.lstat().st_mode) and running:
                problems.append(f"stale socket {path}")
    for path in instance.directory.rglob("core*"):
        problems.append(f"core file {path}")
    return problems


def pytest_collection_modifyitems(items):
    for item in items:
        if item.get_closest_marker("root") and not IS_ROOT:
            item.add_marker(pytest.mark.skip("needs root"))


def pytest_configure(config):
    config.addinivalue_line("markers", "root: needs root (managed instance)")


def pytest_terminal_summary(terminalreporter):
    for report in terminalreporter.stats.get("skipped", []):
        terminalreporter.write_line(f"not run ({report.longrepr[2].removeprefix('Skipped: ')}): {report.nodeid}")
