# SPDX-License-Identifier: Apache-2.0
"""fetchmail takes all mail away over IMAP."""

import os
import subprocess

from conftest import needs


def test_fetchmail_takes_all_mail_once(server, tmp_path):
    fetchmail = needs("fetchmail")
    instance = server(messages=40)
    control = tmp_path / "fetchmailrc"
    control.write_text(f"""poll 127.0.0.1 protocol imap port {instance.port}
  user "alice" password "{instance.password}" sslproto "" fetchall no keep
  mda "cat >>{tmp_path}/mbox; echo >>{tmp_path}/mbox"
""")
    control.chmod(0o600)
    environment = dict(os.environ, HOME=str(tmp_path), FETCHMAILHOME=str(tmp_path))

    def run():
        done = subprocess.run([fetchmail, "--nodetach", "--nosyslog", "-v", "-f", control, "--pidfile", tmp_path / "pid"],
                              env=environment, capture_output=True, text=True, timeout=300)
        return done.returncode, done.stdout + done.stderr

    code, output = run()
    assert code == 0, output
    taken = (tmp_path / "mbox").read_bytes()
    assert taken.count(b"Message-ID: <") + taken.count(b"Message-Id: <") >= 40
    assert output.count("flushed") == 40, output
    code, output = run()
    assert code == 1, output  # its word for "there was no mail"
    client = instance.imap()
    assert client.select("INBOX")[1] == [b"0"]
    client.logout()
