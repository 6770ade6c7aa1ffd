# SPDX-License-Identifier: Apache-2.0
"""A storm at the limit: twice as many users as there may be workers, at random, sessions of 50 to 500 ms. What became of
each client, and of each process as the master saw it, is written down and replayed: nobody is dropped, nobody refused while a
worker is idle, the limit is never passed, and room is made again within a second. HEARTH_STORM_SECONDS=600 is the long run."""

import asyncio
import os
import random
import signal
import time

import pytest

from hearth_test.instance import BUILD
from hearth_test.storm import Absent, Anybody, Replay, Storm, excused, overtaken, process_events

SECONDS = float(os.environ.get("HEARTH_STORM_SECONDS", 30))
SEED = int(os.environ.get("HEARTH_SEED", 0)) or random.SystemRandom().getrandbits(32)
LIMIT, RESERVE, CLIENTS = 20, 2, 16
SETTINGS = f"process_limit = {LIMIT}\nprocess_limit_reserve = {RESERVE}"
CONFIG = "mail_max_userip_connections = 0\nmail_debug = yes"
RACES_A_MINUTE = 100


def storm_of(instance, seconds=SECONDS, draw=Anybody(), clients=CLIENTS):
    print(f"seed {SEED}, {seconds:.0f} s")
    return Storm(instance.port, instance.users, instance.password, clients, SEED, seconds, draw)


def users():
    return [f"user{number:02}" for number in range(2 * LIMIT)]


def idle_without_reserve(events, sessions):
    """The longest time in which there was less room than the reserve although some worker was idle all the while."""
    moments = sorted([(at, word, pid) for at, word, pid, _ in events] +
                     [(s.begun, "busy", 0) for s in sessions] + [(s.ended + 0.05, "free", 0) for s in sessions])
    state, busy, since, longest = {}, 0, None, 0.0
    for at, word, pid in moments:
        busy += (word == "busy") - (word == "free")
        if word == "started":
            state[pid] = "free"
        elif word in ("bound", "leaving") and pid in state:
            state[pid] = word
        elif word == "gone":
            state.pop(pid, None)
        bound = sum(1 for one in state.values() if one == "bound")
        if LIMIT - bound >= RESERVE or bound <= busy:
            since = None
        elif since is None:
            since = at
        else:
            longest = max(longest, at - since)
    return longest


def check(instance, storm):
    events = process_events(instance.log(), "imap")
    replay = Replay(events, LIMIT, RESERVE)
    print(storm.summary(), dict(replay.reasons), f"peak {replay.peak}, {replay.stayed} asked to leave and stayed")
    lost = [one for one in storm.sessions if one.outcome != "served" and not excused(one, storm.faults)]
    assert not lost, lost[:5]
    assert len(storm.sessions) > 20 * CLIENTS
    assert replay.peak <= LIMIT
    assert replay.reasons["eviction"] > 0
    assert storm.faults or not replay.reasons["other"], "somebody's last words weren't heard"
    assert idle_without_reserve(events, storm.sessions) < 1
    return replay


async def stutter(instance, over):
    (anvil,) = instance.pids("anvil")
    while not over.is_set():
        for sign, seconds in ((signal.SIGSTOP, 0.2), (signal.SIGCONT, 0.8)):
            os.kill(anvil, sign)
            await asyncio.sleep(seconds)


def test_a_storm_of_twice_as_many_users_as_workers_drops_and_refuses_nobody(hearth, expect_log):
    expect_log("process_limit|stop point")
    instance = hearth(users(), messages=1, config=CONFIG,
                      imap=f"{SETTINGS}\nexecutable = {BUILD}/tests/imap-stoppable")
    # Two kinds of races. Each worker takes its time between being asked to leave and shutting its gate, and every second
    # client is of a user whose worker is about to be asked: it is sent there and finds a worker that leaves. And anvil, which
    # keeps evictions and clients apart as long as it answers, stutters: in its pauses the master asks the workers that it
    # thinks the oldest, who may have a client by now.
    order = instance.base_dir / "stop-at"
    order.write_text("leave-asked delay-80 always")
    order.chmod(0o666)
    storm = storm_of(instance, draw=Absent(LIMIT - RESERVE))
    storm.run(lambda over: stutter(instance, over))
    replay = check(instance, storm)
    late = overtaken(instance.log(), process_events(instance.log(), "imap"), storm.sessions)
    print(f"races between eviction and a client: {late} clients were late, {replay.stayed} workers stayed")
    assert late + replay.stayed >= RACES_A_MINUTE * SECONDS / 60


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
    expect_log("process_limit|killed|signal 9|anvil|zygote|login was gone|doesn't answer|offer|in-doubt|died")
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
