# SPDX-License-Identifier: Apache-2.0
"""What a cold start costs, forked from a zygote and exec'd, in one run: from the master's decision to READY, from a client's
connect to the answer of its first SELECT, and what an idle worker holds with its mailbox open. The two take turns, so
that a drifting machine hits both alike. The run directory lies in memory where that can be, as /run does: a worker makes
its listener's name there. Times are medians, and the lowest decile: on a machine that others use, too,
the latter says what the work itself takes. Memory: means."""

import argparse
import contextlib
import json
import os
import pathlib
import re
import socket
import statistics
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/support"))
KIB_OF_A_STACK = 16  # of a kernel thread, each process has one


def master_answer(instance, command):
    """Asks the master itself: a process for each question would be in the way of what is measured."""
    with socket.socket(socket.AF_UNIX) as sock, sock.makefile("rw") as file:
        sock.connect(str(instance.base_dir / "master"))
        file.write(json.dumps({"cmd": command}) + "\n")
        file.flush()
        rows = []
        while (row := json.loads(file.readline())) != {"end": True}:
            rows.append(row)
        return rows


def in_memory(stack, instance, imap):
    """Its run directory in memory."""
    if pathlib.Path("/dev/shm").is_dir():
        directory = tempfile.TemporaryDirectory(dir="/dev/shm", prefix="hearth-")
        os.chmod(directory.name, 0o755)
        stack.enter_context(directory)
        instance.base_dir = pathlib.Path(directory.name) / "run"
    instance.write_config(imap=imap)
    return instance


def imap_service(instance):
    return next(row for row in master_answer(instance, "service-status") if row["name"] == "imap")


class Client:
    def __init__(self, instance, user):
        self.sock = socket.create_connection(("127.0.0.1", instance.port), timeout=30)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.sock.makefile("rb")
        self.line()
        self.ask(f"a LOGIN {user} {instance.password}")

    def line(self):
        line = self.file.readline()
        if not line:
            raise RuntimeError("the server closed the connection")
        return line

    def ask(self, command):
        self.sock.sendall(command.encode() + b"\r\n")
        tag = command.split()[0].encode() + b" "
        while not (line := self.line()).startswith(tag):
            pass
        if b" OK" not in line:
            raise RuntimeError(line.decode())

    def leave(self):
        self.ask("z LOGOUT")
        self.file.close()
        self.sock.close()


def no_workers(instance):
    """Idle workers leave with the configuration that they were started with."""
    instance.hearth("reload")
    instance.wait_for("the old workers to leave", lambda: not any(row["name"] == "imap" for row in master_answer(instance, "process-status")))
    instance.wait_for("the new zygote", lambda: instance.start != "fork" or any(
        row["state"] == "zygote" for row in master_answer(instance, "process-status")))


def cold_clicks(instance):
    """Every user once, in microseconds: from connect to the answer of SELECT, of that the worker's CPU time, and from the
    decision to READY."""
    select, cpu, start = [], [], []
    for user in instance.users:
        began = time.perf_counter()
        client = Client(instance, user)
        client.ask("b SELECT INBOX")
        select.append((time.perf_counter() - began) * 1e6)
        start.append(imap_service(instance)["start_us"])
        (pid,) = [row["pid"] for row in instance.anvil_workers() if row["user"] == user]
        cpu.append(cpu_us(pid))
        client.leave()
    return select, cpu, start


def cpu_us(pid):
    """What the scheduler has given to it so far, since its fork; finer than the ticks of times(2)."""
    return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1000


def memory(pid):
    rollup = dict(re.findall(r"^(\w+): +(\d+) kB", pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M))
    status = dict(re.findall(r"^(\w+):\s+(\d+) kB", pathlib.Path(f"/proc/{pid}/status").read_text(), re.M))
    return {"USS": int(rollup["Private_Clean"]) + int(rollup["Private_Dirty"]), "PSS": int(rollup["Pss"]), "PTE": int(status["VmPTE"])}


def mean_memory(pids):
    all_of_them = [memory(pid) for pid in pids]
    return {name: statistics.mean(one[name] for one in all_of_them) for name in ("USS", "PSS", "PTE")}


def settled(instance, command="process-status"):
    pids = [row["pid"] for row in master_answer(instance, command) if row["name"] == "imap"]
    time.sleep(1)  # an idle worker gives its memory back after half a second
    return pids


