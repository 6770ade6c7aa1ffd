# SPDX-License-Identifier: Apache-2.0
"""offlineimap3, two-way."""

import os
import subprocess

from conftest import needs


class OfflineImap:
    def __init__(self, program, directory, instance):
        self.program, self.directory = program, directory
        self.control = directory / "offlineimaprc"
        self.control.write_text(f"""
[general]
accounts = test
metadata = {directory}/state
maxsyncaccounts = 1
[Account test]
localrepository = near
remoterepository = far
[Repository near]
type = Maildir
localfolders = {directory}/local
[Repository far]
type = IMAP
remotehost = 127.0.0.1
remoteport = {instance.port}
remoteuser = alice
remotepass = {instance.password}
ssl = no
starttls = no
""")

    def run(self):
        done = subprocess.run([self.program, "-c", self.control, "-o", "-1", "-u", "basic"], capture_output=True, text=True,
                              env=dict(os.environ, HOME=str(self.directory)), timeout=600)
        assert done.returncode == 0 and "ERROR" not in done.stdout + done.stderr, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout + done.stderr

    def files(self, box):
        return [path for part in ("cur", "new") for path in sorted((self.directory / "local" / box / part).glob("*"))]


def test_offlineimap_two_way(server, tmp_path):
    offlineimap = OfflineImap(needs("offlineimap"), tmp_path, instance := server(messages=300))
    offlineimap.run()
    files = offlineimap.files("INBOX")
    assert len(files) == 300
    again = offlineimap.run()
    assert "Copy message" not in again and "Deleting" not in again and offlineimap.files("INBOX") == files

    (tmp_path / "local/INBOX/new/1.near.example:2,").write_bytes(
        b"From: a@example.org\nSubject: near\nMessage-ID: <near@example.org>\nDate: Mon, 02 Nov 2026 10:00:00 +0000\n\nHello.\n")
    seen = [path for path in files if path.name.endswith(":2,S")]
    seen[0].rename(seen[0].with_name(seen[0].name.replace(":2,S", ":2,FS")))
    seen[1].unlink()
    client = instance.imap()
    client.select("INBOX")
    flagged = len(client.uid("search", "FLAGGED")[1][0].split())
    client.append("INBOX", "(\\Flagged)", None, b"From: b@example.org\r\nSubject: far\r\nMessage-ID: <far@example.org>\r\n\r\nHi.\r\n")
    client.logout()
    offlineimap.run()
    assert len(offlineimap.files("INBOX")) == 301  # 300 + near + far - deleted
    client = instance.imap()
    assert client.select("INBOX")[1] == [b"301"]
    assert len(client.uid("search", "FLAGGED")[1][0].split()) == flagged + 2
    assert len(client.uid("search", "HEADER", "Message-ID", "near@example.org")[1][0].split()) == 1
    client.logout()
    before = offlineimap.files("INBOX")
    again = offlineimap.run()
    assert "Copy message" not in again and "Deleting" not in again and offlineimap.files("INBOX") == before
