# SPDX-License-Identifier: Apache-2.0
"""What a cold start costs, forked from a zygote and exec'd, in one run: from the master's decision to READY, from a client's
connect to the answer of its first SELECT, and what an idle worker holds with its mailbox open. The two take turns, so
that a drifting machine hits both alike; figures are medians (of memory: means)."""

import argparse
import contextlib
import json
import os
import pathlib
import re
import socket
import statistics
import sys
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
    """Every user once: microseconds from connect to the answer of SELECT, and from the decision to READY."""
    select, start = [], []
    for user in instance.users:
        began = time.perf_counter()
        client = Client(instance, user)
        client.ask("b SELECT INBOX")
        select.append((time.perf_counter() - began) * 1e6)
        start.append(imap_service(instance)["start_us"])
        client.leave()
    return select, start


def cpu_us(instance):
    """User and system time of all of the instance's processes that live, and of the dead that were waited for."""
    ticks = 0
    for pid in [instance.process.pid, *(row["pid"] for row in master_answer(instance, "process-status"))]:
        with contextlib.suppress(OSError):
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15] if pid == instance.process.pid else fields[11:13]))
    return ticks * 1e6 / os.sysconf("SC_CLK_TCK")


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
    """Workers that nobody has used yet."""
    return mean_memory([row["pid"] for row in master_answer(instance, "process-status") if row["name"] == "imap" and row["state"] == "unbound"])


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
            made = instances.Instance(users, options.messages, imap=f"process_limit = {4 * options.users}")
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
                before = cpu_us(instance)
                clicks, starts = cold_clicks(instance)
                cpu[mode].append((cpu_us(instance) - before) / options.users)
                select[mode] += clicks
                start[mode] += starts
        for mode, instance in running.items():
            idle = mean_memory(settled(instance))
            figures[mode] = {"ready_us": statistics.median(start[mode]), "select_us": statistics.median(select[mode]),
                             "cpu_us": statistics.median(cpu[mode]),
                             **{f"idle_{name.lower()}_kib": value for name, value in idle.items()}}
            instance.stop()
            instances.WORKER_START = mode
            instance.write_config(imap=f"process_min_avail = {options.users}\nprocess_limit = {4 * options.users}")
            instance.start = instance.start_mode
            instance.start()
            figures[mode] |= {f"bare_{name.lower()}_kib": value for name, value in bare(instance).items()}
    for figure in figures.values():
        for kind in ("idle", "bare"):
            figure[f"{kind}_kib"] = figure[f"{kind}_uss_kib"] + figure[f"{kind}_pte_kib"] + KIB_OF_A_STACK

    print(f"{options.messages} messages, {options.users} users, {options.rounds} rounds\n")
    print("|                                                    |      fork |      exec | exec / fork |")
    print("|----------------------------------------------------|----------:|----------:|------------:|")
    for key, name in (("ready_us", "decision to READY, us"), ("select_us", "connect to the answer of SELECT, us"),
                      ("cpu_us", "server CPU of that session, us"),
                      ("idle_kib", "idle, mailbox open: USS + page tables + stack, KiB"), ("idle_uss_kib", "  USS"), ("idle_pss_kib", "  PSS"),
                      ("bare_kib", "unbound: USS + page tables + stack, KiB"), ("bare_uss_kib", "  USS"), ("bare_pss_kib", "  PSS")):
        fork, exec_ = figures["fork"][key], figures["exec"][key]
        print(f"| {name:<50} | {fork:9.0f} | {exec_:9.0f} | {exec_ / fork:11.1f} |")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
