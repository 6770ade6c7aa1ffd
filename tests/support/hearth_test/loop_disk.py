# SPDX-License-Identifier: Apache-2.0
"""A small ext4 of its own on a loop device, whose power can be cut (the modes `cut` and `cut-logged` of
tests/crash/shim.cpp). The image lies in memory."""

import contextlib
import ctypes
import functools
import pathlib
import subprocess

from hearth_test.crash import Driver

MEBIBYTES = 16


class NotPossible(Exception):
    """No file system can be mounted here."""


def system(*words):
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode != 0:
        raise NotPossible(f"{' '.join(map(str, words))}: {done.stderr.strip()}")
    return done.stdout.strip()


@functools.cache
def unshare_mounts():
    """From here on nobody else sees what this process mounts. A process that copies the mounts at the wrong moment
    (unshare -m) would keep a file system that was shut down, and the next mount would find it as it is."""
    new_mounts = 0x00020000  # CLONE_NEWNS of sched.h
    if ctypes.CDLL(None, use_errno=True).unshare(new_mounts) != 0:
        raise NotPossible("this process can't have mounts of its own")
    system("mount", "--make-rprivate", "/")


class LoopDisk:
    """Mounted at `mount`. To be closed, whatever happened: nothing of it stays."""

    def __init__(self, directory, options):
        self.options = options
        self.mount = directory / "disk"
        self.template = None
        unshare_mounts()
        with contextlib.ExitStack() as made:
            memory = directory / "memory"
            memory.mkdir()
            self.mount.mkdir()
            system("mount", "-t", "tmpfs", "-o", f"size={3 * MEBIBYTES}m", "tmpfs", memory)
            made.callback(system, "umount", memory)
            image = memory / "image"
            with image.open("wb") as file:
                file.truncate(MEBIBYTES << 20)
            # A journal that is small, and an inode table that is written now and not by the kernel later.
            system("mkfs.ext4", "-q", "-F", "-b", "4096", "-J", "size=4", "-E", "lazy_itable_init=0", image)
            self.device = pathlib.Path(system("losetup", "-f", "--show", image))
            made.callback(system, "losetup", "-d", self.device)
            self.attach()
            made.callback(self.detach)
            self.open = made.pop_all()

    def close(self):
        self.open.close()

    def attach(self):
        system("mount", "-t", "ext4", "-o", self.options, self.device, self.mount)

    def detach(self):
        if self.mount.is_mount():
            system("umount", self.mount)

    def keep(self):
        """What is on the disk now is what restore() brings back."""
        self.detach()
        self.template = self.device.read_bytes()
        self.attach()

    def restore(self):
        self.detach()
        with self.device.open("r+b") as file:
            file.write(self.template)
        self.attach()

    def restart(self):
        """After a power cut: what reached the device is all there is. The mount replays ext4's journal."""
        self.detach()
        self.attach()

    def check(self):
        """The file system is sound, after its journal was replayed."""
        self.detach()
        checked = subprocess.run(["e2fsck", "-fn", self.device], capture_output=True, text=True, check=False)
        self.attach()
        assert checked.returncode == 0, checked.stdout


class LoopAccount(Driver):
    """An account on such a disk. What setup has written is durable before anything else begins."""

    def __init__(self, disk):
        super().__init__(disk.mount / "mail")
        self.disk = disk
        self.make()
        disk.keep()
        self.before = self.inspect()
        self.restore()

    def restore(self):
        self.disk.restore()

    def come_back(self):
        self.disk.restart()
        self.disk.check()
