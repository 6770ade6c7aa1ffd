# SPDX-License-Identifier: Apache-2.0
"""process_limit, its reserve and eviction; connections per user and address."""

import imaplib
import re
import threading

import pytest


def test_sixty_users_in_turn_at_a_limit_of_twenty_are_all_served(hearth, expect_log):
    expect_log("process_limit")
    users = [f"user{number:02}" for number in range(60)]
    instance = hearth(users, messages=1, imap="process_limit = 20\nprocess_limit_reserve = 2")
    highest = 0
    for round_number in range(2):
        for user in users:
            client = instance.imap(user)
            client.noop()
            client.logout()
            if round_number == 1:
                highest = max(highest, len(instance.pids("imap")))
    assert highest <= 20
    assert instance.services()["imap"]["peak"] <= 20
    instance.wait_for("the last log line", lambda: instance.log().count("Login: user=<") == 120)


def test_the_longest_idle_worker_is_evicted_first(hearth, expect_log):
    expect_log("process_limit")
    instance = hearth(["alice", "bob", "carol", "dave"], messages=1, imap="process_limit = 3\nprocess_limit_reserve = 0")
    for user in ("alice", "bob", "carol"):
        instance.click_simple(user)
    instance.click_simple("alice")  # now bob is the longest idle
    instance.click_simple("dave")
    assert {worker["user"] for worker in instance.who()} == {"alice", "carol", "dave"}


def test_a_busy_worker_is_never_evicted(hearth, expect_log):
    expect_log("process_limit")
    instance = hearth(["alice", "bob", "carol"], messages=1, imap="process_limit = 2\nprocess_limit_reserve = 0")
    alice, bob = instance.imap("alice"), instance.imap("bob")
    results = []

    def wait_for_room():
        client = instance.imap("carol")
        results.append(client.noop()[0])
        client.logout()

    waiting = threading.Thread(target=wait_for_room)
    waiting.start()
    instance.wait_for("carol's place in the queue", lambda: instance.anvil_stats().get("waiting"))
    assert alice.noop()[0] == "OK" and bob.noop()[0] == "OK"
    bob.logout()
    waiting.join(30)
    assert results == ["OK"]
    assert alice.noop()[0] == "OK"
    alice.logout()


def test_connections_per_user_and_address_are_limited_also_when_they_come_at_once(hearth):
    instance = hearth(messages=1, config="mail_max_userip_connections = 3")
    held, refused = [], []
    lock = threading.Lock()

    def try_login():
        try:
            client = instance.imap()
            with lock:
                held.append(client)
        except imaplib.IMAP4.error as error:
            with lock:
                refused.append(str(error))

    threads = [threading.Thread(target=try_login) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(held) == 3
    assert len(refused) == 7
    assert all("[LIMIT]" in text and "mail_max_userip_connections" in text for text in refused)
    for client in held:
        client.logout()
    instance.imap().logout()


def test_a_refused_login_names_the_limit_in_the_log(hearth):
    instance = hearth(messages=1, config="mail_max_userip_connections = 1")
    first = instance.imap()
    with pytest.raises(imaplib.IMAP4.error):
        instance.imap()
    instance.wait_for("the log line", lambda: re.search(r"mail_max_userip_connections=1", instance.log()))
    first.logout()


def test_a_reload_brings_the_new_limit_of_connections_to_the_running_anvil(hearth):
    def limits(count):
        instance.write_config(f"mail_max_userip_connections = {count}\n", imap="process_limit = 20")

    instance = hearth(["alice"], messages=1, config="mail_max_userip_connections = 1\n", imap="process_limit = 20")
    anvil = instance.pids("anvil")
    first = instance.imap()
    with pytest.raises(imaplib.IMAP4.error, match="LIMIT"):
        instance.connect().login("alice", instance.password)
    limits(2)
    instance.hearth("reload")
    second = instance.imap()
    with pytest.raises(imaplib.IMAP4.error, match="LIMIT"):
        instance.connect().login("alice", instance.password)
    assert instance.pids("anvil") == anvil
    for client in (first, second):
        assert client.noop()[0] == "OK"
        client.logout()
