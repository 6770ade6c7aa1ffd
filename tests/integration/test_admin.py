# SPDX-License-Identifier: Apache-2.0
"""The administrator's command."""

import imaplib
import json

import pytest


def test_who_prints_dovecots_columns_and_v_the_warmth(hearth):
    instance = hearth(["alice", "bob"])
    client = instance.imap("alice")
    instance.click_simple("bob")
    lines = instance.hearth("who").stdout.splitlines()
    assert lines[0].split() == ["username", "#", "proto", "(pids)", "(ips)"]
    rows = {line.split()[0]: line for line in lines[1:]}
    assert rows["alice"].split()[1:3] == ["1", "imap"] and "(127.0.0.1)" in rows["alice"]
    assert rows["bob"].split()[1:3] == ["0", "imap"]
    verbose = instance.hearth("who", "-v").stdout
    assert "busy" in verbose and "idle" in verbose and "idle left" in verbose
    assert "bob" not in instance.hearth("who", "al*").stdout
    assert "alice" in instance.hearth("who", "127.0.0.0/8").stdout
    assert {row["user"] for row in instance.who()} == {"alice", "bob"}
    client.logout()


def test_kick_ends_the_sessions_of_a_user_and_of_nobody_else(hearth):
    instance = hearth(["alice", "bob"])
    alice, bob = instance.imap("alice"), instance.imap("bob")
    assert json.loads(instance.hearth("kick", "alice").stdout)["kicked"] == 1
    instance.wait_for("the end of alice's session",
                      lambda: not any(worker["sessions"] for worker in instance.who() if worker["user"] == "alice"))
    with pytest.raises((imaplib.IMAP4.error, OSError)):
        alice.noop()
    assert bob.noop()[0] == "OK"
    bob.logout()


def test_service_and_process_status_tell_limits_and_processes(hearth):
    instance = hearth(imap="process_limit = 7")
    instance.click_simple()
    services = instance.services()
    assert set(services) >= {"anvil", "auth", "imap-login", "imap"}
    assert services["imap"]["process_limit"] == 7
    assert services["imap"]["process_count"] == 1
    assert {row["name"] for row in instance.processes()} >= {"anvil", "auth", "imap-login", "imap"}
    assert "process_limit" in instance.hearth("service", "status").stdout


def test_check_shows_every_mistake_with_its_place(hearth):
    instance = hearth()
    assert instance.hearth("check").returncode == 0
    bad = instance.directory / "bad.conf"
    bad.write_text("proces_limit = 3\nservice imap {\n  idle_kill = 5\n  client_limt = 2\n}\n")
    done = instance.hearth("check", "-c", bad, check=False)
    # The last -c wins, so look at the file by itself.
    import subprocess
    from hearth_test.instance import BUILD
    done = subprocess.run([BUILD / "bin/hearth", "check", "-c", bad], capture_output=True, text=True, timeout=30)
    assert done.returncode == 78
    assert f"{bad}:1:1" in done.stderr and f"{bad}:3:" in done.stderr and f"{bad}:4:" in done.stderr
    assert "client_limit" in done.stderr, "no suggestion"


def test_conf_shows_origins_and_n_only_changes(hearth):
    instance = hearth()
    everything = instance.hearth("conf").stdout
    changed = instance.hearth("conf", "-n").stdout
    assert "# default" in everything and "hearth.conf:" in everything
    assert "# default" not in changed and len(changed) < len(everything)


def test_auth_test_user_and_pw(hearth, expect_log):
    expect_log("password mismatch|unknown user|auth failed")
    instance = hearth()
    assert instance.hearth("auth", "test", "alice", "secret").returncode == 0
    assert instance.hearth("auth", "test", "alice", "wrong", check=False).returncode == 1
    assert str(instance.maildir("alice")) in instance.hearth("user", "alice").stdout
    assert instance.hearth("pw", "-s", "SHA512-CRYPT", "-p", "x").stdout.startswith("{SHA512-CRYPT}$6$")
    assert "SHA512-CRYPT" in instance.hearth("pw", "-l").stdout


def test_a_hash_made_by_pw_logs_in_at_once(hearth):
    instance = hearth()
    made = instance.hearth("pw", "-p", "other").stdout.strip()
    users = instance.directory / "users"
    users.chmod(0o600)
    users.write_text(users.read_text().replace("{PLAIN}secret", made))
    users.chmod(0o400)
    client = instance.connect()
    client.login("alice", "other")
    client.logout()


def test_log_errors_and_doctor_answer(hearth):
    instance = hearth()
    assert instance.hearth("log", "errors").returncode == 0
    assert "the master answers" in instance.hearth("doctor").stdout


def test_stop_ends_the_instance(hearth):
    instance = hearth()
    instance.click_simple()
    master = instance.process
    instance.hearth("stop")
    instance.start()  # at once: the command returns when the old master is gone
    assert master.wait(30) == 0


def test_commands_say_what_to_do_when_nothing_runs(hearth):
    instance = hearth()
    instance.hearth("stop")
    instance.process.wait(30)
    done = instance.hearth("who", check=False)
    assert done.returncode == 1 and "is this instance running?" in done.stderr


def test_a_second_master_on_the_same_directory_is_refused(hearth):
    import subprocess
    from hearth_test.instance import BUILD
    instance = hearth()
    done = subprocess.run([BUILD / "bin/hearth", "serve", "-c", instance.config_file], capture_output=True, text=True, timeout=30)
    assert done.returncode != 0
    assert str(instance.process.pid) in done.stderr
