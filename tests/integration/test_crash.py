# SPDX-License-Identifier: Apache-2.0
"""The store's promises (docs/store.md, durability), at every point at which its writing can be cut off.

tests/crash/driver.cpp does one operation on a small account; tests/crash/shim.cpp, preloaded, counts the calls that
change files, and kills the process, cuts the power or lets a call fail at the N-th of them. Then a fresh process looks
at what is left. HEARTH_CRASH_ALL=1: every N; otherwise a slice of them, another one each day."""

import datetime
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

import pytest

BUILD = pathlib.Path(os.environ.get("HEARTH_BUILD", "build")).resolve()
DRIVER = BUILD / "tests" / "crash_driver"
SHIM = BUILD / "tests" / "libhearth_crash.so"
ALL = bool(os.environ.get("HEARTH_CRASH_ALL"))
STEP = 1 if ALL else 8
SECONDS_MAX = 3600 if ALL else 8  # of one test; then the rest of its points is left to another day
DAY = datetime.date.today().toordinal()

OPERATIONS = (
    "append", "copy", "move", "expunge", "store", "create", "remove", "rename", "rename_inbox", "subscribe", "arrive",
)


class Driver:
    """The account at one path (the index knows where it belongs), made again from a template for each run."""

    def __init__(self, directory):
        self.account = directory / "mail"
        self.template = directory / "template"
        self.call("setup")
        # The index is warm, as it is at a user's desk.
        self.call("inspect")
        self.account.rename(self.template)
        self.restore()
        self.before = self.inspect()
        self.restore()

    def restore(self):
        shutil.rmtree(self.account, ignore_errors=True)
        shutil.rmtree(f"{self.account}.kept", ignore_errors=True)
        # cp keeps hard links and times.
        subprocess.run(["cp", "-a", self.template, self.account], check=True)

    def call(self, *words, environment=None, check=True):
        command, *rest = words
        done = subprocess.run([DRIVER, command, self.account, *rest], capture_output=True, text=True, timeout=120,
                              env={**os.environ, **(environment or {})})
        assert not check or done.returncode == 0, f"{words}: {done.returncode}\n{done.stderr}"
        return done

    def run(self, operation, mode="kill", at=0):
        """How the process ended, and what it told."""
        done = self.call("run", operation, check=False, environment={
            "LD_PRELOAD": str(SHIM), "HEARTH_CRASH_BELOW": str(self.account), "HEARTH_CRASH_AT": str(at),
            "HEARTH_CRASH_MODE": mode, "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0"})
        told = json.loads(done.stdout) if done.stdout else {"acked": False}
        assert done.returncode in (0, -signal.SIGKILL), f"{operation} {mode} {at}: {done.returncode}\n{done.stderr}"
        return done, told

    def age_locks(self):
        """Time goes by: the lock of a process that is gone is stale after two seconds; one without owner (the power
        went before its bytes were on disk) when neither it nor what it protects has changed for two minutes."""
        for lock in self.account.rglob("*.lock"):
            for path in (lock, lock.with_suffix("")):
                if path.exists():
                    then = path.stat().st_mtime - (10 if lock.stat().st_size else 130)
                    os.utime(path, (then, then))

    def inspect(self, how="inspect"):
        self.age_locks()
        return json.loads(self.call(how).stdout)


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    directory = tmp_path_factory.mktemp("crash").resolve()
    return Driver(directory)


def boxes(state):
    return state["mailboxes"]


def by_uid(box):
    return {row["uid"]: row for row in box["rows"]}


def content(row):
    return row["subject"], row["hash"], row["size"]


def subjects(box):
    return sorted(row["subject"] for row in box["rows"])


