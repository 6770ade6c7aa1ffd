# SPDX-License-Identifier: Apache-2.0
"""Very many idle workers, each with a mailbox of 1,000 messages open: what they cost and what they don't. HEARTH_CROWD=10000
is the run of docs/capacity.md; it needs kernel.pid_max and open files as written there."""

import os
import random
import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from hearth_test.crowd import Crowd, cpu_seconds, descriptors, kernel_kib, proportional_kib

COUNT = int(os.environ.get("HEARTH_CROWD", 1000))
FEW, SAMPLE = 100, 100  # the crowd that costs are compared with; users whose cost is taken together
FLAT = 3  # what a start or an eviction may cost more among COUNT than among FEW: CPU time, on a machine that does other things too
VISITORS = 4  # at a time, where nothing is measured
assert COUNT >= FEW + 2 * SAMPLE, "HEARTH_CROWD is too small"
SEED = int(os.environ.get("HEARTH_SEED", random.SystemRandom().randrange(2**32)))
CENTRE = ("anvil", "auth", "imap-login")


def centre(instance):
    pids = {row["name"]: row["pid"] for row in instance.processes() if row["name"] in CENTRE}
    return {"master": instance.process.pid, **pids}


def milliseconds(action):
    before = time.monotonic()
    action()
    return (time.monotonic() - before) * 1000


SETTLED_MS = 600  # a worker gives memory back when it has been idle for 500 ms


def settled(instance):
    """All workers gave back what a pause of half a second makes them give back."""
    return all(worker["state"] == "idle" and worker["idle_ms"] > SETTLED_MS and worker["memory_kib"]
               for worker in instance.anvil_workers())


def clicks(instance, batches):
    """The median of a click of each user of each batch; all of them have been idle for a while."""
    times = []
    for users in batches:
        instance.wait_for("all workers to settle", lambda: settled(instance))
        times += [milliseconds(lambda user=user: instance.click(user)) for user in users]
    return statistics.median(times)


class Cost:
    """What the centre's processes spend on something, together and each."""

    def __init__(self, instance):
        self.processes = centre(instance)
        self.before = {name: cpu_seconds(pid) for name, pid in self.processes.items()}

    def each(self, times):
        """In milliseconds for one of `times`: (together, {process: its part})."""
        parts = {name: (cpu_seconds(pid) - self.before[name]) * 1000 / times for name, pid in self.processes.items()}
        return sum(parts.values()), {name: round(part, 2) for name, part in parts.items()}


def visit(instance, users):
    with ThreadPoolExecutor(VISITORS) as visitors:
        assert all(count == 1000 for count, _ in visitors.map(instance.click, users))


def cost_of(instance, users):
    """What a visit of each of `users`, one after the other, costs the centre."""
    cost = Cost(instance)
    for user in users:
        assert instance.click(user)[0] == 1000
    return cost.each(len(users))


def configure(instance, process_limit):
    instance.write_config("mail_max_userip_connections = 0", f"""
  process_limit = {process_limit}
  process_limit_reserve = 0
  idle_kill = 1 hour""")


def eviction_cost(instance, newcomers):
    """All workers that may live do; each of `newcomers` is served all the same, and the one idle for longest goes."""
    idle = sorted((worker["idle_ms"], worker["user"]) for worker in instance.anvil_workers())
    oldest = {user for _, user in idle[-len(newcomers):]}
    spent = cost_of(instance, newcomers)
    stayed = {worker["user"] for worker in instance.anvil_workers()}
    assert not oldest & stayed, "somebody else was evicted"
    assert len(stayed) == len(idle)
    return spent


@pytest.mark.root  # who else may look into processes that aren't dumpable
def test_many_idle_workers_cost_little_and_the_next_click_is_warm(hearth, expect_log):
    expect_log("process_limit \\(.*reached")
    print(f"seed {SEED}, {COUNT} users")
    rng = random.Random(SEED)
    began = time.monotonic()
    instance = hearth(COUNT + SAMPLE, kind=Crowd)
    crowd, newcomers = instance.users[:COUNT], instance.users[COUNT:]
    instance.stop()
    configure(instance, FEW)
    instance.start()
    print(f"{time.monotonic() - began:.0f} s to make the mail")
    began = time.monotonic()
    visit(instance, instance.users)  # for the first time: the mailboxes are indexed
    print(f"{time.monotonic() - began:.0f} s to index it")
    for user in crowd[:FEW]:  # one after the other, so that it is clear who was here last
        instance.click(user)
    evicted_among_few = eviction_cost(instance, newcomers)
    instance.stop()
    configure(instance, COUNT)
    instance.start()
    began = time.monotonic()
    few = crowd[:10]
    visit(instance, few)
    processes = centre(instance)
    descriptors_with_few = {name: descriptors(pid) for name, pid in processes.items()}
    kernel_with_few = kernel_kib()
    warm_with_few = clicks(instance, [few] * 10)

    visit(instance, crowd[10:FEW])
    started_among_few = cost_of(instance, crowd[FEW:FEW + SAMPLE])
    visit(instance, crowd[FEW + SAMPLE:-SAMPLE])
    started_among_many = cost_of(instance, crowd[-SAMPLE:])
    workers = instance.pids("imap")
    assert len(workers) >= COUNT
    print(f"{time.monotonic() - began:.0f} s until all workers were there")

    instance.wait_for("all workers to settle", lambda: settled(instance))
    # Our own last question's connection may not be closed yet.
    instance.wait_for(f"no more descriptors than {descriptors_with_few}", lambda: all(
        descriptors(pid) <= descriptors_with_few[name] for name, pid in processes.items()))
    print("descriptors of the centre:", descriptors_with_few, {name: descriptors(pid) for name, pid in processes.items()})
    kernel = kernel_kib() - kernel_with_few
    pss = sum(proportional_kib(pid) for pid in workers)
    print(f"memory: {pss / 1024:.0f} MiB PSS and about {kernel / 1024:.0f} MiB of the kernel's, "
          f"{(pss + kernel) / len(workers):.0f} KiB a worker")
    assert (pss + kernel) / len(workers) < 6 * 1024 * 1024 / 10000  # 10,000 in 6 GiB
    took = milliseconds(instance.who)
    print(f"who: {took:.0f} ms")
    before = set(instance.pids("imap"))
    warm_with_many = clicks(instance, [rng.sample(crowd, 100)])
    assert set(instance.pids("imap")) == before, "a click of a random user was not warm"
    same_few = clicks(instance, [few] * 10)  # the machine may have become slower meanwhile
    print(f"a warm click, median: {warm_with_few:.2f} ms with 10 workers; with {COUNT} {warm_with_many:.2f} ms for any "
          f"user, {same_few:.2f} ms for the same ten")

    evicted_among_many = eviction_cost(instance, newcomers)
    for what, before, after in (("a new user", started_among_few, started_among_many),
                                ("a new user in an evicted one's place", evicted_among_few, evicted_among_many)):
        print(f"CPU of the centre for {what}: {before[0]:.2f} ms among {FEW}, {after[0]:.2f} ms among {COUNT}; "
              f"{before[1]}, {after[1]}")
        assert after[0] < FLAT * before[0]
