# SPDX-License-Identifier: Apache-2.0
"""The power goes, on a real ext4, at every point of the store's writing (test_crash.py does the same with the worst
that POSIX allows, in its mode `power`). HEARTH_CRASH_ALL=1: every point; otherwise a slice, another one each day."""

import os

import itertools

import pytest

from hearth_test.crash import ALL, DAY, OPERATIONS, cut_off
from hearth_test.loop_disk import LoopAccount, LoopDisk, NotPossible

pytestmark = pytest.mark.root

# How ext4 is mounted: as it comes, and with less care than that for what isn't synced.
MOUNTS = {"ordered": "data=ordered", "writeback": "data=writeback,noauto_da_alloc"}
MODES = ("cut", "cut-logged")
SECONDS_MAX = 1.0  # of one case, where not all are run


def cases():
    """All, or today's mount, with one mode for each operation."""
    if ALL:
        return list(itertools.product(MOUNTS, OPERATIONS, MODES))
    mount = list(MOUNTS)[DAY % len(MOUNTS)]
    return [(mount, operation, MODES[(DAY // 2 + number) % 2]) for number, operation in enumerate(OPERATIONS)]


@pytest.fixture(name="disk", scope="module")
def fixture_disk(request, tmp_path_factory):
    try:
        disk = LoopDisk(tmp_path_factory.mktemp("power").resolve(), MOUNTS[request.param])
    except (NotPossible, FileNotFoundError) as error:
        pytest.skip(f"no ext4 can be mounted here: {error}")
    yield disk
    disk.close()


@pytest.fixture(name="driver", scope="module")
def fixture_driver(disk):
    return LoopAccount(disk)


@pytest.mark.parametrize("disk,operation,mode", cases(), indirect=["disk"], scope="module")
def test_acknowledged_survives_a_power_cut_and_everything_else_is_whole_or_absent(operation, mode, driver):
    cut_off(operation, mode, driver, SECONDS_MAX)


@pytest.mark.parametrize("disk,mode", [(cases()[0][0], mode) for mode in MODES], indirect=["disk"], scope="module")
def test_a_power_cut_is_one(mode, driver):
    """What nobody has synced is lost with it, so the other test can fail."""
    driver.restore()
    unsynced = driver.account / "cur" / "unsynced"
    unsynced.write_bytes(b"x" * 5000)
    done, _ = driver.run("append", mode, 1)
    assert done.returncode != 0
    assert (unsynced.stat().st_size if unsynced.exists() else 0) == 0
