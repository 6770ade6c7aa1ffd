# SPDX-License-Identifier: Apache-2.0
"""Very many idle workers, each with a mailbox of 1,000 messages open: what they cost and what they don't. HEARTH_CROWD=10000
is the run of docs/capacity.md; it needs kernel.pid_max and open files as written there."""

import os
import random
import statistics
import time

import pytest

from hearth_test.crowd import Crowd, cpu_seconds, descriptors, kernel_kib, proportional_kib

COUNT = int(os.environ.get("HEARTH_CROWD", 1000))
SEED = int(os.environ.get("HEARTH_SEED", random.SystemRandom().randrange(2**32)))
CENTRE = ("anvil", "auth", "imap-login")


def centre(instance):
    pids = {row["name"]: row["pid"] for row in instance.processes() if row["name"] in CENTRE}
    return {"master": instance.process.pid, **pids}


def milliseconds(action):
    before = time.monotonic()
    action()
    return (time.monotonic() - before) * 1000


def settled(instance):
    """All workers gave back what a pause of half a second makes them give back."""
    return all(worker["state"] == "idle" and worker["memory_kib"] for worker in instance.anvil_workers())


def clicks(instance, batches):
    """The median of a click of each user of each batch; all of them have been idle for a while."""
    times = []
    for users in batches:
        instance.wait_for("all workers to settle", lambda: settled(instance))
        times += [milliseconds(lambda user=user: instance.click(user)) for user in users]
    return statistics.median(times)


@pytest.mark.root  # who else may look into processes that aren't dumpable
def test_many_idle_workers_cost_little_and_the_next_click_is_warm(hearth):
    print(f"seed {SEED}, {COUNT} users")
    rng = random.Random(SEED)
    instance = hearth(COUNT, kind=Crowd, config="mail_max_userip_connections = 0", imap=f"""
  process_limit = {COUNT + 50}
  process_limit_reserve = 0
  idle_kill = 1 hour""")
    for user in instance.users:  # their first visit: the mailboxes are indexed
        assert instance.click(user)[0] == 1000
    instance.stop()
    instance.start()
    few = instance.users[:10]
    for user in few:
        instance.click(user)
    processes = centre(instance)
    descriptors_with_few = {name: descriptors(pid) for name, pid in processes.items()}
    kernel_with_few = kernel_kib()
    warm_with_few = clicks(instance, [few] * 10)

    marks, spent = [], {}
    for number, user in enumerate(instance.users[10:], 11):
        if number == 101 or number == COUNT - 99:  # the first and the last hundred: what a start costs the centre
            spent = {name: cpu_seconds(pid) for name, pid in processes.items()}
        assert instance.click(user)[0] == 1000
        if number in (200, COUNT):
            marks.append(sum(cpu_seconds(pid) - spent[name] for name, pid in processes.items()) * 10)
    workers = instance.pids("imap")
    assert len(workers) >= COUNT

    instance.wait_for("all workers to settle", lambda: settled(instance))
    descriptors_with_many = {name: descriptors(pid) for name, pid in processes.items()}
    print("descriptors of the centre:", descriptors_with_few, descriptors_with_many)
    assert descriptors_with_many == descriptors_with_few
    kernel = kernel_kib() - kernel_with_few
    pss = sum(proportional_kib(pid) for pid in workers)
    print(f"memory: {pss / 1024:.0f} MiB PSS and about {kernel / 1024:.0f} MiB of the kernel's, "
          f"{(pss + kernel) / len(workers):.0f} KiB a worker")
    assert (pss + kernel) / len(workers) < 6 * 1024 * 1024 / 10000  # 10,000 in 6 GiB
    print(f"CPU of the centre for a new user: {marks[0]:.1f} ms among 100, {marks[1]:.1f} ms among {COUNT}")
    took = milliseconds(instance.who)
    print(f"who: {took:.0f} ms")
    before = set(instance.pids("imap"))
    warm_with_many = clicks(instance, [rng.sample(instance.users, 100)])
    assert set(instance.pids("imap")) == before, "a click of a random user was not warm"
    print(f"a warm click, median: {warm_with_few:.2f} ms with 10 workers, {warm_with_many:.2f} ms with {COUNT}")
