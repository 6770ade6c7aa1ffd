# SPDX-License-Identifier: Apache-2.0
"""The protocols of lib/protocol, written down a second time, so that tests can play any of the peers, also a lying one."""

import array
import contextlib
import hashlib
import hmac
import os
import select
import socket
import struct

SECONDS = 30

GRANT, OFFER, ANSWER, ANVIL, AUTH = 0x48475254, 0x484F4652, 0x484F414E, 0x48414E56, 0x48415554
ANVIL_VERSION = 2
REPLIES = {1: "ACCEPTED", 2: "TAKEN", 3: "BUSY", 4: "LEAVING", 5: "OLD-GENERATION", 6: "MALFORMED", 7: "NO-GRANT",
           8: "WRONG-USER", 9: "STALE", 10: "CANNOT"}


def text(value):
    value = value if isinstance(value, bytes) else value.encode()
    return struct.pack(">H", len(value)) + value


def blob(value):
    return struct.pack(">I", len(value)) + value


class Reader:
    def __init__(self, data):
        self.data = data

    def take(self, fmt):
        size = struct.calcsize(">" + fmt)
        values = struct.unpack(">" + fmt, self.data[:size])
        self.data = self.data[size:]
        return values[0] if len(values) == 1 else values

    def raw(self, size):
        value, self.data = self.data[:size], self.data[size:]
        return value

    def text(self):
        return self.raw(self.take("H"))


# -- descriptors ------------------------------------------------------------------------------------------------------

def send_with_fds(sock, data, fds=()):
    ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
    return sock.sendmsg([data], ancillary)


def receive_with_fds(sock, size=262144):
    data, ancillary, _, _ = sock.recvmsg(size, socket.CMSG_SPACE(8 * 4))
    fds = []
    for level, kind, payload in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            numbers = array.array("i")
            numbers.frombytes(payload[:len(payload) - len(payload) % 4])
            fds += numbers
    return data, fds


def readable(sock, seconds):
    return bool(select.select([sock], [], [], seconds)[0])


class Frames:
    """A framed stream (lib/net/frame_stream.hpp)."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(SECONDS)
        self.sock.connect(str(path))
        self.data, self.fds = b"", []

    def send(self, payload):
        self.sock.sendall(struct.pack(">I", len(payload)) + payload)

    def receive(self):
        """(payload, fd or None); EOFError when the peer hung up."""
        while True:
            if len(self.data) >= 4:
                word = struct.unpack(">I", self.data[:4])[0]
                size = word & 0x7FFFFFFF
                if len(self.data) >= 4 + size:
                    payload, self.data = self.data[4:4 + size], self.data[4 + size:]
                    return payload, self.fds.pop(0) if word & 0x80000000 else None
            data, fds = receive_with_fds(self.sock, 65536)
            if not data:
                raise EOFError
            self.data += data
            self.fds += fds

    def close(self):
        self.sock.close()


# -- auth -------------------------------------------------------------------------------------------------------------

class Success:
    def __init__(self, reader, fd):
        self.user = reader.text().decode()
        self.uid = reader.take("I")
        self.identity = reader.raw(16)
        self.session = reader.raw(16)
        self.generation = reader.take("I")
        self.grant = fd


class Auth(Frames):
    """Login's side of the conversation with auth."""

    def __init__(self, base_dir):
        super().__init__(base_dir / "login/auth")
        self.next_id = 0

    def begin(self, user, password, service="imap", mechanism="PLAIN"):
        self.next_id += 1
        initial = b"\0" + user.encode() + b"\0" + password.encode()
        self.send(struct.pack(">IBBI", AUTH, 1, 1, self.next_id) + text(service) + text(mechanism) + text("127.0.0.1") +
                  text("127.0.0.1") + struct.pack(">HHBB", 4000, 143, 1, 1) + text(initial))
        return self.next_id

    def answer(self):
        """("succeeded", Success), ("granted", fd) or ("failed", code)."""
        payload, fd = self.receive()
        reader = Reader(payload)
        magic, version, kind, _ = reader.take("IBBI")
        assert (magic, version) == (AUTH, 1)
        if kind == 18:
            return "succeeded", Success(reader, fd)
        if kind == 19:
            return "granted", fd
        return ("failed", reader.take("B")) if kind == 17 else ("challenge", reader.text())

    def login(self, user, password, service="imap"):
        self.begin(user, password, service)
        kind, success = self.answer()
        assert kind == "succeeded", (kind, success)
        return success

    def done(self):
        """Ends the latest authentication: login says so when its handover is over."""
        self.send(struct.pack(">IBBI", AUTH, 1, 3, self.next_id))

    def regrant(self, request_id):
        self.send(struct.pack(">IBBI", AUTH, 1, 4, request_id))
        return self.answer()


