# SPDX-License-Identifier: Apache-2.0
"""npm imapflow, the client library of many webmails."""

import json
import os
import pathlib
import subprocess

import pytest

from conftest import needs


def run(script, instance, *words):
    node = needs("node")
    if not (pathlib.Path(os.environ.get("HEARTH_INTEROP", ".")) / "node_modules/imapflow").exists():
        pytest.skip("imapflow is not installed (HEARTH_INTEROP names the directory of node_modules)")
    script = pathlib.Path(__file__).with_name(script)
    done = subprocess.run([node, script, str(instance.port), "alice", instance.password, *words], capture_output=True, text=True,
                          timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_imapflow_clicks_meet_one_worker(server):
    instance = server(messages=30)
    assert len(json.loads(run("imapflow_clicks.mjs", instance, "50"))) == 30
    if instance.is_hearth:
        (worker,) = instance.who()
        assert worker["served"] == 50


def test_imapflow_does_a_mail_programs_work(server):
    assert run("imapflow_work.mjs", server(messages=30)) == "done\n"
