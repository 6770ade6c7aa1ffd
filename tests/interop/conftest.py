# SPDX-License-Identifier: Apache-2.0
"""Other people's clients do their real work. Each test gets its own Hearth by `server`, with the same checks afterwards as
in tests/integration; what isn't installed is skipped with its name.

HEARTH_INTEROP_SERVER=dovecot runs the same tests against Debian's Dovecot instead (as root): a driver that fails there too
is wrong itself."""

import functools
import os
import pathlib
import re
import shutil
import sys

import pytest

sys.path[:0] = [str(pathlib.Path(__file__).parent)]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from hearth_test.fixtures import *  # noqa: E402, F401, F403
from hearth_test import dovecot, instance as instances  # noqa: E402


def needs(program):
    """The path of a program, or a skip that names it."""
    found = shutil.which(program)
    if not found:
        pytest.skip(f"{program} is not installed")
    return found


class Dovecot(instances.Instance):
    """The same mail and users, served by Dovecot."""

    is_hearth = False

    def start(self):
        if not dovecot.PROGRAM.exists() or not instances.IS_ROOT:
            pytest.skip("dovecot-imapd is not installed, or we are not root")
        users = {user: self.uid(user) for user in self.users}
        self.peer = dovecot.Dovecot(self.directory / "dovecot", self.directory / "mail", users, self.port).start()
        return self

    def stop(self):
        if getattr(self, "peer", None):
            self.peer.stop()
            self.peer = None
            instances.reap_orphans()  # its log and stats processes outlive it for a moment

    def log(self):
        return self.peer.log() if getattr(self, "peer", None) else ""

    def logins(self, user):
        return []


class Hearth(instances.Instance):
    is_hearth = True

    def logins(self, user):
        """How each login of this user met its worker, in order: "warm", "cold(first)", ..."""
        return re.findall(rf"Login: user=<{re.escape(user)}>.* reuse=(\S+)", self.log())


@pytest.fixture
def server(hearth):
    """A function that starts a server; its arguments are those of Instance."""
    kind = Dovecot if os.environ.get("HEARTH_INTEROP_SERVER") == "dovecot" else Hearth
    return functools.partial(hearth, kind=kind)
