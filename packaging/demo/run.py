# SPDX-License-Identifier: Apache-2.0
"""`make run`: a private Hearth with demo users and mail; cold clicks against warm ones; `who`; how to connect.

Stops by itself when ONCE=1 is set or nobody sits at a terminal, else on Ctrl-C.
"""

import argparse
import os
import pathlib
import signal
import statistics
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))

USERS = ("alice", "bob", "carol")
MESSAGES = 300
CLICKS = 20
FIRST_PORT = 10143


def first_free_port():
    import socket
    for port in range(FIRST_PORT, FIRST_PORT + 200):
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise SystemExit(f"no free port from {FIRST_PORT} on")


def measure(instance, user, clicks):
    """Milliseconds of each click, from connect to the last byte, one after the other."""
    times = []
    for _ in range(clicks):
        begin = time.perf_counter()
        count, _ = instance.click(user)
        times.append((time.perf_counter() - begin) * 1000)
        assert count == MESSAGES, f"INBOX has {count} messages, not {MESSAGES}"
    return times


def burst(instance, user, width):
    """`width` clicks at the same moment, as a webmail's page with several panes makes them."""
    barrier, times = threading.Barrier(width), []

    def one():
        barrier.wait()
        begin = time.perf_counter()
        instance.click(user)
        times.append((time.perf_counter() - begin) * 1000)

    threads = [threading.Thread(target=one) for _ in range(width)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def row(name, times, workers):
    return (f"  {name:<34} {statistics.median(times):7.2f} {min(times):7.2f} {max(times):7.2f}   {workers}")


def plot(cold, warm):
    """A bar a click; both rows in one scale."""
    largest = max(cold + warm)
    blocks = " ▁▂▃▄▅▆▇█"

    def bars(times):
        return "".join(blocks[max(1, round(t / largest * 8))] for t in times)

    print(f"\n  cold {bars(cold)}  {largest:.1f} ms is the full height")
    print(f"  warm {bars(warm)}  the first one found no worker yet")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    options = parser.parse_args()
    os.environ["HEARTH_BUILD"] = str(pathlib.Path(options.build).resolve())
    from hearth_test.instance import Instance, IS_ROOT

    once = os.environ.get("ONCE") == "1" or not (sys.stdin.isatty() and sys.stdout.isatty())
    print(f"Hearth, {'managed (a uid per user)' if IS_ROOT else 'private (one uid for all: no walls between users)'}. "
          f"{len(USERS)} users with {MESSAGES} messages each; a click is connect, LOGIN, SELECT, FETCH 1:20, LOGOUT.\n")

    # Cold: the same server and mail with service_count = 1, a process for each session.
    with Instance(USERS, MESSAGES, imap="service_count = 1") as instance:
        cold = measure(instance, "alice", CLICKS)
    instance = Instance(USERS, MESSAGES, port=first_free_port())
    try:
        instance.start()
        warm = measure(instance, "alice", CLICKS + 1)
        served = {worker["pid"]: worker["served"] for worker in instance.who()}
        parallel = burst(instance, "bob", 4)
        again = measure(instance, "bob", 4)

        print(f"  {'milliseconds':<34} {'median':>7} {'min':>7} {'max':>7}   workers")
        print(row(f"{CLICKS} clicks, a process per session", cold, f"{CLICKS}"))
        print(row(f"{CLICKS} clicks, warm", warm[1:], f"{len(served)} (pid {', '.join(map(str, served))})"))
        print(row("4 clicks of bob at once", parallel, f"{sum(w['user'] == 'bob' for w in instance.who())}"))
        print(row("4 more, one after the other", again, "of those"))
        plot(cold, warm)
        print(f"\n  a cold click takes {statistics.median(cold) / statistics.median(warm[1:]):.1f} times as long as a warm one\n")
        print("$ hearth who -v")
        print(instance.hearth("who", "-v").stdout)
        print(f"""Connect with any IMAP client:
    host 127.0.0.1, port {instance.port}, no TLS; user {', '.join(USERS)}; password {instance.password}
    curl imap://127.0.0.1:{instance.port}/INBOX -u alice:{instance.password} -X 'FETCH 1:3 (ENVELOPE)'
    {os.environ['HEARTH_BUILD']}/bin/hearth who -v -c {instance.config_file}
    log: {instance.log_file}""", flush=True)
        if not once:
            print("\nCtrl-C ends it.", flush=True)
            signal.sigwait({signal.SIGINT, signal.SIGTERM})
    finally:
        instance.stop()
        instance.remove()


if __name__ == "__main__":
    main()
