# SPDX-License-Identifier: Apache-2.0
"""A worker that its user has broken into, run by a real master in place of `imap`.

    lying_worker.py MODE CONTROL REAL: if the file MODE says "lie" this process lies, else it becomes the real worker.

It takes the first offer as a worker should, is bound to that user by it, and from then on does what it is told over the
stream socket CONTROL, one JSON array a line, answered by one JSON value a line:

    ["identity"]          what it knows of itself: [user, generation, tag in hexadecimal]
    ["report", hex]       sends this datagram to anvil
    ["as", pid, hex]      the same, with another process's pid in its credentials
    ["notify", text]      sends this to the master
    ["squat", pid]        puts its own listener in the place of another worker's gate
    ["answer", kind]      how it answers the next offers, see ANSWERS
    ["loot"]              whom the grants in all offers so far were for, each by its user's name
"""

import json
import os
import selectors
import signal
import socket
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from hearth_test.wire import ANSWER, REPLIES, Reader, receive_with_fds, send_with_fds, text  # noqa: E402

CODES = {name: code for code, name in REPLIES.items()}
SCM_CREDENTIALS = 2


def answer(name, pid=1, reason="because"):
    return struct.pack(">IHBI", ANSWER, 1, CODES[name], pid) + text(reason)


class Grant:
    def __init__(self, record):
        reader = Reader(record)
        reader.take("IH")
        reader.text()
        self.user = reader.text().decode()
        self.uid, self.gid, groups = reader.take("III")
        reader.raw(4 * groups)
        reader.text()
        reader.text()
        for _ in range(reader.take("I")):
            reader.text()
            reader.text()
        reader.raw(16)
        self.generation, _ = reader.take("IQ")
        self.tag = reader.raw(32)


def peek(fd):
    """The grant in a descriptor without reading it, or None."""
    with socket.socket(fileno=os.dup(fd)) as sock:
        try:
            return Grant(sock.recv(65536, socket.MSG_PEEK | socket.MSG_DONTWAIT))
        except (OSError, struct.error):
            return None


