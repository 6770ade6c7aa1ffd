# SPDX-License-Identifier: Apache-2.0
"""The same fixtures as in tests/integration."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from hearth_test.fixtures import *  # noqa: E402, F401, F403
