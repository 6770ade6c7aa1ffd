# SPDX-License-Identifier: Apache-2.0
"""Limits of storage and message size: from the settings and from the userdb."""

import os

from hearth_test.imap_client import Client

QUOTA = """
mail_plugins = quota
plugin {
  quota = maildir:User quota
  quota_rule = *:storage=1M:messages=30
  quota_max_mail_size = 300K
}
"""


def letter(size):
    return b"Subject: x\r\n\r\n" + b"0123456789abcdef" * (size // 16) + b"\r\n"


def append(client, mailbox, message):
    client.send(f"q APPEND {mailbox} {{{len(message)}+}}\r\n".encode() + message + b"\r\n")
    while not (line := client.file.readline()).startswith(b"q "):
        assert line
    return line.decode().strip()


def line_of(client, command, name):
    """The untagged response of this name, as it came."""
    client.send(f"z {command}\r\n".encode())
    found = ""
    while not (line := client.file.readline()).startswith(b"z "):
        if line.startswith(b"* " + name):
            found = line.decode().strip()
    assert line.startswith(b"z OK"), line
    return found


def set_field(instance, user, field):
    """Gives a user an extra field, as an administrator does: a new file in the place of the old."""
    old, new = instance.directory / "users", instance.directory / "users.new"
    lines = [line + (field if line.startswith(user + ":") else "") for line in old.read_text().splitlines()]
    new.write_text("\n".join(lines) + "\n")
    new.chmod(0o400)
    os.chown(new, old.stat().st_uid, old.stat().st_gid)
    new.rename(old)


def test_what_would_go_over_the_quota_is_refused_and_what_fits_is_taken(hearth):
    instance = hearth(messages=0, config=QUOTA)
    with Client(instance.port, "alice") as client:
        assert [b"CAPABILITY" in words and b"APPENDLIMIT=307200" in words for words in client.command("CAPABILITY").untagged] == [True]
        client.command("CREATE Other")
        assert append(client, "INBOX", letter(310_000)).startswith("q NO [TOOBIG]")
        for _ in range(4):
            assert append(client, "INBOX", letter(240_000)).startswith("q OK")
        assert append(client, "INBOX", letter(240_000)).startswith("q NO [OVERQUOTA]")
        used = line_of(client, 'GETQUOTA "User quota"', b"QUOTA ")
        assert used == '* QUOTA "User quota" (STORAGE 938 1024 MESSAGE 4 30)', used
        assert line_of(client, "GETQUOTAROOT INBOX", b"QUOTAROOT") == '* QUOTAROOT INBOX "User quota"'
        client.command("SELECT INBOX")
        copied = client.command("COPY 1 Other")
        assert (copied.status, copied.code) == (b"NO", b"OVERQUOTA")
        client.command("STORE 1 +FLAGS (\\Deleted)")
        client.command("EXPUNGE")
        assert append(client, "INBOX", letter(200_000)).startswith("q OK")
        for _ in range(26):
            assert append(client, "Other", b"a: b\r\n\r\n").startswith("q OK")
        assert append(client, "Other", b"a: b\r\n\r\n").startswith("q NO [OVERQUOTA]")


def test_a_users_own_quota_rule_holds_in_place_of_the_settings(hearth, expect_log):
    instance = hearth(["alice", "bob"], messages=0, config=QUOTA)
    set_field(instance, "alice", "userdb_quota_rule=*:bytes=2000:messages=5")
    set_field(instance, "bob", "userdb_quota_rule=two gigabytes")
    with Client(instance.port, "alice") as client:
        assert append(client, "INBOX", letter(3000)).startswith("q NO [OVERQUOTA]")
        assert append(client, "INBOX", letter(500)).startswith("q OK")
        assert line_of(client, 'GETQUOTA "User quota"', b"QUOTA ") == '* QUOTA "User quota" (STORAGE 1 1 MESSAGE 1 5)'
    expect_log("the user's quota_rule")
    with Client(instance.port) as client:
        assert client.command("LOGIN bob secret").status == b"NO"  # rather than without a limit


def test_without_the_plugin_there_is_no_limit(hearth):
    instance = hearth(messages=0, config=QUOTA.replace("mail_plugins = quota", ""))
    with Client(instance.port, "alice") as client:
        for _ in range(6):
            assert append(client, "INBOX", letter(240_000)).startswith("q OK")
        assert line_of(client, 'GETQUOTA ""', b"QUOTA ") == '* QUOTA "" ()'


def test_check_says_what_is_wrong_with_a_quota(hearth):
    instance = hearth(messages=0)
    text = instance.config_file.read_text()
    instance.config_file.write_text(text + QUOTA.replace("storage=1M", "storage=1Q"))
    done = instance.hearth("check", check=False)
    assert done.returncode != 0
    assert '"storage=1Q" is no limit' in done.stdout + done.stderr
    assert "quota_rule = *:storage=1Q" in done.stdout + done.stderr
    instance.config_file.write_text(text)
