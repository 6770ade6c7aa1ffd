# SPDX-License-Identifier: Apache-2.0
"""A storm at the limit: twice as many users as there may be workers, at random, sessions of 50 to 500 ms. What became of
each client, and of each process as the master saw it, is written down and replayed: nobody is dropped, nobody refused while a
worker is idle, the limit is never passed, and room is made again within a second. HEARTH_STORM_SECONDS=600 is the long run."""

import asyncio
import collections
import os
import random
import signal
import time

import pytest

from hearth_test.instance import BUILD
from hearth_test.storm import Absent, Anybody, Parallel, Replay, Storm, Watcher, excused, overtaken, owners, process_events

SECONDS = float(os.environ.get("HEARTH_STORM_SECONDS", 30))
SEED = int(os.environ.get("HEARTH_SEED", 0)) or random.SystemRandom().getrandbits(32)
LIMIT, RESERVE, CLIENTS = 20, 2, 16
SETTINGS = f"process_limit = {LIMIT}\nprocess_limit_reserve = {RESERVE}"
CONFIG = "mail_max_userip_connections = 0\nmail_debug = yes"
CLIENTS_OF_A_WORKER = 4  # in the storm with client_limit
RACES_A_MINUTE = 100 if SECONDS >= 600 else 30  # a thousand in the long run; 450 a minute on a quiet machine


def storm_of(instance, seconds=SECONDS, draw=Anybody(), clients=CLIENTS):
    print(f"seed {SEED}, {seconds:.0f} s")
    return Storm(instance.port, instance.users, instance.password, clients, SEED, seconds, draw)


def users():
    return [f"user{number:02}" for number in range(2 * LIMIT)]


def idle_without_reserve(events, sessions, owner):
    """The longest time in which there was less room than the reserve although somebody had more workers than connections
    all the while, so that one of hers was idle. `owner`: {pid: user} of the workers."""
    users_of_storm = {session.user for session in sessions}
    moments = sorted([(at, word, owner.get(pid), pid) for at, word, pid, _ in events if owner.get(pid) in users_of_storm] +
                     [(s.begun, "came", s.user, 0) for s in sessions] + [(s.ended + 0.05, "went", s.user, 0) for s in sessions])
    bound, surplus, idle = set(), collections.Counter(), set()
    since, longest = {}, 0.0  # since when each of the idle has been so without a reserve
    for at, word, user, pid in moments:
        change = {"came": -1, "went": 1}.get(word, 0)
        if word == "bound":
            bound.add(pid)
            change = 1
        elif word in ("leaving", "gone") and pid in bound:
            bound.remove(pid)
            change = -1
        surplus[user] += change
        (idle.add if surplus[user] > 0 else idle.discard)(user)
        longest = max([longest, *(at - began for began in since.values())])
        since = {} if LIMIT - len(bound) >= RESERVE else {one: since.get(one, at) for one in idle}
    return longest


def check(instance, storm):
    events = process_events(instance.log(), "imap")
    replay = Replay(events, LIMIT, RESERVE)
    print(storm.summary(), dict(replay.reasons), f"peak {replay.peak}, {replay.stayed} asked to leave and stayed")
    lost = [one for one in storm.sessions if one.outcome != "served" and not excused(one, storm.faults)]
    assert not lost, lost[:5]
    assert len(storm.sessions) > CLIENTS * storm.seconds
    assert replay.peak <= LIMIT
    assert replay.reasons["eviction"] > 0
    assert storm.faults or not replay.reasons["other"], "somebody's last words weren't heard"
    assert idle_without_reserve(events, storm.sessions, owners(instance.log())) < 1
    return replay


async def stutter(instance, watcher, over):
    (anvil,) = instance.pids("anvil")
    while not over.is_set():
        stopped = time.monotonic()
        os.kill(anvil, signal.SIGSTOP)
        await asyncio.sleep(0.2)
        os.kill(anvil, signal.SIGCONT)
        watcher.pauses.append((stopped, time.monotonic()))
        await asyncio.sleep(0.8)


def stormy(hearth, expect_log, more=""):
    expect_log("process_limit|stop point|anvil doesn't answer")  # it is stopped, and may get no turn for a while after
    instance = hearth(users(), messages=1, config=CONFIG,
                      imap=f"{SETTINGS}\n{more}\nexecutable = {BUILD}/tests/imap-stoppable")
    # Two kinds of races. Each worker takes its time between being asked to leave and shutting its gate, and every second
    # client is of a user whose worker is about to be asked: it is sent there and finds a worker that leaves. And anvil, which
    # keeps evictions and clients apart as long as it answers, stutters: in its pauses the master asks the workers that it
    # thinks the oldest, who may have a client by now.
    order = instance.base_dir / "stop-at"
    order.write_text("leave-asked delay-80 always")
    order.chmod(0o666)
    return instance


