# SPDX-License-Identifier: Apache-2.0
"""Why a login is cold: in login's log line, in `who -v` and in `service status`."""

import os
import re
import signal


def reasons(instance, user):
    return re.findall(rf"Login: user=<{user}>.*reuse=(\S+)", instance.log())


def come_back(instance, user, count):
    """Clicks, and waits for the log line of that login."""
    instance.click_simple(user)
    return instance.wait_for("the log line", lambda: (found := reasons(instance, user))[count - 1:count])[0]


def gone(instance, pid):
    instance.wait_for("anvil to hear of the end", lambda: pid not in [row["pid"] for row in instance.anvil_workers()])


def test_an_evicted_user_reads_so_and_the_counters_know(hearth, expect_log):
    expect_log("process_limit")
    instance = hearth(["alice", "bob"], messages=1, imap="process_limit = 1\nprocess_limit_reserve = 0")
    assert come_back(instance, "alice", 1) == "cold(first)"
    assert come_back(instance, "alice", 2) == "warm"
    assert come_back(instance, "bob", 1) == "cold(first)"  # in alice's place
    assert come_back(instance, "alice", 3) == "cold(evicted)"
    row = next(row for row in instance.who() if row["user"] == "alice")
    assert row["before"] == "eviction"
    assert "eviction" in instance.hearth("who", "-v").stdout
    anvil = instance.services()["imap"]["anvil"]
    assert anvil["total"]["misses"] == {"first": 2, "evicted": 1}
    assert anvil["total"]["hits"] == 1 and anvil["hour"]["hits"] == 1 and anvil["peak"] == 1
    assert "first 2, evicted 1" in instance.hearth("service", "status").stdout
    assert "25.0 %" in instance.hearth("service", "status").stdout


def test_a_crash_and_an_idle_end_are_told_apart(hearth, expect_log):
    expect_log("killed|signal|crash|imap")
    instance = hearth(["alice"], messages=1, imap="idle_kill = 1s")
    assert come_back(instance, "alice", 1) == "cold(first)"
    pid = instance.who()[0]["pid"]
    os.kill(pid, signal.SIGKILL)
    gone(instance, pid)
    assert come_back(instance, "alice", 2) == "cold(crash)"
    gone(instance, instance.who()[0]["pid"])
    assert come_back(instance, "alice", 3) == "cold(idle-kill)"


def test_sizing_answers(hearth):
    instance = hearth(["alice"], messages=1)
    instance.click_simple()
    done = instance.hearth("sizing").stdout
    assert "service imap" in done and "as it is" in done and "come back later" in done
