# SPDX-License-Identifier: Apache-2.0
"""The same questions to Hearth and to Dovecot 2.3 about the same odd mail. What differs is either explained in
tests/diff/known.toml, with the section of the RFC, or an error of ours."""

import os
import random

import pytest

from hearth_test import odd_mail
from hearth_test.differential import Difference, Known, part_numbers
from hearth_test.dovecot import Dovecot
from hearth_test.imap_client import Client
from hearth_test.instance import free_port

pytestmark = pytest.mark.root

KINDS = int(os.environ.get("HEARTH_DIFF_KINDS", "330"))
# Each seed is another 2,500 mails and 400 searches. The same one for each change; make soak draws others.
SEED = int(os.environ.get("HEARTH_SEED", "20261122"))
FIELDS = ["FROM", "TO", "CC", "SUBJECT", "DATE", "MESSAGE-ID", "X-LONG", "CONTENT-TYPE", "REFERENCES", "NO-SUCH"]


def chosen_kinds(rng):
    """Some of all kinds, but each shape and each oddity at least once."""
    everything = odd_mail.kinds()
    must = [(shape, rng.choice(list(odd_mail.ODDITIES)), "lf") for shape in odd_mail.SHAPES]
    must += [(rng.choice(odd_mail.SHAPES), oddity, "crlf") for oddity in odd_mail.ODDITIES]
    return list(dict.fromkeys(must + rng.sample(everything, len(everything))))[:KINDS]


class Pair:
    """The same Maildir twice, one served by each; `kinds[i]` is what the message with UID i + 1 is."""

    def __init__(self, hearth, tmp_path_factory, rng):
        self.kinds = [("special/" + name, data) for name, data in odd_mail.SPECIAL.items()]
        self.kinds += [(odd_mail.name(kind), odd_mail.build(kind, rng)) for kind in chosen_kinds(rng)]
        self.instance = hearth(["alice"], messages=0, config="mail_max_userip_connections = 0")
        uid = self.instance.uid("alice")
        self.mail = self.instance.directory / "theirs"
        for home in (self.instance.maildir("alice"), self.mail / "alice"):
            for folder in ("cur", "new", "tmp"):
                (home / folder).mkdir(parents=True, exist_ok=True)
            for number, (_, data) in enumerate(self.kinds):
                path = home / "cur" / f"{1700000000 + number * 3600}.M{number}P1.host:2,{'S' if number % 3 else ''}{'F' if number % 7 == 0 else ''}"
                path.write_bytes(data)
                os.utime(path, (1700000000 + number * 3600,) * 2)
        for path in [self.instance.maildir("alice"), self.mail, *self.instance.maildir("alice").rglob("*"), *self.mail.rglob("*")]:
            os.chown(path, uid, uid)
        self.dovecot = Dovecot(self.instance.directory / "dovecot", self.mail, {"alice": uid}, free_port())

    def __enter__(self):
        self.dovecot.start()
        for port in (self.instance.port, self.dovecot.port):  # \\Recent is what this session leaves
            with Client(port, "alice") as client:
                client.command("SELECT INBOX")
                client.command("LOGOUT")
        self.ours, self.theirs = Client(self.instance.port, "alice"), Client(self.dovecot.port, "alice")
        for client in (self.ours, self.theirs):
            assert client.command("SELECT INBOX").status == b"OK"
        return self

    def __exit__(self, *_):
        for client in (self.ours, self.theirs):
            client.close()
        self.dovecot.stop()

    def both(self, command, *literals):
        return self.ours.command(command, *literals), self.theirs.command(command, *literals)


@pytest.fixture
def pair(hearth, tmp_path_factory):
    rng = random.Random(SEED)
    with Pair(hearth, tmp_path_factory, rng) as made:
        made.rng = rng
        yield made


def judge(differences, asked, known):
    unexplained = [d for d in differences if not known.explains(d)]
    print(f"seed {SEED}: {asked} answers compared, {len(differences)} differ, {len(differences) - len(unexplained)} explained")
    directory = os.environ.get("HEARTH_DIFF_OUT")
    if directory:
        with open(directory, "a", encoding="utf-8") as out:
            out.writelines(f"{d}\n" for d in unexplained)
    assert not unexplained, f"seed {SEED}: {len(unexplained)} unexplained\n" + "\n".join(map(str, unexplained[:20]))


