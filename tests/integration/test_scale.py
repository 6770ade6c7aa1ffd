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
BATCH = 10  # of them before it is the other instance's turn
FLAT = 2  # what a start or an eviction may cost more among COUNT than among FEW, measured in turns
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


def cost_of(*visits):
    """What the centre spends on a visit of each of `users`, for each (instance, users). The instances take turns, so that
    what the machine does meanwhile, and what is left in its caches, is the same for all."""
    costs = [Cost(instance) for instance, _ in visits]
    for first in range(0, SAMPLE, BATCH):
        for instance, users in visits:
            for user in users[first:first + BATCH]:
                assert instance.click(user)[0] == 1000
    return [cost.each(len(users)) for cost, (_, users) in zip(costs, visits)]


def configure(instance, process_limit):
    instance.write_config("mail_max_userip_connections = 0", f"""
  process_limit = {process_limit}
  process_limit_reserve = 0
  idle_kill = 1 hour""")


def begin_again(instance, process_limit, users):
    """Starts anew and visits `users`: no other has a worker afterwards."""
    instance.stop()
    configure(instance, process_limit)
    instance.start()
    visit(instance, users)


def eviction_cost(*instances):
    """All workers that may live do; each newcomer is served all the same, and the one idle for longest goes."""
    idle = [sorted((worker["idle_ms"], worker["user"]) for worker in instance.anvil_workers()) for instance in instances]
    spent = cost_of(*((instance, instance.users[-SAMPLE:]) for instance in instances))
    for instance, before in zip(instances, idle):
        stayed = {worker["user"] for worker in instance.anvil_workers()}
        last_to_go, _ = before[-SAMPLE]  # others may be as long idle, to the millisecond
        assert not {user for idle_ms, user in before if idle_ms > last_to_go} & stayed, "somebody else was evicted"
        assert len(stayed) == len(before)
    return spent


@pytest.mark.root  # who else may look into processes that aren't dumpable
def test_many_idle_workers_cost_little_and_the_next_click_is_warm(hearth, expect_log):
    expect_log("process_limit \\(.*reached")
    print(f"seed {SEED}, {COUNT} users")
    rng = random.Random(SEED)
    began = time.monotonic()
    instance, small = (hearth(count + SAMPLE, kind=Crowd) for count in (COUNT, FEW + SAMPLE))
    crowd = instance.users[:COUNT]
    print(f"{time.monotonic() - began:.0f} s to make the mail")
    began = time.monotonic()
    for one in (instance, small):  # for the first time: the mailboxes are indexed
        begin_again(one, FEW, one.users)
    print(f"{time.monotonic() - began:.0f} s to index it")
    begin_again(small, FEW + SAMPLE, small.users[:FEW])
    began = time.monotonic()
    few = crowd[:10]
    begin_again(instance, COUNT, few)
    processes = centre(instance)
    descriptors_with_few = {name: descriptors(pid) for name, pid in processes.items()}
    kernel_with_few = kernel_kib()
    warm_with_few = clicks(instance, [few] * 10)

    visit(instance, crowd[10:-SAMPLE])
    started = cost_of((small, small.users[FEW:FEW + SAMPLE]), (instance, crowd[-SAMPLE:]))
    workers = instance.pids("imap")
    assert len(workers) >= COUNT
    print(f"{time.monotonic() - began:.0f} s until all workers were there")
    begin_again(small, FEW, small.users[:FEW])

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

    evicted = eviction_cost(small, instance)
    for what, (among_few, among_many) in (("a new user", started), ("a new user in an evicted one's place", evicted)):
        print(f"CPU of the centre for {what}: {among_few[0]:.2f} ms among {FEW}, {among_many[0]:.2f} ms among {COUNT}; "
              f"{among_few[1]}, {among_many[1]}")
        assert among_many[0] < FLAT * among_few[0]
