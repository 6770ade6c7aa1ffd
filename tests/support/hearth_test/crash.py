# SPDX-License-Identifier: Apache-2.0
"""What the crash tests share: the driver of one operation on a small account (tests/crash/driver.cpp), the library that
cuts it off (tests/crash/shim.cpp), and what must hold of whatever is left."""

import datetime
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

BUILD = pathlib.Path(os.environ.get("HEARTH_BUILD", "build")).resolve()
DRIVER = BUILD / "tests" / "crash_driver"
SHIM = BUILD / "tests" / "libhearth_crash.so"
ALL = bool(os.environ.get("HEARTH_CRASH_ALL"))
ASAN_OPTIONS = "verify_asan_link_order=0:detect_leaks=0"  # of a program with SHIM in front of it
STEP = 1 if ALL else 8
DAY = datetime.date.today().toordinal()

OPERATIONS = (
    "append", "copy", "move", "expunge", "store", "create", "remove", "rename", "rename_inbox", "subscribe", "arrive",
)
# Modes in which what is in the kernel is lost too. Flags are durable within a second only (docs/store.md, class B).
POWER_CUTS = ("power", "cut", "cut-logged")
LOSES_FLAGS = ("store",)


class Driver:
    """The account at one path (the index knows where it belongs), put back as it was for each run."""

    def __init__(self, account):
        self.account = account

    def make(self):
        self.call("setup")
        # The index is warm, as it is at a user's desk.
        self.call("inspect")

    def restore(self):
        raise NotImplementedError

    def come_back(self):
        """After the cut: what is found when the machine starts again."""

    def call(self, *words, environment=None, check=True):
        command, *rest = words
        done = subprocess.run([DRIVER, command, self.account, *rest], capture_output=True, text=True, timeout=120,
                              env={**os.environ, **(environment or {})})
        assert not check or done.returncode == 0, f"{words}: {done.returncode}\n{done.stderr}"
        return done

    def run(self, operation, mode="kill", at=0, only=""):
        """How the process ended, and what it told; `total`: all calls, those after the telling too. `only`: calls on
        files with this in their path."""
        done = self.call("run", operation, check=False, environment={
            "LD_PRELOAD": str(SHIM), "HEARTH_CRASH_BELOW": str(self.account), "HEARTH_CRASH_AT": str(at),
            "HEARTH_CRASH_MODE": mode, "HEARTH_CRASH_ONLY": only, "ASAN_OPTIONS": ASAN_OPTIONS})
        assert done.returncode in (0, -signal.SIGKILL), f"{operation} {mode} {at}: {done.returncode}\n{done.stderr}"
        said = [json.loads(line) for line in done.stdout.splitlines()]
        told = said[0] if said else {"acked": False}
        if len(said) > 1:
            told["total"] = said[1]["calls"]
        self.come_back()
        return done, told

    def age_locks(self):
        """Time goes by: the lock of a process that is gone is stale after two seconds; one without owner (the power
        went before its bytes were on disk) when neither it nor what it protects has changed for two minutes."""
        for lock in self.account.rglob("*.lock"):
            for path in (lock, lock.with_suffix("")):
                if path.exists():
                    then = path.stat().st_mtime - (10 if lock.stat().st_size else 130)
                    os.utime(path, (then, then))

    def inspect(self, how="inspect", environment=None):
        self.age_locks()
        return json.loads(self.call(how, environment=environment).stdout)


class CopiedAccount(Driver):
    """In a directory, copied from a template."""

    def __init__(self, directory):
        super().__init__(directory / "mail")
        self.template = directory / "template"
        self.make()
        self.account.rename(self.template)
        self.restore()
        self.before = self.inspect()
        self.restore()

    def restore(self):
        shutil.rmtree(self.account, ignore_errors=True)
        shutil.rmtree(f"{self.account}.kept", ignore_errors=True)
        # cp keeps hard links and times.
        subprocess.run(["cp", "-a", self.template, self.account], check=True)


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


def check(operation, driver, before, after, wanted, told, mode, where):
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
    if acked and not (operation in LOSES_FLAGS and mode in POWER_CUTS):
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
    check(operation, driver, driver.before, after, wanted, told, mode, where)
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
        modseq = next(row["modseq"] for row in box["rows"] if row["subject"] == "message-999")
        same = name in boxes(driver.before) and boxes(driver.before)[name]["id"] == box["id"]
        assert not same or modseq > told.get("modseqs", {}).get(name, 0), f"{where}: {name} uses no modseq again"


def cut_points(operation, mode, calls, seconds=8, first=1):
    """All of them, or a slice that differs from day to day and from mode to mode; `first`, the last one and 1 always. After
    `seconds` of a test the rest of its points is left to another day."""
    begin = (DAY + sum(map(ord, operation + mode))) % STEP + 1
    until = time.monotonic() + (3600 if ALL else seconds)
    for at in dict.fromkeys((first, calls, 1, *range(begin, calls + 1, STEP))):
        if at in (first, calls, 1) or time.monotonic() < until:
            yield at


class Reference:
    """The operation not cut off: how many calls it takes, and what it comes to. The client is told after `calls`; one
    more point is right behind that, and `total` is when the worker has ended."""

    def __init__(self, operation, driver, only=""):
        driver.restore()
        _, told = driver.run(operation, only=only)
        assert told["acked"], told
        assert told["calls"] > 0, f"{operation}: no call was counted, so nothing is tested"
        self.calls, self.total = told["calls"], told["total"]
        assert self.total > self.calls
        self.told = told.get("told", {})
        self.wanted = driver.inspect()
        check_sound(self.wanted, driver.account)


def cut_off(operation, mode, driver, seconds=8):
    """The operation cut off at every point, or at some; what is found each time is checked."""
    reference = Reference(operation, driver)
    tried = ended = acked = 0
    told_at = reference.calls + 1
    for at in cut_points(operation, mode, reference.total, seconds, first=told_at):
        driver.restore()
        done, told = driver.run(operation, mode, at)
        tried += 1
        ended += done.returncode != 0
        acked += told["acked"]
        check_recovery(operation, driver, mode, at, told, reference.wanted)
    print(f"{operation}: {reference.total} cut points ({told_at} is behind OK), {tried} tried with {mode}, {ended} cut, "
          f"{acked} acknowledged")
    assert ended > 0, "no cut point"
    assert acked > 0, "nothing was acknowledged, so nothing could be lost"