def check_sound(state, account):
    """What holds of any account, whatever happened to it."""
    for name, box in boxes(state).items():
        uids = [row["uid"] for row in box["rows"]]
        assert uids == sorted(set(uids)), f"{name}: UIDs ascend"
        assert not uids or uids[-1] < box["uidnext"], f"{name}: UIDNEXT is above all"
        assert box["messages"] == len(uids) and box["unseen"] == sum(1 - (row["flags"] & 1) for row in box["rows"])
        assert len(set(subjects(box))) == len(uids), f"{name}: no message twice"
        assert all(row["size"] == row["known_size"] for row in box["rows"])
        assert all(row["modseq"] <= box["modseq"] for row in box["rows"])
        directory = account if name == "INBOX" else account / ("." + name.replace("/", "."))
        files = [file.name for part in ("cur", "new") for file in (directory / part).iterdir()]
        assert len(files) == len(uids), f"{name}: the index has what the Maildir has"
        lines = (directory / "dovecot-uidlist").read_text().splitlines()[1:]
        listed = {line.split(" :", 1)[1]: int(line.split()[0]) for line in lines}
        assert {listed[file.split(":")[0]] for file in files} == set(uids), f"{name}: and so has the uidlist"


def check_same_uids(before, after, known, where):
    """No UID means another message than before, and no number falls."""
    assert after["uidvalidity"] == before["uidvalidity"], where
    assert after["uidnext"] >= before["uidnext"], where
    assert after["modseq"] >= before["modseq"], where
    old = by_uid(before)
    for uid, row in by_uid(after).items():
        if uid in old:
            assert content(row) == content(old[uid]), f"{where}: UID {uid} is the same message"
            assert row["emailid"] == old[uid]["emailid"], where
            assert row["modseq"] >= old[uid]["modseq"], where
        else:
            assert uid >= before["uidnext"], f"{where}: a new message has a new UID"
            assert content(row) in known, f"{where}: UID {uid} is whole"


def without_modseqs(box):
    return [{**row, "modseq": 0} for row in box["rows"]]


def check_untouched(before, after, names, where):
    for name in names:
        assert name in boxes(after), f"{where}: {name} is there"
        old, new = boxes(before)[name], boxes(after)[name]
        assert without_modseqs(new) == without_modseqs(old), f"{where}: {name}"


def check(operation, driver, before, after, wanted, told, where):
    """`wanted`: the state after the same operation, not cut off."""
    known = {content(row) for state in (before, wanted) for box in boxes(state).values() for row in box["rows"]}
    acked = told["acked"]
    check_sound(after, driver.account)
    by_id = {box["id"]: box for box in boxes(after).values()}
    for box in boxes(before).values():
        if box["id"] in by_id:
            check_same_uids(box, by_id[box["id"]], known, where)
    everything = {subject for box in boxes(after).values() for subject in subjects(box)}
    lost = {subject for box in boxes(before).values() for subject in subjects(box)} - everything
    if acked:
        assert shape(after) == shape(wanted), f"{where}: acknowledged is there, as it was told"
        for uid in told.get("told", {}).get("placed", []):
            assert uid in by_uid(boxes(after)["Work"]), where
        if "uidvalidity" in told.get("told", {}):
            assert boxes(after)["Work"]["uidvalidity"] == told["told"]["uidvalidity"], where
    if operation in ("expunge", "remove"):
        gone = {subject for box in boxes(before).values() for subject in subjects(box)} - {
            subject for box in boxes(wanted).values() for subject in subjects(box)}
        assert lost <= gone, f"{where}: only what was to go is gone"
    else:
        assert not lost, f"{where}: lost {lost}"
    if operation == "remove" and "Work" in boxes(after):
        check_untouched(before, after, ["Work"], where)
    if operation in ("append", "copy", "store", "create", "subscribe", "arrive", "expunge"):
        untouched = {"append": ["INBOX", "Work/Sub", "Other"], "copy": ["INBOX", "Work/Sub", "Other"]}.get(
            operation, ["Work", "Work/Sub", "Other"])
        check_untouched(before, after, untouched, where)
    if operation == "store":
        old, new = by_uid(boxes(before)["INBOX"]), by_uid(boxes(wanted)["INBOX"])
        for uid, row in by_uid(boxes(after)["INBOX"]).items():
            assert row["flags"] in (old[uid]["flags"], new[uid]["flags"]), where
            assert set(row["keywords"]) <= set(new[uid]["keywords"]), where
            assert set(row["keywords"]) >= set(old[uid]["keywords"]), where
    if operation in ("rename", "rename_inbox"):
        check_untouched(before, after, ["Other"], where)