# -- offers -----------------------------------------------------------------------------------------------------------

def offer_record(session, generation=0, shared=False, tag="a1", pipelined=b"", head=None):
    opaque = text(tag) + text("127.0.0.1") + text("127.0.0.1") + struct.pack(">HH", 4000, 143) + blob(pipelined)
    return (head or struct.pack(">IHH", OFFER, 1, 36)) + session + struct.pack(">III", generation, int(shared), len(opaque)) + opaque


class OfferConnection:
    """One offer to a gate or a shared listener."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.sock.settimeout(SECONDS)
        self.sock.connect(str(path))

    def offer(self, record, fds):
        send_with_fds(self.sock, record, fds)

    def answer(self):
        """(name, pid, reason); ("EOF", 0, "") when the worker closed."""
        try:
            data = self.sock.recv(2048)
        except ConnectionResetError:
            data = b""
        if not data:
            return "EOF", 0, ""
        reader = Reader(data)
        magic, version, reply, pid = reader.take("IHBI")
        assert (magic, version) == (ANSWER, 1)
        return REPLIES[reply], pid, reader.text().decode()

    def final_answer(self):
        reply = self.answer()
        return self.answer() if reply[0] == "ACCEPTED" else reply

    def close(self):
        self.sock.close()


def client_pair():
    """A stream pair: the end to offer, and the end the test keeps, which plays the mail client."""
    theirs, ours = socket.socketpair()
    ours.settimeout(SECONDS)
    return theirs, ours


def read_grant(fd):
    """The record in a grant's descriptor, or b"" when it is used up."""
    with socket.socket(fileno=os.dup(fd)) as sock:
        sock.settimeout(SECONDS)
        return sock.recv(65536)


def forged_grant(record):
    """A grant made by ourselves, which is the point."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.send(record)
    ours.close()
    return theirs.detach()


# -- anvil ------------------------------------------------------------------------------------------------------------

def worker_report(sequence, service, user, identity, tag, accepts=True, sessions=(), generation=0, leaving=False):
    body = struct.pack(">IBBQI", ANVIL, ANVIL_VERSION, 1, sequence, generation) + text(service) + text(user) + identity + tag
    body += struct.pack(">BBIIII", int(accepts), int(leaving), 1, 1, 0, len(sessions))
    for session, ip in sessions:
        body += session + text(ip)
    return body + struct.pack(">I", 0)


def exited(pid, reason=0):
    return struct.pack(">IBBIB", ANVIL, ANVIL_VERSION, 5, pid, reason)


class Anvil(Frames):
    """Login's side of the conversation with anvil."""

    VERDICTS = {1: "candidates", 2: "cold", 3: "wait", 4: "refused_user", 5: "refused_queue"}

    def __init__(self, base_dir):
        super().__init__(base_dir / "login/anvil")
        self.next_id = 0

    def lookup(self, success, service="imap", ip="127.0.0.1"):
        self.next_id += 1
        self.send(struct.pack(">IBBI", ANVIL, ANVIL_VERSION, 16, self.next_id) + text(service) + text(success.user) + text(ip) +
                  success.identity + success.session)
        return self.route()

    def route(self):
        payload, _ = self.receive()
        reader = Reader(payload)
        _, _, kind, _, verdict, why, limit, count = reader.take("IBBIBBII")
        assert kind == 20
        return self.VERDICTS[verdict], [reader.take("I") for _ in range(count)]

    def cancel(self, lookup_id=None):
        self.send(struct.pack(">IBBI", ANVIL, ANVIL_VERSION, 18, lookup_id or self.next_id))


def identity_tag(key, service, identity, user):
    return hmac.new(key, text(service) + identity + text(user), hashlib.sha256).digest()


@contextlib.contextmanager
def descriptors(*fds):
    """Closes them at the end."""
    try:
        yield fds
    finally:
        for fd in fds:
            with contextlib.suppress(OSError):
                os.close(fd)
