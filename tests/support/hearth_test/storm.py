# SPDX-License-Identifier: Apache-2.0
"""A storm of short sessions of more users than there may be workers, and the checker of what came of it. Each client writes
down what happened to it and when; the master's debug log says what became of each process; the checker replays both."""

import asyncio
import collections
import json
import random
import re
import time

LINE_SECONDS = 30  # no answer for this long is a session dropped

# One life of a client's connection.
Session = collections.namedtuple("Session", "user begun logged_in ended outcome text port")


class Storm:
    """`clients` connections at once; each picks a user at random, stays for 50-500 ms, and comes again."""

    def __init__(self, port, users, password, clients, seed, seconds):
        self.port, self.users, self.password = port, users, password
        self.clients, self.seed, self.seconds = clients, seed, seconds
        self.sessions = []
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
            self.sessions.append(await self._session(rng))

    async def _session(self, rng):
        user, begun, logged_in, port = rng.choice(self.users), time.monotonic(), None, None
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
                return Session(user, begun, None, time.monotonic(), "refused", answer, port)
            logged_in = time.monotonic()
            answer = await command("SELECT INBOX")
            stay = rng.uniform(0.05, 0.5)
            while answer.startswith("OK") and time.monotonic() < logged_in + stay:
                await asyncio.sleep(min(0.05, stay))
                answer = await command("NOOP")
            if answer.startswith("OK"):
                answer = await command("LOGOUT")
            outcome = "served" if answer.startswith("OK") else "failed"
            return Session(user, begun, logged_in, time.monotonic(), outcome, answer, port)
        except (OSError, EOFError, asyncio.TimeoutError) as error:
            return Session(user, begun, logged_in, time.monotonic(), "dropped", repr(error), port)
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


def excused(session, faults):
    """A session may only be lost to a fault that fell on it: the login process while it was there, the worker after."""
    kinds = {"worker", "imap-login"} if session.logged_in is None else {"worker"}
    return any(what in kinds and session.begun <= at <= session.ended for at, what, _ in faults)
