# SPDX-License-Identifier: Apache-2.0
"""SEARCH FUZZY (RFC 6203): words in any form, relevancies, and search.db, which may go at any time."""

import os

from hearth_test.imap_client import Client

LETTERS = [
    "Subject: Café au lait\r\nFrom: Ann <ann@example.org>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nmilk and Kaffee\r\n",
    "Subject: report\r\nTo: carol@example.net\r\n\r\nthe coffee machine is broken\r\n",
    "Subject: coffee coffee\r\n\r\nnothing else\r\n",
    "Subject: other\r\n\r\nwords of another kind\r\n",
]


def append(client, *letters):
    for letter in letters:
        assert client.command("APPEND INBOX {}", letter.encode()).status == b"OK"


def found(client, keys):
    answer = client.command("UID SEARCH " + keys)
    assert answer.status == b"OK", (keys, answer.text)
    return answer.numbers(b"SEARCH")


def esearch(client, command):
    """{item: value} of an ESEARCH response."""
    answer = client.command(command)
    assert answer.status == b"OK", (command, answer.text)
    words = answer.lines(b"ESEARCH")[0][1:]
    words = words[1:] if words and words[0] == b"UID" else words
    return {bytes(name): value for name, value in zip(words[::2], words[1::2])}


def scores(value):
    return [int(score) for score in value]


def database(instance):
    return instance.maildir("alice") / "hearth" / "search.db"


def test_words_are_found_in_other_case_without_accents_and_as_a_begin(hearth):
    instance = hearth(messages=0)
    with Client(instance.port, "alice") as client:
        assert any(b"SEARCH=FUZZY" in words for words in client.command("CAPABILITY").untagged)
        append(client, *LETTERS)
        client.command("SELECT INBOX")
        assert not database(instance).exists(), "nobody has searched yet"
        assert found(client, "FUZZY SUBJECT CAFE") == [1]
        assert found(client, "FUZZY TEXT COFF") == [2, 3]
        assert found(client, "FUZZY TEXT \"machine coffee\"") == [2]
        assert found(client, "TEXT \"machine coffee\"") == [], "without FUZZY it is a substring"
        assert found(client, "FUZZY (SUBJECT coffee) NOT FUZZY BODY machine") == [3]
        assert found(client, "FUZZY HEADER To carol") == [2]
        assert found(client, "OR FUZZY FROM ann FUZZY SEEN") == [1]
        assert found(client, "FUZZY TEXT --") == []
        assert (database(instance).stat().st_mode & 0o777) == 0o600
        answer = client.command("UID THREAD REFERENCES UTF-8 FUZZY TEXT coffee")
        assert len(answer.lines(b"THREAD")[0]) == 2


def test_what_came_is_found_and_what_went_is_not(hearth):
    instance = hearth(messages=0)
    with Client(instance.port, "alice") as client:
        append(client, *LETTERS)
        client.command("SELECT INBOX")
        assert found(client, "FUZZY TEXT coffee") == [2, 3]
        append(client, "Subject: late\r\n\r\ncoffee\r\n")
        assert found(client, "FUZZY TEXT coffee") == [2, 3, 5]
        client.command("UID STORE 2 +FLAGS (\\Deleted)")
        client.command("EXPUNGE")
        assert found(client, "FUZZY TEXT coffee") == [3, 5]
        client.command("CREATE Other")
        client.command("UID COPY 3 Other")
        client.command("SELECT Other")
        assert found(client, "FUZZY TEXT coffee") == [1]


def test_relevancies_are_told_and_sorted_by(hearth):
    instance = hearth(messages=0)
    with Client(instance.port, "alice") as client:
        append(client, *LETTERS)
        client.command("SELECT INBOX")
        told = esearch(client, "UID SEARCH RETURN (RELEVANCY ALL) FUZZY TEXT coffee")
        assert told[b"ALL"] == b"2:3"
        body, subject = scores(told[b"RELEVANCY"])
        assert subject == 100 and 1 <= body < 100
        told = esearch(client, "UID SORT RETURN (RELEVANCY ALL) (RELEVANCY) UTF-8 FUZZY TEXT coffee")
        assert told[b"ALL"] == b"3,2" and scores(told[b"RELEVANCY"]) == [100, body]
        assert client.command("UID SORT (REVERSE RELEVANCY) UTF-8 FUZZY TEXT coffee").numbers(b"SORT") == [2, 3]
        told = esearch(client, "UID SORT RETURN (RELEVANCY PARTIAL 2:2) (RELEVANCY) UTF-8 FUZZY TEXT coffee")
        assert scores(told[b"RELEVANCY"]) == [body]
        assert scores(esearch(client, "SEARCH RETURN (RELEVANCY) FUZZY TEXT absent")[b"RELEVANCY"]) == []
        for wrong in ["SEARCH RETURN (RELEVANCY) TEXT x", "SORT (RELEVANCY) UTF-8 TEXT x"]:
            assert client.command(wrong).status == b"BAD"


def test_what_a_client_writes_is_no_query_language(hearth):
    instance = hearth(messages=0)
    with Client(instance.port, "alice") as client:
        append(client, *LETTERS)
        client.command("SELECT INBOX")
        for text in [b'coffee" OR "report', b'"', b'""""', b"subject:coffee", b"NEAR(coffee broken)", b"^coffee", b"(coffee", b"coffee)",
                     b"coffee NOT broken", b"{subject}: coffee", b"'; DROP TABLE words; --", b"\\", b"coffee + coffee"]:
            answer = client.command("UID SEARCH FUZZY TEXT {}", text)
            assert answer.status == b"OK", (text, answer.text)
            assert set(answer.numbers(b"SEARCH")) <= {2, 3}, text
        assert client.command("UID SEARCH FUZZY TEXT {}", b"coffee NOT broken").numbers(b"SEARCH") == []
        assert found(client, "FUZZY TEXT coffee") == [2, 3], "the index is whole"


def test_search_db_may_go_or_be_garbage_at_any_time(hearth, expect_log):
    expect_log(r"full-text index .*search\.db can't be used")
    instance = hearth(messages=0)
    with Client(instance.port, "alice") as client:
        append(client, *LETTERS)
        client.command("SELECT INBOX")
        assert found(client, "FUZZY TEXT coffee") == [2, 3]
        for file in database(instance).parent.glob("search.db*"):
            file.unlink()
        assert found(client, "FUZZY TEXT coffee") == [2, 3]
        client.command("LOGOUT")
    database(instance).unlink()
    with Client(instance.port, "alice") as client:
        client.command("SELECT INBOX")
        assert found(client, "FUZZY TEXT coffee") == [2, 3]
        client.command("LOGOUT")
    owner = database(instance).stat()
    for file in database(instance).parent.glob("search.db*"):
        file.unlink()
    database(instance).write_bytes(os.urandom(20_000))
    os.chown(database(instance), owner.st_uid, owner.st_gid)
    with Client(instance.port, "alice") as client:
        client.command("SELECT INBOX")
        assert found(client, "FUZZY TEXT coffee") == [2, 3]
    assert list(database(instance).parent.glob("search.db.bad-*"))
