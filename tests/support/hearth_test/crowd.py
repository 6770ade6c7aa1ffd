# SPDX-License-Identifier: Apache-2.0
"""Very many users on one machine, as a site with virtual users has them: one uid for all mail, a Maildir each, whose
messages are hard links of the same few (a file a message and user would be ten million files)."""

import os
import pathlib

from . import mailgen
from .instance import FIRST_MAIL_UID, IS_ROOT, Instance

LINKS_PER_FILE = 30000  # ext4 allows 65,000


class Crowd(Instance):
    """An Instance with `count` users user00000, user00001, ... of `messages` messages each."""

    def __init__(self, count, messages=1000, **options):
        self.messages = messages
        super().__init__([f"user{number:05}" for number in range(count)], messages=0, **options)

    def uid(self, user):
        return FIRST_MAIL_UID if IS_ROOT else os.getuid()

    def _make_mail(self, messages):
        root = self.directory / "mail"
        root.mkdir(mode=0o755, exist_ok=True)
        uid = self.uid(None)
        base, used = None, LINKS_PER_FILE
        for user in self.users:
            if used == LINKS_PER_FILE:
                base, used = self._base(uid), 0
            self._link(base, root / user, uid)
            used += 1

    def _base(self, uid):
        path = self.directory / f"base{len(list(self.directory.glob('base*')))}"
        path.mkdir()
        mailgen.maildir(path, "crowd", self.messages, uid if IS_ROOT else None)
        return path

    def _link(self, base, home, uid):
        for folder in ("", "cur", "new", "tmp"):
            (home / folder).mkdir(mode=0o700)
            if IS_ROOT:
                os.chown(home / folder, uid, uid)
        source, target = (os.open(path / "cur", os.O_RDONLY | os.O_DIRECTORY) for path in (base, home))
        try:
            for name in os.listdir(source):
                os.link(name, name, src_dir_fd=source, dst_dir_fd=target)
        finally:
            os.close(source)
            os.close(target)


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def cpu_seconds(pid):
    """Time that the process's threads have run, its kernel's part too, children not counted; to the nanosecond."""
    return sum(int((task / "schedstat").read_text().split()[0]) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()) / 1e9


def proportional_kib(pid):
    """What the process holds of its own, with its share of what several map (PSS)."""
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0


def kernel_kib():
    """Memory that the kernel holds for all processes: slab, kernel stacks, page tables."""
    words = dict(line.split(":") for line in pathlib.Path("/proc/meminfo").read_text().splitlines())
    return sum(int(words[name].split()[0]) for name in ("SUnreclaim", "KernelStack", "PageTables"))
