# SPDX-License-Identifier: Apache-2.0
"""A storm of short sessions of more users than there may be workers, and the checker of what came of it. Each client writes
down what happened to it and when; the master's debug log says what became of each process; the checker replays both."""

import asyncio
import bisect
import collections
import json
import random
import re
import time

LINE_SECONDS = 30  # no answer for this long is a session dropped

# One life of a client's connection.
Session = collections.namedtuple("Session", "user begun logged_in leaves ended outcome text port")


class Anybody:
    """The next client is anybody's."""

    def __call__(self, storm, rng):
        return rng.choice(storm.users)


class Absent:
    """Every second client is of the user who would be the next to be evicted by now, if `room` workers may live and all have
    one user's turn: just when the master asks her worker to leave, she comes back."""

    def __init__(self, room):
        self.room = room

    def __call__(self, storm, rng):
        idle = [user for user in storm.last_seen if not storm.open[user]]  # longest absent first
        warm = self.room - sum(1 for count in storm.open.values() if count)
        at = len(idle) - warm + rng.randint(-1, 1)
        return idle[at] if rng.random() < 0.6 and 0 <= at < len(idle) else rng.choice(storm.users)


class Parallel:
    """Every second client is one more of a user who has some already, up to `most`; else it is as `otherwise` says."""

    def __init__(self, most, otherwise):
        self.most, self.otherwise = most, otherwise

    def __call__(self, storm, rng):
        present = [user for user, count in storm.open.items() if 0 < count < self.most]
        return rng.choice(present) if present and rng.random() < 0.5 else self.otherwise(storm, rng)


class Storm:
    """`clients` connections at once; each is of the user that `draw` says, stays for 50-500 ms, and comes again."""

    def __init__(self, port, users, password, clients, seed, seconds, draw=Anybody()):
        self.port, self.users, self.password = port, users, password
        self.clients, self.seed, self.seconds, self.draw = clients, seed, seconds, draw
        self.sessions = []
        self.open = collections.Counter()  # connections of each user, from before the first byte until after the last
        self.last_seen = {}  # users in the order in which they were last here
        self.faults = []  # what the one who drives us did, and when: (time, what, pid)

    def run(self, *others):
        """Until the time is over; `others` are coroutine functions that run beside, given an Event that ends them."""
        asyncio.run(self._run(others))

    async def _run(self, others):
        over = asyncio.Event()
        beside = [asyncio.create_task(other(over)) for other in others]
        deadline = time.monotonic() + self.seconds
        await asyncio.gather(*(self._client(random.Random(f"{self.seed} {number}"), deadline)
                               for number in range(self.clients)))
        over.set()
        await asyncio.gather(*beside)

    async def _client(self, rng, deadline):
        while time.monotonic() < deadline:
            user = self.draw(self, rng)
            self.open[user] += 1
            self.sessions.append(await self._session(user, rng))
            self.open[user] -= 1
            self.last_seen.pop(user, None)
            self.last_seen[user] = time.monotonic()

    async def _session(self, user, rng):
        begun, logged_in, leaves, port = time.monotonic(), None, None, None
        writer = None
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            port = writer.get_extra_info("sockname")[1]
            await self._line(reader)

            async def command(text):
                writer.write(b"a " + text.encode() + b"\r\n")
                while True:
                    line = await self._line(reader)
                    if line.startswith(b"a "):
                        return line[2:].decode(errors="replace").strip()

            answer = await command(f"LOGIN {user} {self.password}")
            if not answer.startswith("OK"):
                return Session(user, begun, None, None, time.monotonic(), "refused", answer, port)
            logged_in = time.monotonic()
            answer = await command("SELECT INBOX")
            stay = rng.uniform(0.05, 0.5)
            while answer.startswith("OK") and time.monotonic() < logged_in + stay:
                await asyncio.sleep(min(0.05, stay))
                answer = await command("NOOP")
            if answer.startswith("OK"):
                leaves = time.monotonic()
                answer = await command("LOGOUT")
            outcome = "served" if answer.startswith("OK") else "failed"
            return Session(user, begun, logged_in, leaves, time.monotonic(), outcome, answer, port)
        except (OSError, EOFError, asyncio.TimeoutError) as error:
            return Session(user, begun, logged_in, leaves, time.monotonic(), "dropped", repr(error), port)
        finally:
            if writer:
                writer.close()

    @staticmethod
    async def _line(reader):
        line = await asyncio.wait_for(reader.readline(), LINE_SECONDS)
        if not line.endswith(b"\n"):
            raise EOFError(line)
        return line

    def summary(self):
        return dict(collections.Counter(session.outcome for session in self.sessions))


