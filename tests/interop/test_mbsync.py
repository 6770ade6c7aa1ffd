# SPDX-License-Identifier: Apache-2.0
"""mbsync (isync), two-way: the first run brings 10,000 messages, the second has nothing to do; then changes of both sides
cross."""

import os
import re

from conftest import needs
from terminal import in_terminal

MESSAGES = int(os.environ.get("HEARTH_INTEROP_MESSAGES", "10000"))


class Mbsync:
    def __init__(self, program, directory, instance):
        self.program, self.directory = program, directory
        self.local = directory / "local"
        self.local.mkdir()
        self.control = directory / "mbsyncrc"
        self.control.write_text(f"""
IMAPAccount server
Host 127.0.0.1
Port {instance.port}
User alice
Pass {instance.password}
SSLType None
AuthMechs LOGIN

IMAPStore far
Account server

MaildirStore near
Path {self.local}/
Inbox {self.local}/INBOX
SubFolders Verbatim

Channel both
Far :far:
Near :near:
Patterns *
Create Both
Remove Both
Expunge Both
CopyArrivalDate yes
SyncState *
""")

    def run(self):
        """What was done: {"Far": (new, changed, trashed), "Near": ...}."""
        # The counters are shown to terminals only; the last ones are the sums.
        code, output = in_terminal([self.program, "-c", self.control, "both"], dict(os.environ, HOME=str(self.directory)), 900)
        assert code == 0, output[-3000:]
        totals = re.findall(r"([FN]): \+(\d+)/\d+ \*(\d+)/\d+ #(\d+)/\d+", output)
        assert totals, output[-2000:]
        return {{"F": "Far", "N": "Near"}[side]: (int(new), int(flags), int(gone)) for side, new, flags, gone in totals[-2:]}

    def files(self, box):
        return [path for part in ("cur", "new") for path in sorted((self.local / box / part).glob("*"))]


def test_mbsync_two_way(server, tmp_path):
    mbsync = Mbsync(needs("mbsync"), tmp_path, instance := server(messages=MESSAGES))
    nothing = {"Far": (0, 0, 0), "Near": (0, 0, 0)}
    assert mbsync.run() == {"Far": (0, 0, 0), "Near": (MESSAGES, 0, 0)}
    assert len(mbsync.files("INBOX")) == MESSAGES
    assert mbsync.run() == nothing

    # The near side: a new message, a flag, a deletion, a new folder with a message.
    message = b"From: a@example.org\nSubject: near\nMessage-ID: <near@example.org>\n\nHello.\n"
    (mbsync.local / "INBOX/new/1.near.example").write_bytes(message)
    seen = [path for path in mbsync.files("INBOX") if path.name.endswith(":2,S")]
    seen[0].rename(seen[0].with_name(seen[0].name.replace(":2,S", ":2,FS")))
    seen[1].rename(seen[1].with_name(seen[1].name.replace(":2,S", ":2,ST")))
    for part in ("cur", "new", "tmp"):
        (mbsync.local / "Kept" / part).mkdir(parents=True)
    (mbsync.local / "Kept/cur/2.near.example:2,S").write_bytes(message.replace(b"<near", b"<kept"))
    # The far side: the same, by another client.
    client = instance.imap()
    client.select("INBOX")
    uids = client.uid("search", "SEEN", "UNFLAGGED")[1][0].split()
    client.uid("store", uids[-1], "+FLAGS", "(\\Answered)")
    client.uid("store", uids[-2], "+FLAGS", "(\\Deleted)")
    client.expunge()
    client.append("INBOX", "(\\Seen)", None, message.replace(b"\n", b"\r\n").replace(b"<near", b"<far"))
    client.logout()

    # A deletion counts as a change of flags, which mbsync expunges then (# counts what goes to a trash).
    assert mbsync.run() == {"Far": (2, 2, 0), "Near": (1, 2, 0)}
    assert mbsync.run() == nothing
    client = instance.imap()
    assert client.select("INBOX")[1] == [str(MESSAGES).encode()]  # two new, two gone
    assert len(client.uid("search", "HEADER", "Message-ID", "near@example.org")[1][0].split()) == 1
    assert client.select("Kept")[1] == [b"1"]
    client.logout()
    assert len(mbsync.files("INBOX")) == MESSAGES
