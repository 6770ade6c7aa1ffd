# SPDX-License-Identifier: Apache-2.0
"""Why workers end: told apart in `service status` and, where somebody decided it, in the log; and idle_memory_limit."""

import json
import os
import signal

from hearth_test.instance import WORKER_START


def ends(instance):
    return {reason: count for reason, count in instance.services()["imap"]["ends"].items() if count}


def only_worker(instance, user="alice"):
    (pid,) = [worker["pid"] for worker in instance.who() if worker["user"] == user]
    return pid


def test_each_end_of_a_worker_is_counted_under_its_reason(hearth, expect_log):
    expect_log("killed by signal 11|process_limit")
    instance = hearth(["alice", "bob", "carol"], messages=1, imap="process_limit = 2\nprocess_limit_reserve = 0")
    instance.click_simple("alice")
    os.kill(only_worker(instance), signal.SIGSEGV)
    instance.wait_for("the crash", lambda: ends(instance) == {"crash": 1})
    instance.click_simple("alice")
    instance.click_simple("bob")
    instance.click_simple("carol")  # at the limit: alice's worker is idle longest
    instance.wait_for("the eviction", lambda: ends(instance) == {"crash": 1, "eviction": 1})
    client = instance.imap("carol")
    assert json.loads(instance.hearth("kick", "carol").stdout)["kicked"] == 1
    instance.wait_for("the kick", lambda: ends(instance) == {"crash": 1, "eviction": 1, "kick": 1})
    client.shutdown()
    instance.hearth("reload")
    instance.wait_for("the end of the old one", lambda: ends(instance) == {"crash": 1, "eviction": 1, "kick": 1, "generation": 1})
    assert "ended: eviction" in instance.log() and "ended: kick" in instance.log()


def test_a_worker_that_has_waited_or_served_enough_is_told_apart_too(hearth):
    instance = hearth(messages=1, imap="idle_kill = 300 ms")
    instance.click_simple()
    instance.wait_for("the end of its time", lambda: ends(instance) == {"idle-kill": 1})
    instance.stop()
    instance.write_config(imap="service_count = 2")
    instance.start()
    instance.click_simple()
    instance.click_simple()
    instance.wait_for("the end of its sessions", lambda: ends(instance) == {"recycling": 1})


def test_idle_workers_together_hold_no_more_than_idle_memory_limit(hearth):
    users = [f"user{number:02}" for number in range(12)]
    limit = 2 if WORKER_START == "fork" else 6  # MiB: exec'd workers hold three times as much
    instance = hearth(users, messages=50, imap=f"idle_memory_limit = {limit}M")
    for user in users:
        instance.click(user)
    instance.wait_for("workers to leave for memory's sake", lambda: ends(instance).get("memory", 0) > 0)

    def held():
        service = instance.services()["imap"]
        return service["idle_kib"] and service["bound"] * service["idle_kib"] <= limit * 1024 * 5 / 4 and not service["excess"]

    instance.wait_for("the rest to fit", held)
    assert set(ends(instance)) == {"memory"}
    left = {worker["user"] for worker in instance.who()}
    assert left and users[0] not in left  # those idle longest went first
    assert instance.click(users[0])[0] == 50