def bare(instance):
    """Workers that nobody has used yet: what they hold, and the CPU time until they were ready, a zygote's share included."""
    rows = master_answer(instance, "process-status")
    pids = [row["pid"] for row in rows if row["name"] == "imap" and row["state"] == "unbound"]
    cpu = statistics.mean(map(cpu_us, pids))
    return mean_memory(pids), cpu, [row["pid"] for row in rows if row["state"] == "zygote"]


def forking_cpu(instance, zygotes):
    """A zygote's CPU time for one start: the old workers leave, and it makes as many."""
    if not zygotes:
        return 0
    before = cpu_us(zygotes[0])
    pids = instance.pids("imap")
    for pid in pids:
        os.kill(pid, 15)
    instance.wait_for("other workers", lambda: len(now := [row["pid"] for row in master_answer(instance, "process-status") if row["name"] == "imap"
                                                   and row["state"] == "unbound"]) == len(pids) and not set(now) & set(pids))
    return (cpu_us(zygotes[0]) - before) / len(pids)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build", type=pathlib.Path)
    parser.add_argument("--users", default=40, type=int)
    parser.add_argument("--messages", default=1000, type=int)
    parser.add_argument("--rounds", default=5, type=int)
    parser.add_argument("--json", type=pathlib.Path, help="write the figures there too")
    options = parser.parse_args()
    os.environ["HEARTH_BUILD"] = str(options.build.resolve())
    from hearth_test import instance as instances

    users = [f"user{number:03}" for number in range(options.users)]
    modes = ("fork", "exec")
    figures = {}
    with contextlib.ExitStack() as stack:
        running = {}
        for mode in modes:
            instances.WORKER_START = mode
            made = in_memory(stack, instances.Instance(users, options.messages), f"process_limit = {4 * options.users}")
            made.start_mode = made.start
            stack.callback(made.remove)
            stack.callback(made.stop)
            made.start()
            made.start = mode
            running[mode] = made
            cold_clicks(made)  # makes the indexes
        select, start, cpu = ({mode: [] for mode in modes} for _ in range(3))
        for _ in range(options.rounds):
            for mode, instance in running.items():
                no_workers(instance)
                for figure, values in zip((select[mode], cpu[mode], start[mode]), cold_clicks(instance)):
                    figure += values
        for mode, instance in running.items():
            idle = mean_memory(settled(instance))
            figures[mode] = {"ready_us": statistics.median(start[mode]), "select_us": statistics.median(select[mode]),
                             "ready_low_us": statistics.quantiles(start[mode], n=10)[0],
                             "select_low_us": statistics.quantiles(select[mode], n=10)[0],
                             "select_cpu_us": statistics.median(cpu[mode]),
                             **{f"idle_{name.lower()}_kib": value for name, value in idle.items()}}
            instance.stop()
            instances.WORKER_START = mode
            instance.write_config(imap=f"process_min_avail = {options.users}\nprocess_limit = {4 * options.users}")
            instance.start = instance.start_mode
            instance.start()
            held, cpu_ready, zygotes = bare(instance)
            figures[mode] |= {f"bare_{name.lower()}_kib": value for name, value in held.items()}
            figures[mode]["ready_cpu_us"] = cpu_ready + forking_cpu(instance, zygotes)
    for figure in figures.values():
        for kind in ("idle", "bare"):
            figure[f"{kind}_kib"] = figure[f"{kind}_uss_kib"] + figure[f"{kind}_pte_kib"] + KIB_OF_A_STACK

    print(f"{options.messages} messages, {options.users} users, {options.rounds} rounds\n")
    print("|                                                    |      fork |      exec | exec / fork |")
    print("|----------------------------------------------------|----------:|----------:|------------:|")
    for key, name in (("ready_us", "decision to READY, us"), ("ready_low_us", "  lowest decile"),
                      ("select_us", "connect to the answer of SELECT, us"), ("select_low_us", "  lowest decile"),
                      ("ready_cpu_us", "CPU of worker (and zygote) to READY, us"),
                      ("select_cpu_us", "CPU of the worker to that answer, us"),
                      ("idle_kib", "idle, mailbox open: USS + page tables + stack, KiB"), ("idle_uss_kib", "  USS"), ("idle_pss_kib", "  PSS"),
                      ("bare_kib", "unbound: USS + page tables + stack, KiB"), ("bare_uss_kib", "  USS"), ("bare_pss_kib", "  PSS")):
        fork, exec_ = figures["fork"][key], figures["exec"][key]
        print(f"| {name:<50} | {fork:9.0f} | {exec_:9.0f} | {exec_ / fork:11.1f} |")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
