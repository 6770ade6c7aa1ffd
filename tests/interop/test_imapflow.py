# SPDX-License-Identifier: Apache-2.0
"""npm imapflow, the client library of many webmails."""

import json
import os
import pathlib
import shutil
import subprocess

import pytest


def test_imapflow_clicks_meet_one_worker(hearth):
    modules = pathlib.Path(os.environ.get("HEARTH_INTEROP", "."))
    if not shutil.which("node") or not (modules / "node_modules/imapflow").exists():
        pytest.skip("imapflow is not installed")
    instance = hearth(messages=30)
    script = pathlib.Path(__file__).with_name("imapflow_clicks.mjs")
    done = subprocess.run(["node", script, str(instance.port), "alice", instance.password, "50"], capture_output=True,
                          text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)) == 30
    (worker,) = instance.who()
    assert worker["served"] == 50