PROCESS = re.compile(r"service\((?P<service>[^)]*)\): (?P<pid>\d+) (?P<word>started|ready|bound|leaving|staying|gone)"
                     r"(?: \((?P<why>[^)]*)\))? at (?P<at>\d+\.\d+)")


def process_events(log, service):
    """(time, word, pid, why) of a service's processes, as the master saw them, in its order."""
    return [(float(m["at"]), m["word"], int(m["pid"]), m["why"] or "")
            for m in map(PROCESS.search, log.splitlines()) if m and m["service"] == service]


class Replay:
    """What the master did, event by event: how many lived at most, and how long there was less room than the reserve."""

    def __init__(self, events, limit, reserve):
        self.peak = 0
        self.longest_without_reserve = 0.0
        self.reasons = collections.Counter()
        self.stayed = 0
        state, since = {}, None
        for at, word, pid, why in events:
            if word == "started":
                state[pid] = "free"
            elif word == "bound" and pid in state:
                state[pid] = "bound"
            elif word == "leaving" and pid in state:
                state[pid] = "leaving"
            elif word == "gone":
                self.reasons[why] += 1
                state.pop(pid, None)
            elif word == "staying":
                self.stayed += 1
            self.peak = max(self.peak, len(state))
            room = limit - sum(1 for one in state.values() if one == "bound")
            if room >= reserve:
                since = None
            elif since is None:
                since = at
            else:
                self.longest_without_reserve = max(self.longest_without_reserve, at - since)


class Watcher:
    """Asks anvil who is there, again and again while a storm goes on; contradictions() compares it with the clients' word.
    `pauses`, when somebody stopped anvil: (from, until). What it says then, and for a moment after, isn't compared."""

    late = 0.25  # reports wait in a queue that may be as short as ten: so long after the client a session may come and go

    def __init__(self, instance):
        self.instance = instance
        self.samples = []  # (asked, answered, workers)
        self.pauses = []
        self.compared = 0  # how many sessions contradictions() found where they had to be

    async def __call__(self, over):
        loop = asyncio.get_running_loop()
        while not over.is_set():
            asked = time.monotonic()
            workers = await loop.run_in_executor(None, self.instance.anvil_workers)
            self.samples.append((asked, time.monotonic(), workers))
            await asyncio.sleep(0.1)

    def most_in_a_worker(self):
        return max(len(worker["sessions"]) for _, _, workers in self.samples for worker in workers)

    def contradictions(self, sessions):
        """Who was shown with fewer sessions than she had all the while, or with more than can have been."""
        found = []
        sessions = sorted(sessions, key=lambda one: one.begun)
        begun = [one.begun for one in sessions]
        longest = max(one.ended - one.begun for one in sessions) + self.late
        for asked, answered, workers in self.samples:
            if any(stopped < answered and asked < resumed + self.late for stopped, resumed in self.pauses):
                continue
            shown, least, most = collections.Counter(), collections.Counter(), collections.Counter()
            for worker in workers:
                shown[worker["user"]] += len(worker["sessions"])
            for one in sessions[bisect.bisect(begun, asked - longest):bisect.bisect(begun, answered)]:
                if one.ended + self.late > asked:
                    most[one.user] += 1
                    least[one.user] += bool(one.logged_in and one.leaves and
                                            one.logged_in + self.late < asked and answered < one.leaves)
            self.compared += least.total()
            found += [(asked, user, shown[user], least[user], most[user]) for user in shown | most
                      if not least[user] <= shown[user] <= most[user]]
        return found


def excused(session, faults):
    """A session may only be lost to a fault that fell on it: the login process while it was there, the worker after."""
    kinds = {"worker", "imap-login"} if session.logged_in is None else {"worker"}
    return any(what in kinds and session.begun <= at <= session.ended for at, what, _ in faults)


LOGIN = re.compile(r"Login: user=<(?P<user>[^>]*)>.* mpid=(?P<pid>\d+),.* reuse=(?P<reuse>\S+)")


def owners(log):
    """{pid: user} of all workers that somebody was logged in to."""
    return {int(m["pid"]): m["user"] for m in map(LOGIN.search, log.splitlines()) if m}


def overtaken(log, events, sessions):
    """How many clients were sent to their user's idle worker while it was being asked to leave, and found it leaving: those
    of whom login says so, and whose user's worker was evicted between their connecting and their login."""
    logins = [m for m in map(LOGIN.search, log.splitlines()) if m]
    owner = owners(log)
    evicted = collections.defaultdict(list)
    for at, word, pid, why in events:
        if word == "leaving" and why == "evicted":
            evicted[owner.get(pid)].append(at)
    said = collections.Counter(m["user"] for m in logins if m["reuse"] == "cold(raced)")
    seen = collections.Counter(session.user for session in sessions if session.logged_in and any(
        session.begun < at < session.logged_in for at in evicted[session.user]))
    return sum((said & seen).values())
