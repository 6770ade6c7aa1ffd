# SPDX-License-Identifier: Apache-2.0
"""The store's promises (docs/store.md, durability), at every point at which its writing can be cut off.

tests/crash/driver.cpp does one operation on a small account; tests/crash/shim.cpp, preloaded, counts the calls that
change files, and kills the process, cuts the power or lets a call fail at the N-th of them. Then a fresh process looks
at what is left. HEARTH_CRASH_ALL=1: every N; otherwise a slice of them, another one each day."""

import json
import os
import pathlib
import subprocess

import pytest

from hearth_test.crash import (DRIVER, OPERATIONS, CopiedAccount, Reference, boxes, by_uid, check_recovery, content,
                               cut_off, cut_points, shape, subjects)


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    return CopiedAccount(tmp_path_factory.mktemp("crash").resolve())


@pytest.mark.parametrize("mode", ["kill", "tear", "power"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_acknowledged_is_there_and_everything_else_is_whole_or_absent(operation, mode, driver):
    cut_off(operation, mode, driver)


@pytest.mark.parametrize("mode", ["enospc", "eio"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_call_that_fails_loses_nothing(operation, mode, driver):
    reference = Reference(operation, driver)
    tried = refused = 0
    for at in cut_points(operation, mode, reference.total):
        tried += 1
        driver.restore()
        done, told = driver.run(operation, mode, at)
        assert done.returncode == 0, f"{operation}, {mode} at call {at}: the process ended\n{done.stderr}"
        refused += not told["acked"]
        check_recovery(operation, driver, mode, at, told, reference.wanted)
    print(f"{operation}: {reference.total} calls, {tried} failed with {mode}, {refused} times the client was refused")


def test_what_was_cut_off_can_be_asked_for_again(driver):
    for operation in ("create", "remove", "rename"):
        reference = Reference(operation, driver)
        for at in cut_points(operation, "again", reference.calls):
            driver.restore()
            driver.run(operation, "kill", at)
            driver.age_locks()
            _, told = driver.run(operation, "kill", 0)
            after = driver.inspect()
            assert shape(after) == shape(reference.wanted), f"{operation}, cut at {at}, then again: {told}"


# A file system of its own that is full but for some bytes; it ends with the shell that has mounted it.
FULL_DISK = """
set -e
mount -t tmpfs -o size=4m tmpfs "$ACCOUNT.disk" && mkdir "$ACCOUNT.disk/mail"
"$DRIVER" setup "$ACCOUNT.disk/mail" && "$DRIVER" inspect "$ACCOUNT.disk/mail" > "$OUT/before"
cat /dev/zero > "$ACCOUNT.disk/filler" 2> "$OUT/fill" || true
truncate -s "-$FREE" "$ACCOUNT.disk/filler"
"$DRIVER" run "$ACCOUNT.disk/mail" "$OPERATION" > "$OUT/told" 2> "$OUT/warnings"
"$DRIVER" inspect "$ACCOUNT.disk/mail" > "$OUT/full" || true
rm "$ACCOUNT.disk/filler"
"$DRIVER" inspect "$ACCOUNT.disk/mail" > "$OUT/after"
"""


@pytest.mark.parametrize("operation", ["append", "copy", "move", "expunge", "store", "rename_inbox"])
def test_a_full_disk_loses_nothing(operation, driver, tmp_path):
    may_mount = subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode == 0
    if not may_mount:
        pytest.skip("no file system can be mounted here")
    wanted = Reference(operation, driver).wanted
    pathlib.Path(f"{driver.account}.disk").mkdir(exist_ok=True)
    acked = refused = 0
    for kilobytes in (0, 4, 8, 16, 24, 32, 48, 64, 96, 128, 192, 256):
        where = f"{operation}, {kilobytes} kB left"
        for old in tmp_path.iterdir():
            old.unlink()
        done = subprocess.run(["unshare", "-rm", "sh", "-c", FULL_DISK], capture_output=True, text=True, check=False,
                              timeout=300, env={**os.environ, "ACCOUNT": str(driver.account), "DRIVER": str(DRIVER),
                                                "OUT": str(tmp_path), "FREE": f"{kilobytes}K",
                                                "OPERATION": operation})
        assert done.returncode == 0, f"{where}: {done.stderr}"
        before, full, after = (json.loads((tmp_path / name).read_text() or "null") for name in ("before", "full", "after"))
        # A mailbox that RENAME has just made can't be opened as long as there is no room for its uidlist.
        assert full or operation == "rename_inbox", where
        told = json.loads((tmp_path / "told").read_text())
        acked += told["acked"]
        refused += not told["acked"]
        for state in filter(None, (full, after)):
            for name, box in boxes(state).items():
                uids = [row["uid"] for row in box["rows"]]
                assert len(set(subjects(box))) == len(uids) == box["messages"], f"{where}: {name}, no message twice"
            everything = {subject for box in boxes(state).values() for subject in subjects(box)}
            lost = {subject for box in boxes(before).values() for subject in subjects(box)} - everything
            assert not lost or operation == "expunge", f"{where}: lost {lost}"
        if told["acked"]:
            assert shape(after) == shape(wanted), f"{where}: acknowledged is there"
        for name, box in boxes(before).items():
            if boxes(after)[name]["id"] == box["id"] and boxes(after)[name]["uidvalidity"] == box["uidvalidity"]:
                old = by_uid(box)
                for uid, row in by_uid(boxes(after)[name]).items():
                    assert uid not in old or content(row) == content(old[uid]), f"{where}: {name} {uid}"
    print(f"{operation}: on a full disk {acked} times done, {refused} times refused")