class LyingWorker:
    def __init__(self, control):
        names = os.environ["LISTEN_FDNAMES"].split(":")
        self.descriptors = {name: 3 + index for index, name in enumerate(names)}
        self.shared = socket.socket(fileno=self.descriptors["login/imap"])
        self.notifier = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notifier.connect(os.environ["NOTIFY_SOCKET"])
        self.reports = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.reports.connect("anvil-report")
        self.gate_path = f"login/imap-{os.getpid()}"
        self.gate = self.listen(self.gate_path, socket.SOCK_SEQPACKET)
        self.control = self.listen(control, socket.SOCK_STREAM)
        os.chmod(control, 0o666)
        self.own = None
        self.kind, self.loot, self.kept = "honest", [], []
        self.selector = selectors.DefaultSelector()

    @staticmethod
    def listen(path, kind):
        sock = socket.socket(socket.AF_UNIX, kind)
        sock.bind(path)
        sock.listen(16)
        return sock

    def run(self):
        self.notifier.send(b"READY=1")
        os.read(self.descriptors["go"], 1)  # the master has told anvil of us
        while self.own is None:
            self.take_first()
        self.shared.close()
        self.watch(self.gate, self.offered)
        self.watch(self.control, self.asked)
        while True:
            for key, _ in self.selector.select():
                key.data(key.fileobj)

    def watch(self, sock, callback):
        self.selector.register(sock, selectors.EVENT_READ, callback)

    # -- offers -------------------------------------------------------------------------------------------------------

    def take_first(self):
        self.shared.setblocking(True)
        connection, _ = self.shared.accept()
        connection.send(answer("ACCEPTED"))
        connection.settimeout(30)
        record, fds = receive_with_fds(connection)
        self.loot.append(peek(fds[1]).user)
        with socket.socket(fileno=fds[1]) as sock:
            grant = Grant(sock.recv(65536))
        if os.geteuid() == 0:
            login_gid = os.stat("login").st_gid
            os.chmod(self.gate_path, 0o020)
            os.chown(self.gate_path, grant.uid, login_gid)
            os.setgroups([])
            os.setresgid(grant.gid, grant.gid, grant.gid)
            os.setresuid(grant.uid, grant.uid, grant.uid)
            self.gate.listen(16)  # SO_PEERCRED is the user's now
        else:
            os.chmod(self.gate_path, 0o200)
        self.own = grant
        self.notifier.send(b"HEARTH_STATE=bound")
        connection.send(answer("TAKEN", os.getpid()))
        self.serve(record, fds[0])

    def offered(self, gate):
        connection, _ = gate.accept()
        connection.settimeout(30)
        record, fds = receive_with_fds(connection)
        if len(fds) != 2:  # login looked who is here, and left
            return self.close(connection, fds)
        grant = peek(fds[1])
        self.loot.append(grant.user if grant else "nobody")
        ANSWERS[self.kind](self, connection, record, fds)

    def honest(self, connection, record, fds):
        os.read(fds[1], 65536)
        connection.send(answer("TAKEN", os.getpid()))
        os.close(fds[1])
        self.serve(record, fds[0])

    def serve(self, record, fd):
        """The shortest IMAP there is."""
        reader = Reader(record[36:])
        tag = reader.text()
        client = socket.socket(fileno=fd)
        client.setblocking(True)
        client.sendall(tag + b" OK [CAPABILITY IMAP4rev1] Mallory's own\r\n")
        self.selector.register(client, selectors.EVENT_READ, self.command)

    def command(self, client):
        try:
            line = client.recv(4096)
        except OSError:
            line = b""
        tag = line.split(b" ")[0]
        if b"LOGOUT" in line.upper():
            client.sendall(b"* BYE\r\n")
        if line:
            client.sendall(tag + b" OK\r\n")
        if not line or b"LOGOUT" in line.upper():
            self.selector.unregister(client)
            client.close()

    def say(self, connection, data, fds=()):
        try:
            send_with_fds(connection, data, fds)
        except OSError:
            pass

    def keep(self, *things):
        """Neither closed nor answered."""
        self.kept.append(things)

    def close(self, connection, fds):
        connection.close()
        for fd in fds:
            os.close(fd)

    # -- what it is told ----------------------------------------------------------------------------------------------

    def asked(self, listener):
        connection, _ = listener.accept()
        self.watch(connection, self.told)

    def told(self, connection):
        line = b""
        while not line.endswith(b"\n"):  # the asker waits for each answer: one line is all there is
            data = connection.recv(65536)
            if not data:
                self.selector.unregister(connection)
                return connection.close()
            line += data
        name, *arguments = json.loads(line)
        try:
            result = getattr(self, "do_" + name)(*arguments)
        except OSError as error:
            result = error.strerror
        connection.sendall(json.dumps(result).encode() + b"\n")

    def do_identity(self):
        return [self.own.user, self.own.generation, self.own.tag.hex()]

    def do_report(self, data):
        self.reports.send(bytes.fromhex(data))
        return "sent"

    def do_as(self, pid, data):
        credentials = struct.pack("iII", pid, os.getuid(), os.getgid())
        self.reports.sendmsg([bytes.fromhex(data)], [(socket.SOL_SOCKET, SCM_CREDENTIALS, credentials)])
        return "sent"

    def do_notify(self, words):
        self.notifier.send(words.encode())
        return "sent"

    def do_squat(self, pid):
        path = f"login/imap-{pid}"
        os.unlink(path)
        impostor = self.listen(path, socket.SOCK_SEQPACKET)
        os.chmod(path, 0o222)
        self.watch(impostor, self.offered)
        return "squatting"

    def do_answer(self, kind):
        self.kind = kind
        return kind

    def do_loot(self):
        return self.loot


ANSWERS = {
    "honest": LyingWorker.honest,
    "nothing": lambda self, connection, record, fds: self.keep(connection, fds),
    "close": lambda self, connection, record, fds: self.close(connection, fds),
    "garbage": lambda self, connection, record, fds: (self.say(connection, os.urandom(40)), self.close(connection, fds)),
    "huge": lambda self, connection, record, fds: (self.say(connection, bytes(100_000)), self.close(connection, fds)),
    "taken, grant unread": lambda self, connection, record, fds: (
        self.say(connection, answer("TAKEN")), self.close(connection, fds)),
    "taken twice": lambda self, connection, record, fds: (
        self.say(connection, answer("TAKEN")), self.say(connection, answer("TAKEN")), self.close(connection, fds)),
    "taken with descriptors": lambda self, connection, record, fds: (
        self.say(connection, answer("TAKEN"), [0, 1]), self.close(connection, fds)),
    "busy, grant read": lambda self, connection, record, fds: (
        os.read(fds[1], 65536), self.say(connection, answer("BUSY")), self.close(connection, fds)),
    "wrong user": lambda self, connection, record, fds: (
        self.say(connection, answer("WRONG-USER")), self.close(connection, fds)),
    "accepted for ever": lambda self, connection, record, fds: (
        [self.say(connection, answer("ACCEPTED")) for _ in range(5)], self.keep(connection, fds)),
    "grant read, nothing said": lambda self, connection, record, fds: (os.read(fds[1], 65536), self.keep(connection, fds)),
}


def main():
    mode, control, real = sys.argv[1:4]
    with open(mode) as file:
        lies = file.read().strip() == "lie"
    if not lies:
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # what Python changed
        os.execve(real, ["hearth/imap"], dict(os.environ))
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    for number in range(4):  # leave, roll, kick, retire: heard and not obeyed
        signal.signal(signal.SIGRTMIN + number, lambda *_: None)
    LyingWorker(control).run()


if __name__ == "__main__":
    main()
