# SPDX-License-Identifier: Apache-2.0
"""The fixtures are in tests/support/hearth_test/fixtures.py."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from hearth_test.fixtures import *  # noqa: E402, F401, F403
