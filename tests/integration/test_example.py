# SPDX-License-Identifier: Apache-2.0
"""The example worker of docs/examples, run under the master: any service gets warmth from the framework."""

from hearth_test.instance import BUILD
from hearth_test.wire import Anvil, Auth, OfferConnection, client_pair, offer_record

FINGER = f"""
service finger {{
  executable = {BUILD}/examples/finger
  process_limit = 4
  unix_listener login/finger {{
    mode = 0660
  }}
  unix_listener login/finger-%{{pid}} {{
  }}
}}
"""


def ask(instance, auth, path, shared):
    success = auth.login("alice", "secret", service="finger")
    theirs, ours = client_pair()
    connection = OfferConnection(path)
    connection.offer(offer_record(success.session, success.generation, shared), [theirs.fileno(), success.grant])
    theirs.close()
    name, pid, reason = connection.final_answer()
    assert name == "TAKEN", (name, reason)
    ours.sendall(b"who?\r\n")
    text = b""
    while part := ours.recv(4096):
        text += part
    return text.decode(), pid


def test_the_example_worker_serves_and_stays_warm(hearth):
    instance = hearth(config=FINGER)
    auth = Auth(instance.base_dir)
    text, pid = ask(instance, auth, instance.base_dir / "login/finger", shared=True)
    assert "alice" in text and str(instance.maildir("alice")) in text
    anvil = Anvil(instance.base_dir)
    verdict, pids = anvil.lookup(auth.login("alice", "secret", service="finger"), service="finger")
    assert (verdict, pids) == ("candidates", [pid])
    anvil.cancel()
    again, same = ask(instance, auth, instance.base_dir / f"login/finger-{pid}", shared=False)
    assert same == pid and again.split(" of session")[0] == text.split(" of session")[0]
