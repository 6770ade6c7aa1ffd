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

from hearth_test.crash import (ASAN_OPTIONS, DRIVER, OPERATIONS, SHIM, CopiedAccount, Reference, boxes, by_uid,
                               check_recovery, check_sound, content, cut_off, cut_points, shape, subjects)


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


@pytest.mark.parametrize("operation", [operation for operation in OPERATIONS if operation != "subscribe"])
def test_an_fsync_of_the_index_that_fails_is_not_believed_later(operation, driver):
    """Its bytes are lost, though the kernel shows them until the end and later fsyncs succeed."""
    reference = Reference(operation, driver, only="index.db")
    lost = refused = 0
    for at in range(1, reference.calls + 1):
        driver.restore()
        _, told = driver.run(operation, "eio-lost", at, only="index.db")
        lost += told.get("lost", 0)
        refused += not told["acked"]
        check_recovery(operation, driver, "eio-lost", at, told, reference.wanted)
    print(f"{operation}: {reference.calls} calls on the index, {lost} fsyncs failed, "
          f"{refused} times the client was refused")
    assert lost > 0 or operation not in ("create", "remove", "rename")


@pytest.mark.parametrize("operation,waits", [("copy", 2 + 2), ("move", 2 + 3), ("expunge", 1), ("store", 2)])
def test_no_operation_waits_for_the_disk_more_often_than_it_must(operation, waits, driver):
    """docs/store.md, waits for the disk. Two files are copied; the keyword that is stored is new to the mailbox."""
    driver.restore()
    _, told = driver.run(operation)
    assert told["acked"] and told["synced"] == waits


@pytest.mark.parametrize("mode", ["enospc", "eio", "enospc-on", "eio-on"])
def test_what_can_not_be_written_to_search_db_costs_the_fuzzy_search_alone(mode, driver):
    reference = Reference("fuzzy", driver, only="search.db")
    assert reference.told["found"] == 5
    fallen_back = 0
    for at in cut_points("fuzzy", mode, reference.total):
        where = f"{mode} at call {at}"
        driver.restore()
        done, told = driver.run("fuzzy", mode, at, only="search.db")
        assert done.returncode == 0, f"{where}: {done.stderr}"
        assert told["acked"], f"{where}: {told}"
        assert told["told"]["kept"], f"{where}: the index is still written"
        assert told["told"]["found"] in (None, 5), where
        fallen_back += told["told"]["found"] is None
        after = driver.inspect()
        check_sound(after, driver.account)
        assert after["epoch"] == driver.before["epoch"], f"{where}: the index is the same"
        assert shape(after) == shape(reference.wanted), where
        _, told = driver.run("fuzzy")
        assert told["told"]["found"] == 5, f"{where}: the next worker searches as ever"
    print(f"fuzzy: {reference.total} calls on search.db, {fallen_back} searches fell back with {mode}")
    assert fallen_back > 0


@pytest.mark.parametrize("operation", ["append", "copy", "move", "expunge", "store", "arrive"])
def test_no_modseq_is_used_again_after_a_power_cut_with_the_clock_set_back(operation, driver, tmp_path):
    """A machine without a battery for its clock starts in the past."""
    boot = tmp_path / "boot_id"
    boot.write_text("another\n")
    told_at = Reference(operation, driver).calls + 1
    driver.restore()
    _, told = driver.run(operation, "power", told_at)
    assert told["acked"] and told["modseqs"]
    probed = driver.inspect("probe", {"LD_PRELOAD": str(SHIM), "HEARTH_CRASH_CLOCK": str(-24 * 3600),
                                      "HEARTH_CRASH_BOOT": str(boot), "ASAN_OPTIONS": ASAN_OPTIONS})
    for name, modseq in told["modseqs"].items():
        assert boxes(probed)[name]["modseq"] > modseq, name


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


@pytest.mark.parametrize("operation", ["append", "copy", "move", "expunge", "store", "rename_inbox", "fuzzy"])
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
        told = json.loads((tmp_path / "told").read_text().splitlines()[0])
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