def compare_fetch(pair, uid, items, differences):
    """Asks both for these items of one message; what one says and the other doesn't also counts. Gives ours."""
    ours, theirs = pair.both(f"UID FETCH {uid} ({' '.join(items)})")
    kind = pair.kinds[uid - 1][0]
    if ours.status != theirs.status:
        differences.append(Difference("status", kind, ours.status + b" " + ours.text, theirs.status + b" " + theirs.text))
    mine, other = ours.fetches().get(uid, {}), theirs.fetches().get(uid, {})
    for item in sorted(mine.keys() | other.keys()):
        left, right = normal(item, mine.get(item)), normal(item, other.get(item))
        if left != right:
            differences.append(Difference(item.decode(), kind, left, right))
    return mine


def normal(item, value):
    """Flags are a set (\\Recent belongs to a session, not to the mail); the names of types, parameters and encodings may come
    in any case (RFC 2045 section 5.1)."""
    if item == b"FLAGS" and value is not None:
        return sorted(flag for flag in value if flag != b"\\Recent")
    if item in (b"BODYSTRUCTURE", b"BODY"):
        return folded(value)
    return value


def folded(value):
    if isinstance(value, list):
        return [folded(v) for v in value]
    return value.lower() if isinstance(value, bytes) else value


def test_every_kind_of_odd_mail_is_fetched_as_dovecot_fetches_it(pair):
    differences, asked, known = [], 0, Known()
    assert len({name for name, _ in pair.kinds}) >= 300 or KINDS < 300
    for uid in range(1, len(pair.kinds) + 1):
        structure = compare_fetch(pair, uid, ["FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY", "BODYSTRUCTURE",
                                              "BODY.PEEK[HEADER]", "BODY.PEEK[TEXT]", "BODY.PEEK[]"], differences)
        sections = []
        for number, is_message in part_numbers(structure.get(b"BODYSTRUCTURE"))[:12]:
            sections += [f"BODY.PEEK[{number}]", f"BODY.PEEK[{number}.MIME]"]
            if is_message:
                sections += [f"BODY.PEEK[{number}.HEADER]", f"BODY.PEEK[{number}.TEXT]"]
        sections += ["BODY.PEEK[1]", "BODY.PEEK[7.7]"]
        fields = pair.rng.sample(FIELDS, 3)
        start = pair.rng.randint(0, 600)
        sections += [f"BODY.PEEK[HEADER.FIELDS ({' '.join(fields)})]", f"BODY.PEEK[HEADER.FIELDS.NOT ({' '.join(fields)})]",
                     f"BODY.PEEK[]<{start}.{pair.rng.randint(1, 900)}>", f"BODY.PEEK[TEXT]<{start}.10>"]
        compare_fetch(pair, uid, list(dict.fromkeys(sections)), differences)
        asked += 9 + len(sections)
    judge(differences, asked, known)


def search_key(rng, depth=0):
    word = rng.choice(odd_mail.WORDS)
    date = f"{rng.randint(1, 28)}-{rng.choice(['Sep', 'Nov'])}-{rng.choice([2023, 2025])}"
    count = 350
    simple = [
        "ALL", "SEEN", "UNSEEN", "FLAGGED", "UNFLAGGED", "ANSWERED", "DELETED", "DRAFT", "RECENT", "NEW", "OLD",
        f"SUBJECT {word}", f"FROM {rng.choice(['ada', 'example.org', 'quill', 'inner', 'x y'])!r}".replace("'", '"'),
        f"TO {rng.choice(['bert', 'friends', 'u77@'])}", "CC z@example", f"BODY {word}", f"TEXT {word}", "TEXT caf\u00e9",
        "SUBJECT na\u00efve", "HEADER X-Long yyy", 'HEADER Message-ID ""', "HEADER Subject caf", 'HEADER X-None ""',
        f"BEFORE {date}", f"ON {date}", f"SINCE {date}", f"SENTBEFORE {date}", f"SENTON {date}", f"SENTSINCE {date}",
        f"LARGER {rng.randint(1, 3000)}", f"SMALLER {rng.randint(1, 3000)}", f"UID {rng.randint(1, count)}:{rng.randint(1, count)}",
        f"{rng.randint(1, count)}:*", "KEYWORD $Junk", "UNKEYWORD $Junk", 'BODY "two words"', f'TEXT "{word} {rng.choice(odd_mail.WORDS)}"',
    ]
    pick = rng.random()
    if depth < 3 and pick < 0.15:
        return f"NOT {search_key(rng, depth + 1)}"
    if depth < 3 and pick < 0.3:
        return f"OR {search_key(rng, depth + 1)} {search_key(rng, depth + 1)}"
    if depth < 3 and pick < 0.4:
        return f"({search_key(rng, depth + 1)} {search_key(rng, depth + 1)})"
    return rng.choice(simple)


