# SPDX-License-Identifier: Apache-2.0
"""Two servers, the same mail, the same questions: where do the answers differ, and which differences are explained?"""

import fnmatch
import pathlib
import re
import tomllib

KNOWN = pathlib.Path(__file__).resolve().parents[2] / "diff/known.toml"
ENTRIES_MAX = 25


class Difference:
    def __init__(self, item, kind, ours, theirs):
        self.item, self.kind, self.ours, self.theirs = item, kind, render(ours), render(theirs)

    def __str__(self):
        return f"{self.kind} {self.item}\n  hearth:  {self.ours[:600]}\n  dovecot: {self.theirs[:600]}"


def render(value):
    if value is None:
        return "NIL"
    if isinstance(value, list):
        return "(" + " ".join(render(v) for v in value) + ")"
    if isinstance(value, bytes):
        return repr(bytes(value))[1:]
    return str(value)


class Known:
    """tests/diff/known.toml: [[difference]] with `item` and `kind` (shell patterns), `rfc`, `reason`, and optionally `hearth`
    and `dovecot` (regular expressions that must be found in the rendered values)."""

    def __init__(self):
        self.entries = tomllib.loads(KNOWN.read_text()).get("difference", [])
        assert len(self.entries) <= ENTRIES_MAX, f"known.toml has {len(self.entries)} entries, at most {ENTRIES_MAX} are allowed"
        for entry in self.entries:
            assert entry.get("rfc") and entry.get("reason"), f"an entry needs rfc and reason: {entry}"
            entry["used"] = 0

    def explains(self, difference):
        for entry in self.entries:
            if (any(fnmatch.fnmatchcase(difference.item, pattern) for pattern in words(entry["item"]))
                    and any(fnmatch.fnmatchcase(difference.kind, pattern) for pattern in words(entry.get("kind", "*")))
                    and re.search(entry.get("hearth", ""), difference.ours, re.S)
                    and re.search(entry.get("dovecot", ""), difference.theirs, re.S)):
                entry["used"] += 1
                return True
        return False


def words(value):
    return value if isinstance(value, list) else [value]


def part_numbers(structure, prefix="", depth=0):
    """The section numbers of a BODYSTRUCTURE, in order: "1", "1.2", ... with whether each is a message."""
    found = []
    if depth > 20 or not structure:
        return found
    if isinstance(structure[0], list):
        children = [part for part in structure if isinstance(part, list)]
        count = next((i for i, part in enumerate(structure) if not isinstance(part, list)), len(structure))
        for number, child in enumerate(children[:count], 1):
            found += part_number(child, f"{prefix}{number}", depth)
        return found
    return part_number(structure, f"{prefix}1", depth)


def part_number(structure, name, depth):
    is_message = len(structure) > 8 and structure[0] and bytes(structure[0]).upper() == b"MESSAGE" and \
        bytes(structure[1]).upper() == b"RFC822" and isinstance(structure[8], list)
    found = [(name, is_message)]
    if is_message:
        inner = structure[8]
        if inner and isinstance(inner[0], list):
            found += part_numbers(inner, name + ".", depth + 1)
        else:
            found += part_number(inner, name + ".1", depth + 1) if depth < 20 else []
    elif structure and isinstance(structure[0], list):
        found += part_numbers(structure, name + ".", depth + 1)
    return found
