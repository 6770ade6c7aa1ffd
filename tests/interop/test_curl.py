# SPDX-License-Identifier: Apache-2.0
"""curl imap://: a URL a click."""

import subprocess

from conftest import needs


def test_curl_lists_reads_searches_stores_and_flags(server, tmp_path):
    curl = needs("curl")
    instance = server(messages=5)
    base = f"imap://127.0.0.1:{instance.port}"

    def run(path, *options):
        done = subprocess.run([curl, "-sS", "--max-time", "60", "-u", f"alice:{instance.password}", *options, f"{base}/{path}"],
                              capture_output=True, timeout=90)
        assert done.returncode == 0, (path, options, done.stderr)
        return done.stdout.decode(errors="replace")

    assert "INBOX" in run("")
    assert "* 5 EXISTS" in run("INBOX", "-X", "EXAMINE INBOX")
    assert run("INBOX;MAILINDEX=1").startswith(("Return-Path:", "Received:", "From:", "Delivered-To:", "Date:"))
    assert "Subject:" in run("INBOX;MAILINDEX=1;SECTION=HEADER.FIELDS%20(SUBJECT)")
    letter = tmp_path / "letter"
    letter.write_bytes(b"From: Alice <alice@example.org>\r\nSubject: from curl\r\nMessage-ID: <curl@example.org>\r\n\r\nHello.\r\n")
    run("INBOX", "-T", str(letter))
    found = run('INBOX?SUBJECT%20%22from%20curl%22')
    assert found.split() == ["*", "SEARCH", "6"], found
    assert run("INBOX;MAILINDEX=6").endswith("Hello.\r\n")
    run("INBOX", "-X", "STORE 6 +FLAGS (\\Flagged $Forwarded)")
    flags = run("INBOX", "-X", "FETCH 6 FLAGS")
    assert "\\Flagged" in flags and "$Forwarded" in flags
    run("", "-X", "CREATE Kept")
    run("INBOX", "-X", "MOVE 6 Kept")
    assert "* 1 EXISTS" in run("Kept", "-X", "EXAMINE Kept")
    if instance.is_hearth:
        reuse = instance.logins("alice")
        assert reuse[0].startswith("cold") and set(reuse[1:]) == {"warm"}, reuse
