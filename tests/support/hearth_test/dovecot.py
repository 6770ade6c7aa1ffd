# SPDX-License-Identifier: Apache-2.0
"""A private Dovecot 2.3 (Debian's dovecot-imapd) on loopback, as a peer: what we are compared with and live beside."""

import contextlib
import os
import pathlib
import select
import signal
import socket
import subprocess
import time

from .instance import children

PROGRAM = pathlib.Path("/usr/sbin/dovecot")

CONFIG = """
base_dir = {dir}/run
state_dir = {dir}/state
log_path = {dir}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{mail}/%u
first_valid_uid = 1
passdb {{
  driver = passwd-file
  args = {users}
}}
userdb {{
  driver = passwd-file
  args = {users}
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
  {login}
}}
service imap {{
  process_limit = 1024
  {imap}
}}
service stats {{
  client_limit = 10000
}}
mail_max_userip_connections = 0
{extra}
"""


def wait_for_port(port):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            with socket.create_connection(("127.0.0.1", port), 1) as sock:
                if sock.recv(1):
                    return
    raise RuntimeError(f"nobody answers on port {port}")


class Dovecot:
    """Serves the Maildirs `mail`/<user> of `users` ({name: uid}) with the password "secret"; a context manager.
    Needs root. `changes`: more lines for `login`, `imap` and the end (`extra`) of its configuration."""

    def __init__(self, directory, mail, users, port, **changes):
        self.directory, self.port = pathlib.Path(directory), port
        self.directory.mkdir(mode=0o755)
        passwords = self.directory / "users"
        passwords.write_text("".join(f"{user}:{{PLAIN}}secret:{uid}:{uid}::{mail}/{user}::\n" for user, uid in users.items()))
        passwords.chmod(0o644)
        values = {"login": "", "imap": "", "extra": ""} | changes
        self.config = self.directory / "dovecot.conf"
        self.config.write_text(CONFIG.format(dir=self.directory, mail=mail, users=passwords, port=port, **values))
        self.process = None

    def start(self):
        self.process = subprocess.Popen([PROGRAM, "-F", "-c", self.config], stdin=subprocess.DEVNULL)
        wait_for_port(self.port)
        return self

    def stop(self):
        helpers = children(self.process.pid)  # its log process ends after it
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        for pid in helpers:
            with contextlib.suppress(OSError, ChildProcessError):
                handle = os.pidfd_open(pid)
                select.select([handle], [], [], 30)
                os.close(handle)
                os.waitpid(pid, 0)

    def log(self):
        path = self.directory / "dovecot.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
