# SPDX-License-Identifier: Apache-2.0
"""neomutt in a terminal of its own, driven by pushed keys."""

import os

from conftest import needs
from terminal import in_terminal


def test_neomutt_reads_flags_copies_moves_deletes_and_files_what_it_sends(server, tmp_path):
    neomutt = needs("neomutt")
    instance = server(messages=20)
    client = instance.imap()
    for box in ("Kept", "Done", "Sent"):
        client.create(box)
    client.logout()
    folder = f"imap://alice@127.0.0.1:{instance.port}"
    control = tmp_path / "muttrc"

    environment = dict(os.environ, HOME=str(tmp_path), TERM="xterm", LC_ALL="C.UTF-8")

    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nprintf "Hello Bob,\\nthis is neomutt.\\n" >"$1"\n')
    editor.chmod(0o755)

    def configure(keys):
        control.write_text(f"""
set imap_user="alice" imap_pass="{instance.password}" imap_authenticators="login" ssl_starttls=no ssl_force_tls=no
set folder="{folder}" spoolfile="{folder}/INBOX" mbox_type=Maildir header_cache="{tmp_path}/cache" tmpdir="{tmp_path}"
set confirmappend=no confirmcreate=no delete=yes move=no quit=yes wait_key=no abort_nosubject=no sort=mailbox-order
set sendmail="/bin/true" from="alice@example.org" realname="Alice" use_domain=no
set record="{folder}/Sent" copy=yes beep=no mark_old=no pager_stop=yes recall=no timeout=5 crypt_use_gpgme=no
set editor="{editor}" edit_headers=no
push "{keys}"
""")

    # Reads the first message, flags the second, copies the third, moves the fourth, deletes the fifth.
    configure("<jump>1<enter><display-message><exit><jump>2<enter><flag-message><jump>3<enter><copy-message>=Kept<enter>"
              "<jump>4<enter><save-message>=Done<enter><jump>5<enter><delete-message><sync-mailbox><quit>")
    code, output = in_terminal([neomutt, "-n", "-F", control], environment)
    assert code == 0, output[-2000:]
    # One that is written, sent, and filed into Sent.
    configure("<mail>bob@example.org<enter>filed by neomutt<enter><send-message><quit>")
    code, output = in_terminal([neomutt, "-n", "-F", control], environment)
    assert code == 0, output[-2000:]

    client = instance.imap()
    assert client.select("INBOX")[1] == [b"18"]
    assert client.search(None, "FLAGGED", "2")[1] == [b"2"]
    assert client.search(None, "SEEN", "1")[1] == [b"1"]
    for box in ("Kept", "Done", "Sent"):
        assert client.select(box)[1] == [b"1"], box
    assert client.search(None, "SUBJECT", '"filed by neomutt"', "BODY", '"this is neomutt"')[1] == [b"1"]
    client.logout()
