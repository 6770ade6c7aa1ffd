# SPDX-License-Identifier: Apache-2.0
"""An anvil that lies, run by a real master in anvil's place: to every lookup it names the workers of all *other* users,
and none of the user's own; when all of them declined it gives a slot."""

import array
import os
import selectors
import signal
import socket
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from hearth_test.wire import ANVIL, ANVIL_VERSION, Reader  # noqa: E402

WORKER_REPORT, LOOKUP, NONE_TOOK, ROUTE = 1, 16, 17, 20
CANDIDATES, COLD = 1, 2


def route(lookup_id, verdict, pids=()):
    body = struct.pack(">IBBIBBII", ANVIL, ANVIL_VERSION, ROUTE, lookup_id, verdict, 1, 0, len(pids))
    return body + b"".join(struct.pack(">I", pid) for pid in pids)


class LyingAnvil:
    def __init__(self):
        names = os.environ["LISTEN_FDNAMES"].split(":")
        self.sockets = {name: socket.socket(fileno=3 + index) for index, name in enumerate(names)
                        if name in ("anvil-report", "login/anvil", "anvil-admin", "anvil-master")}
        self.users = {}
        self.selector = selectors.DefaultSelector()
        self.sockets["anvil-report"].setblocking(False)
        self.selector.register(self.sockets["anvil-report"], selectors.EVENT_READ, self.report)
        for name in ("login/anvil", "anvil-admin", "anvil-master"):
            self.sockets[name].setblocking(False)
            self.selector.register(self.sockets[name], selectors.EVENT_READ, self.accept)

    def report(self, sock):
        data, ancillary, _, _ = sock.recvmsg(262144, 256)
        pid = next((array.array("i", payload[:12])[0] for level, kind, payload in ancillary
                    if (level, kind) == (socket.SOL_SOCKET, 2)), 0)  # SCM_CREDENTIALS
        reader = Reader(data)
        _, _, kind = reader.take("IBB")
        if kind == WORKER_REPORT:
            reader.take("QI")
            reader.text()
            self.users[pid] = reader.text()

    def accept(self, sock):
        connection, _ = sock.accept()
        buffer = bytearray()
        self.selector.register(connection, selectors.EVENT_READ, lambda c: self.frames(c, buffer))

    def frames(self, connection, buffer):
        data = connection.recv(65536)
        if not data:
            self.selector.unregister(connection)
            connection.close()
            return
        buffer += data
        while len(buffer) >= 4 and len(buffer) >= 4 + (size := struct.unpack(">I", buffer[:4])[0]):
            frame = bytes(buffer[4:4 + size])
            del buffer[:4 + size]
            answer = self.answer(Reader(frame))
            if answer:
                connection.sendall(struct.pack(">I", len(answer)) + answer)

    def answer(self, reader):
        _, _, kind, number = reader.take("IBBI")
        if kind == NONE_TOOK:
            return route(number, COLD)
        if kind != LOOKUP:
            return None
        reader.text()
        user = reader.text()
        return route(number, CANDIDATES, [pid for pid, owner in self.users.items() if owner != user][:64])

    def run(self):
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notify.connect(os.environ["NOTIFY_SOCKET"])
        notify.send(b"READY=1")
        while True:
            for key, _ in self.selector.select():
                key.data(key.fileobj)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    LyingAnvil().run()
