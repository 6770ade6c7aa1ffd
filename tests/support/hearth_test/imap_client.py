# SPDX-License-Identifier: Apache-2.0
"""An IMAP client that keeps what a server said as data: lists, bytes, None for NIL. For comparing servers; imaplib stays
the client for ordinary tests, because nobody here wrote it."""

import re
import socket

SECONDS = 30


class Atom(bytes):
    """What was not quoted and no literal."""


class Response:
    """The end of a command: its condition (OK, NO, BAD), code in brackets, text, and the untagged responses before."""

    def __init__(self, status, code, text, untagged):
        self.status, self.code, self.text, self.untagged = status, code, text, untagged

    def fetches(self):
        """{uid: {item: value}} of all FETCH responses (those without UID are left out)."""
        found = {}
        for words in self.untagged:
            if len(words) == 3 and words[1].upper() == b"FETCH":
                items = dict(zip((bytes(name).upper() for name in words[2][::2]), words[2][1::2]))
                if b"UID" in items:
                    found.setdefault(int(items[b"UID"]), {}).update(items)
        return found

    def lines(self, name):
        """The untagged responses of this name, without it."""
        return [words[1:] for words in self.untagged if words and isinstance(words[0], Atom) and words[0].upper() == name]

    def numbers(self, name):
        """[n, ...] of `* SEARCH 1 2 3`."""
        return [int(word) for words in self.lines(name) for word in words]


class Client:
    def __init__(self, port, user=None, password="secret"):
        self.sock = socket.create_connection(("127.0.0.1", port), SECONDS)
        self.file = self.sock.makefile("rb")
        self.count = 0
        self.greeting = self.read_line()
        if user:
            assert self.command(f"LOGIN {user} {password}").status == b"OK"

    def close(self):
        self.file.close()
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data):
        self.sock.sendall(data)

    def command(self, text, *literals):
        """Sends a command (str or bytes); each "{}" in it stands for the next literal. Returns its Response."""
        self.count += 1
        tag = b"t%d" % self.count
        pieces = (text if isinstance(text, bytes) else text.encode()).split(b"{}")
        assert len(pieces) == len(literals) + 1
        untagged = []
        data = tag + b" " + pieces[0]
        for literal, piece in zip(literals, pieces[1:]):
            self.send(data + b"{%d}\r\n" % len(literal))
            while True:
                line = self.read_line()
                if line.startswith(b"+"):
                    break
                if line.startswith(tag + b" "):
                    return self.response(line, untagged)
                untagged.append(parse(line[2:]))
            data = literal + piece
        self.send(data + b"\r\n")
        while True:
            line = self.read_line()
            if line.startswith(tag + b" "):
                return self.response(line, untagged)
            assert line.startswith(b"* "), line
            untagged.append(parse(line[2:]))

    @staticmethod
    def response(line, untagged):
        status, _, rest = line.split(b" ", 1)[1].partition(b" ")
        code = re.match(rb"\[([^\]]*)\] ?(.*)", rest, re.S)
        return Response(status.upper(), code[1] if code else b"", code[2] if code else rest, untagged)

    def read_line(self):
        """A response with its literals, without its last line end."""
        data = b""
        while True:
            line = self.file.readline()
            if not line.endswith(b"\n"):
                raise EOFError(data + line)
            data += line
            literal = re.search(rb"\{(\d+)\}\r\n$", line)
            if not literal:
                return data[:-2]
            data += self.file.read(int(literal[1]))


TOKEN = re.compile(rb' +|(\()|(\))|"((?:[^"\\]|\\.)*)"|~?\{(\d+)\}\r\n|((?:BODY|BINARY)(?:\.SIZE)?\[[^\]]*\](?:<\d+>)?|\[|\]|\\?[^ ()"\[\]{]+|\{)', re.I | re.S)


def parse(line):
    """The words of an untagged response. Text after OK, NO, BAD, BYE is kept in one piece."""
    if re.match(rb"(OK|NO|BAD|BYE|PREAUTH) ", line, re.I):
        return [Atom(line.split(b" ", 1)[0].upper()), line.split(b" ", 1)[1]]
    stack, position = [[]], 0
    while position < len(line):
        found = TOKEN.match(line, position)
        if not found:
            raise ValueError(f"not IMAP at {position}: {line!r}")
        position = found.end()
        opened, closed, quoted, literal, atom = found.groups()
        if opened:
            stack.append([])
        elif closed:
            done = stack.pop()
            stack[-1].append(done)
        elif quoted is not None:
            stack[-1].append(re.sub(rb"\\(.)", rb"\1", quoted, flags=re.S))
        elif literal is not None:
            stack[-1].append(line[position:position + int(literal)])
            position += int(literal)
        elif atom is not None:
            stack[-1].append(None if atom.upper() == b"NIL" else Atom(atom))
    if len(stack) != 1:
        raise ValueError(f"parentheses: {line!r}")
    return stack[0]