def shape(state):
    """What clients see of an account, without numbers that may differ from run to run."""
    return {
        name: (box["use"], sorted((row["subject"], row["hash"], row["flags"], tuple(sorted(row["keywords"])))
                                  for row in box["rows"]))
        for name, box in boxes(state).items()
    }, sorted(state["subscribed"])


def check_recovery(operation, driver, mode, at, told, wanted):
    where = f"{operation}, {mode} at call {at}"
    after = driver.inspect()
    check(operation, driver, driver.before, after, wanted, told, where)
    again = driver.inspect()
    assert shape(again) == shape(after), f"{where}: recovery ends"
    probed = driver.inspect("probe")
    check_sound(probed, driver.account)
    for name, box in boxes(probed).items():
        seen = boxes(again)[name]
        uid = next(row["uid"] for row in box["rows"] if row["subject"] == "message-999")
        assert uid >= seen["uidnext"], f"{where}: {name} uses no UID again"
        placed = told.get("told", {}).get("placed", []) if name == "Work" else []
        assert all(uid > other for other in placed), where


def cut_points(operation, mode, calls):
    """All of them, or a slice that differs from day to day and from mode to mode; the first and last ones always."""
    begin = (DAY + sum(map(ord, operation + mode))) % STEP + 1
    until = time.monotonic() + SECONDS_MAX
    for at in dict.fromkeys((calls, 1, *range(begin, calls + 1, STEP))):
        if time.monotonic() < until:
            yield at


def reference(operation, driver):
    """The operation not cut off: how many calls it takes, and what it comes to."""
    driver.restore()
    _, told = driver.run(operation)
    assert told["acked"], told
    assert told["calls"] > 0, f"{operation}: no call was counted, so nothing is tested"
    wanted = driver.inspect()
    check_sound(wanted, driver.account)
    return told["calls"], wanted


@pytest.mark.parametrize("mode", ["kill", "tear", "power"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_acknowledged_is_there_and_everything_else_is_whole_or_absent(operation, mode, driver):
    calls, wanted = reference(operation, driver)
    tried = ended = 0
    for at in cut_points(operation, mode, calls):
        tried += 1
        driver.restore()
        done, told = driver.run(operation, mode, at)
        ended += done.returncode != 0
        check_recovery(operation, driver, mode, at, told, wanted)
    print(f"{operation}: {calls} cut points, {tried} tried with {mode}, {ended} cut")
    assert ended > 0


@pytest.mark.parametrize("mode", ["enospc", "eio"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_call_that_fails_loses_nothing(operation, mode, driver):
    calls, wanted = reference(operation, driver)
    tried = refused = 0
    for at in cut_points(operation, mode, calls):
        tried += 1
        driver.restore()
        done, told = driver.run(operation, mode, at)
        assert done.returncode == 0, f"{operation}, {mode} at call {at}: the process ended\n{done.stderr}"
        refused += not told["acked"]
        check_recovery(operation, driver, mode, at, told, wanted)
    print(f"{operation}: {calls} calls, {tried} failed with {mode}, {refused} times the client was refused")


def test_what_was_cut_off_can_be_asked_for_again(driver):
    for operation in ("create", "remove", "rename"):
        calls, wanted = reference(operation, driver)
        for at in cut_points(operation, "again", calls):
            driver.restore()
            driver.run(operation, "kill", at)
            driver.age_locks()
            _, told = driver.run(operation, "kill", 0)
            after = driver.inspect()
            assert shape(after) == shape(wanted), f"{operation}, cut at {at}, then again: {told}"


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
    _, wanted = reference(operation, driver)
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