def compare_numbers(pair, command, name, differences):
    ours, theirs = pair.both(command.encode())
    left, right = (r.status if r.status != b"OK" else r.numbers(name) for r in (ours, theirs))
    if left == right:
        return
    if isinstance(left, list) and isinstance(right, list) and name == b"SEARCH":
        for number in sorted(set(left) ^ set(right)):
            key = command.partition("SEARCH ")[2]
            differences.append(Difference(f"SEARCH {key}", pair.kinds[number - 1][0], "found" if number in left else "not found",
                                          "found" if number in right else "not found"))
    else:
        differences.append(Difference(command, "-", left, right))


def test_searches_find_what_dovecot_finds(pair):
    differences, asked, known = [], 0, Known()
    for _ in range(int(os.environ.get("HEARTH_DIFF_SEARCHES", "400"))):
        key = search_key(pair.rng)
        charset = "CHARSET UTF-8 " if not key.isascii() else ""
        compare_numbers(pair, f"{pair.rng.choice(['', 'UID '])}SEARCH {charset}{key}", b"SEARCH", differences)
        asked += 1
    judge(differences, asked, known)


def sorted_order(command, pair, differences):
    """One difference per pair of neighbours that stand the other way round."""
    ours, theirs = pair.both(command)
    left, right = ours.numbers(b"SORT"), theirs.numbers(b"SORT")
    if left == right:
        return
    if sorted(left) != sorted(right):
        differences.append(Difference(command, "-", left, right))
        return
    place = {number: at for at, number in enumerate(right)}
    for before, after in zip(left, left[1:]):
        if place[before] > place[after]:
            differences.append(Difference(command, f"{pair.kinds[before - 1][0]} {pair.kinds[after - 1][0]}",
                                          f"{before} before {after}", f"{after} before {before}"))


def test_sort_and_thread_give_dovecots_order(pair):
    differences, asked, known = [], 0, Known()
    capabilities = pair.ours.command("CAPABILITY").lines(b"CAPABILITY")[0]
    assert b"SORT" in capabilities and b"THREAD=REFERENCES" in capabilities
    for criteria in ("ARRIVAL", "REVERSE ARRIVAL", "CC", "DATE", "FROM", "SIZE", "SUBJECT", "TO", "REVERSE SIZE DATE",
                     "SUBJECT REVERSE DATE", "FROM SUBJECT", "DISPLAYFROM", "DISPLAYTO"):
        sorted_order(f"UID SORT ({criteria}) UTF-8 ALL", pair, differences)
        asked += 1
    for method in ("ORDEREDSUBJECT", "REFERENCES"):
        ours, theirs = pair.both(f"UID THREAD {method} UTF-8 ALL")
        left, right = ours.lines(b"THREAD"), theirs.lines(b"THREAD")
        left, right = ({repr(thread) for thread in lines[0]} if lines else set() for lines in (left, right))
        differences += [Difference(f"THREAD {method}", "-", thread, "") for thread in sorted(left - right)]
        differences += [Difference(f"THREAD {method}", "-", "", thread) for thread in sorted(right - left)]
        asked += 1
    judge(differences, asked, known)
