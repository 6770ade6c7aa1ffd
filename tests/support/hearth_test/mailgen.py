# SPDX-License-Identifier: Apache-2.0
"""Makes realistic mail, deterministically: the same user and number give the same bytes. All words are our own.

The demonstration, the benchmarks and the end-to-end tests all read mail from here.
"""

import base64
import os
import quopri
import random
import time

PEOPLE = [
    ("Alice Arden", "alice"), ("Bob Birch", "bob"), ("Carol Cedar", "carol"), ("Dirk Dahlberg", "dirk"),
    ("Élodie Fontaine", "elodie"), ("Jürgen Groß", "juergen"), ("Mina Okafor", "mina"), ("Tomáš Novák", "tomas"),
    ("Priya Raman", "priya"), ("Sven Åkesson", "sven"), ("Workshop Calendar", "calendar"), ("Build Robot", "robot"),
]
TOPICS = [
    "Minutes of Tuesday's round", "The stove in the meeting room", "Draft of the grant report", "Lunch on Friday?",
    "Re: firewood order", "Numbers for the third quarter", "Holiday plan", "Server move on Saturday", "Your ticket {n}",
    "Invoice {n}", "Photos from the hike", "Re: Re: heating costs", "New colleague in March", "Build {n} is green",
    "Build {n} is red", "Key for the bicycle cellar", "Überarbeitete Fassung", "Compte rendu de la réunion",
    "Proposal for the workshop", "Reminder: time sheets",
]
SENTENCES = [
    "The stove was warm when we came in, and nobody could say who had lit it.",
    "I have put the figures into the table, please look at the second column once more.",
    "If nobody objects by Thursday we order the larger one.",
    "The train was late, so the last point moves to next week.",
    "Attached is the version that we agreed on, with the two corrections.",
    "Could you bring the long cable and the small ladder?",
    "We counted again and came to the same result.",
    "Please answer to the list and not to me alone.",
    "It works on my machine, which is of course no proof.",
    "The roof is tight again; the bill comes at the end of the month.",
    "Für die Küche brauchen wir noch zwei Stühle.",
    "La salle est réservée jusqu'à midi.",
    "There is soup left in the kitchen, help yourselves.",
    "I'd rather wait for the second offer before we decide.",
]
EPOCH = 1_790_000_000  # a fixed "now" for dates, so that the bytes never change
STEP = 5 * 3600 + 17 * 60


def _encoded(text):
    if text.isascii():
        return text
    return "=?utf-8?q?" + quopri.encodestring(text.encode(), header=True).decode().replace("=\n", "") + "?="


def _date(seconds):
    return time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(seconds))


def _address(person):
    return f"{_encoded(person[0])} <{person[1]}@example.org>"


def _text(rng, paragraphs):
    return "\r\n\r\n".join(
        "\r\n".join(rng.choice(SENTENCES) for _ in range(rng.randint(1, 5))) for _ in range(paragraphs))


def _plain(body):
    if body.isascii():
        return 'text/plain; charset="us-ascii"', "7bit", body
    return 'text/plain; charset="utf-8"', "quoted-printable", quopri.encodestring(body.encode()).decode().replace(
        "\r\n", "\n").replace("\n", "\r\n")


def _part(kind, encoding, body, extra=""):
    return f"Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n{extra}\r\n{body}\r\n"


def message(user, number):
    """The bytes of one message (CRLF lines), and when it came, in seconds since 1970."""
    rng = random.Random(f"hearth {user} {number}")
    sender = rng.choice(PEOPLE)
    when = EPOCH - (2000 - number) * STEP + rng.randint(0, STEP)
    boundary = f"=_hearth_{number}_{rng.getrandbits(32):08x}"
    body = _text(rng, rng.randint(1, 6)) + f"\r\n\r\n-- \r\n{sender[0]}\r\n"
    kind, encoding, text = _plain(body)
    shape = rng.random()
    if shape < 0.5:
        mime = f"Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{text}"
    elif shape < 0.8:
        html = "<html><body>" + "".join(f"<p>{p}</p>" for p in body.split("\r\n\r\n")) + "</body></html>"
        html = base64.encodebytes(html.encode()).decode().replace("\n", "\r\n")
        mime = (f'Content-Type: multipart/alternative; boundary="{boundary}"\r\n\r\n'
                f"--{boundary}\r\n{_part(kind, encoding, text)}"
                f'--{boundary}\r\n{_part("text/html; charset=utf-8", "base64", html)}--{boundary}--\r\n')
    else:
        data = rng.randbytes(rng.randint(800, 24000))
        attached = base64.encodebytes(data).decode().replace("\n", "\r\n")
        name = rng.choice(["figures.ods", "plan.pdf", "hike.jpg", "notes.txt"])
        extra = f'Content-Disposition: attachment; filename="{name}"\r\n'
        mime = (f'Content-Type: multipart/mixed; boundary="{boundary}"\r\n\r\n'
                f"--{boundary}\r\n{_part(kind, encoding, text)}"
                f'--{boundary}\r\n{_part("application/octet-stream", "base64", attached, extra)}--{boundary}--\r\n')
    others = rng.sample(PEOPLE, rng.randint(0, 3))
    cc = "Cc: " + ",\r\n\t".join(_address(p) for p in others) + "\r\n" if others else ""
    reply = f"In-Reply-To: <{user}.{number - 1}@example.org>\r\n" if rng.random() < 0.3 else ""
    head = (f"Return-Path: <{sender[1]}@example.org>\r\n"
            f"Received: from mx.example.org (mx.example.org [192.0.2.25])\r\n\tby mail.example.org; {_date(when)}\r\n"
            f"Date: {_date(when)}\r\nFrom: {_address(sender)}\r\nTo: {user}@example.org\r\n{cc}"
            f"Subject: {_encoded(rng.choice(TOPICS).format(n=1000 + number))}\r\n"
            f"Message-ID: <{user}.{number}@example.org>\r\n{reply}MIME-Version: 1.0\r\n")
    return (head + mime).encode(), when


def maildir(path, user, count, uid=None, gid=None, canary=None, first=1):
    """Fills a Maildir with `count` messages; `canary` is put into each, to find a byte that went astray."""
    for folder in ("cur", "new", "tmp"):
        os.makedirs(os.path.join(path, folder), mode=0o700, exist_ok=True)
    for number in range(first, first + count):
        data, when = message(user, number)
        if canary:
            data = data.replace(b"MIME-Version:", b"X-Canary: " + canary.encode() + b"\r\nMIME-Version:", 1)
        data = data.replace(b"\r\n", b"\n")
        flags = random.Random(f"flags {user} {number}").choice(["", "S", "S", "S", "RS", "FS"])
        name = os.path.join(path, "cur", f"{when}.M{number}P1.mail.example.org,S={len(data)}:2,{flags}")
        with open(name, "wb") as file:
            file.write(data)
        os.utime(name, (when, when))
    if uid is not None:
        for root, dirs, files in os.walk(path):
            for entry in [root] + [os.path.join(root, f) for f in dirs + files]:
                os.chown(entry, uid, gid if gid is not None else uid)
