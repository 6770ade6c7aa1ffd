# SPDX-License-Identifier: Apache-2.0
"""What clients say before they are logged in, and the seam to the worker."""

import base64
import imaplib
import re
import socket

import pytest


class Wire:
    def __init__(self, instance):
        self.sock = socket.create_connection(("127.0.0.1", instance.port), timeout=30)
        self.file = self.sock.makefile("rb")
        self.greeting = self.line()

    def line(self):
        return self.file.readline().decode().rstrip("\r\n")

    def say(self, text):
        self.sock.sendall(text if isinstance(text, bytes) else text.encode())

    def until(self, tag):
        lines = []
        while True:
            line = self.line()
            lines.append(line)
            if line.startswith(tag + " ") or not line:
                return lines


def plain(user, password):
    return base64.b64encode(f"\0{user}\0{password}".encode()).decode()


def test_the_greeting_says_what_works(hearth):
    wire = Wire(hearth())
    assert re.match(r"\* OK \[CAPABILITY IMAP4rev1 .*\] ", wire.greeting)
    assert "SASL-IR" in wire.greeting and "AUTH=PLAIN" in wire.greeting and "LITERAL+" in wire.greeting
    wire.say("a CAPABILITY\r\n")
    assert wire.until("a")[-1].startswith("a OK")
    wire.say('b ID ("name" "test")\r\n')
    assert wire.until("b")[0].startswith("* ID")
    wire.say("c NOOP\r\nd LOGOUT\r\n")
    assert wire.until("c")[-1].startswith("c OK")
    assert [line.split()[0] for line in wire.until("d")] == ["*", "d"]


@pytest.mark.parametrize("login", [
    "a LOGIN alice secret\r\n",
    'a LOGIN "alice" "secret"\r\n',
    "a LOGIN {5+}\r\nalice {6+}\r\nsecret\r\n",
    f"a AUTHENTICATE PLAIN {plain('alice', 'secret')}\r\n",
])
def test_ways_to_log_in(hearth, login):
    wire = Wire(hearth())
    wire.say(login)
    assert re.match(r"a OK \[CAPABILITY IMAP4rev1.*\] Logged in", wire.until("a")[-1])
    wire.say("b LOGOUT\r\n")
    wire.until("b")


def test_synchronising_literals_and_sasl_challenges(hearth):
    instance = hearth()
    wire = Wire(instance)
    wire.say("a LOGIN {5}\r\n")
    assert wire.line().startswith("+")
    wire.say("alice {6}\r\n")
    assert wire.line().startswith("+")
    wire.say("secret\r\n")
    assert wire.until("a")[-1].startswith("a OK")
    wire = Wire(instance)
    wire.say("a AUTHENTICATE PLAIN\r\n")
    assert wire.line().startswith("+")
    wire.say(plain("alice", "secret") + "\r\n")
    assert wire.until("a")[-1].startswith("a OK")
    wire = Wire(instance)
    wire.say("a AUTHENTICATE LOGIN\r\n")
    assert wire.line().startswith("+")
    wire.say(base64.b64encode(b"alice") + b"\r\n")
    assert wire.line().startswith("+")
    wire.say(base64.b64encode(b"secret") + b"\r\n")
    assert wire.until("a")[-1].startswith("a OK")


def test_pipelined_commands_are_carried_over_to_the_worker(hearth):
    instance = hearth(messages=3)
    wire = Wire(instance)
    wire.say("a LOGIN alice secret\r\nb SELECT INBOX\r\nc FETCH 1:* (UID)\r\nd LOGOUT\r\n")
    assert wire.until("a")[-1].startswith("a OK")
    assert "* 3 EXISTS" in wire.until("b")
    assert len([line for line in wire.until("c") if "FETCH (UID" in line]) == 3
    assert wire.until("d")[-1].startswith("d OK")
    # Cut at every byte, the same.
    script = b"a LOGIN {5+}\r\nalice secret\r\nb NOOP\r\n"
    for cut in range(1, len(script)):
        wire = Wire(instance)
        wire.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wire.say(script[:cut])
        wire.say(script[cut:])
        assert wire.until("b")[-1].startswith("b OK")
        wire.say("c LOGOUT\r\n")
        wire.until("c")


def test_wrong_passwords_and_unknown_users_get_the_same_answer(hearth, expect_log):
    expect_log("auth failed|mismatch|unknown")
    instance = hearth()
    answers = set()
    for user, password in (("alice", "wrong"), ("nobody-here", "secret")):
        wire = Wire(instance)
        wire.say(f"a LOGIN {user} {password}\r\n")
        answers.add(wire.until("a")[-1])
        wire.say("b LOGIN alice secret\r\n")
        assert wire.until("b")[-1].startswith("b OK")
    assert answers == {"a NO [AUTHENTICATIONFAILED] Authentication failed."}


def test_bad_commands_end_a_connection_and_limits_hold(hearth, expect_log):
    expect_log("bad commands|too long|Disconnected|Aborted")
    instance = hearth()
    wire = Wire(instance)
    for number in range(30):
        try:
            wire.say(f"x{number} NONSENSE\r\n")
        except OSError:
            break
    rest = wire.file.read().decode()
    assert "BAD" in rest and "* BYE" in rest
    wire = Wire(instance)
    wire.say("a LOGIN " + "x" * 20000 + " y\r\n")
    assert re.search("BAD|BYE", wire.line())
    assert instance.click()[0] == 20


def test_the_login_line_is_dovecots_with_the_reuse_at_its_end(hearth):
    instance = hearth()
    instance.click_simple()
    instance.click_simple()
    lines = instance.wait_for("two login lines", lambda: (
        found := [line for line in instance.log().splitlines() if "Login: user=<alice>" in line]) and len(found) == 2 and found)
    shape = re.compile(r"imap-login: Info: Login: user=<alice>, method=PLAIN, rip=127\.0\.0\.1, lip=127\.0\.0\.1, "
                       r"mpid=\d+.*, session=<([0-9a-f]{32})>, reuse=(warm|cold\(first\))$")
    matches = [shape.search(line) for line in lines]
    assert all(matches), lines
    assert [match[2] for match in matches] == ["cold(first)", "warm"]
    for match in matches:
        assert f"<{match[1]}>" in instance.log().replace(f"session=<{match[1]}>", ""), "the worker's lines have another session id"


def test_imaplib_is_served_after_a_client_that_went_away_in_the_middle(hearth, expect_log):
    expect_log("Disconnected|Aborted")
    instance = hearth()
    for cut in ("", "a", "a LOGIN al", "a LOGIN alice secret\r\n"):
        wire = Wire(instance)
        wire.say(cut)
        wire.sock.close()
    client = instance.imap()
    assert client.select("INBOX") == ("OK", [b"20"])
    client.logout()
    with pytest.raises(imaplib.IMAP4.error):
        client.noop()