def races(instance, storm, replay):
    late = overtaken(instance.log(), process_events(instance.log(), "imap"), storm.sessions)
    print(f"races between eviction and a client: {late} clients were late, {replay.stayed} workers stayed")
    return late + replay.stayed


def test_a_storm_of_twice_as_many_users_as_workers_drops_and_refuses_nobody(hearth, expect_log):
    instance = stormy(hearth, expect_log)
    storm = storm_of(instance, draw=Absent(LIMIT - RESERVE))
    watcher = Watcher(instance)
    storm.run(lambda over: stutter(instance, watcher, over), watcher)
    replay = check(instance, storm)
    assert watcher.contradictions(storm.sessions) == []
    assert watcher.compared > SECONDS
    assert races(instance, storm, replay) >= RACES_A_MINUTE * SECONDS / 60


def test_a_storm_with_several_clients_in_each_worker_drops_and_refuses_nobody(hearth, expect_log):
    instance = stormy(hearth, expect_log, f"client_limit = {CLIENTS_OF_A_WORKER}")
    storm = storm_of(instance, draw=Parallel(CLIENTS_OF_A_WORKER, Absent(LIMIT - RESERVE)), clients=2 * CLIENTS)
    watcher = Watcher(instance)
    storm.run(lambda over: stutter(instance, watcher, over), watcher)
    replay = check(instance, storm)
    assert watcher.most_in_a_worker() == CLIENTS_OF_A_WORKER
    assert watcher.contradictions(storm.sessions) == []
    assert watcher.compared > SECONDS
    assert races(instance, storm, replay) > 0
    assert all(worker["sessions"] == [] for worker in instance.anvil_workers())


class Destroyer:
    """Kills something of `kinds` each second, and writes down what and when."""

    def __init__(self, instance, storm, kinds, holders):
        self.instance, self.storm, self.kinds, self.holders = instance, storm, kinds, holders
        self.rng = random.Random(SEED)
        self.slowest = 0.0

    def victim(self, kind):
        names = {"worker": "imap", "zygote": "imap-zygote"}
        held = {worker["pid"] for worker in self.instance.anvil_workers() if worker.get("user") in self.holders}
        pids = [row["pid"] for row in self.instance.processes() if row["name"] == names.get(kind, kind)]
        return self.rng.choice([pid for pid in pids if pid not in held] or [None])

    def whole(self):
        """`who` shows everybody whose session is open all the while."""
        try:
            seen = {worker.get("user") for worker in self.instance.anvil_workers() if worker.get("sessions")}
        except OSError:
            return False
        return self.holders <= seen

    async def __call__(self, over):
        loop = asyncio.get_running_loop()
        while not over.is_set():
            kind = self.rng.choice(self.kinds)
            pid = await loop.run_in_executor(None, self.victim, kind)
            if pid is None:
                continue
            at = time.monotonic()
            self.storm.faults.append((at, kind, pid))
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            while not await loop.run_in_executor(None, self.whole):
                await asyncio.sleep(0.02)
            self.slowest = max(self.slowest, time.monotonic() - at)
            await asyncio.sleep(max(0.0, 1 - (time.monotonic() - at)))


@pytest.mark.parametrize("kinds", [["anvil"], ["zygote"], ["imap-login"], ["worker"], ["anvil", "zygote", "imap-login", "worker"]],
                         ids=lambda kinds: "-".join(kinds))
def test_a_storm_in_which_something_is_killed_each_second_drops_only_what_sat_on_it(hearth, expect_log, kinds):
    expect_log("process_limit|killed|signal 9|anvil|zygote|login was gone|doesn't answer|offer|in-doubt|died|before they are ready")
    instance = hearth(users() + ["holder1", "holder2"], messages=1, config=CONFIG, imap=SETTINGS)
    clients = [instance.imap(name) for name in ("holder1", "holder2")]
    instance.users = users()
    storm = storm_of(instance, SECONDS / 3)
    destroyer = Destroyer(instance, storm, kinds, {"holder1", "holder2"})
    storm.run(destroyer)
    check(instance, storm)
    print(f"{len(storm.faults)} killed; `who` was whole again after {destroyer.slowest:.2f} s at most")
    assert len(storm.faults) >= SECONDS / 3 / 3
    assert destroyer.slowest < 1
    for client in clients:
        assert client.noop()[0] == "OK"
        client.logout()
