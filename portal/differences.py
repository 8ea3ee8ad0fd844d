"""Two texts as a difference, line by line."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class DiffLine:
    """One line of a difference: `kind` is added, removed, same or gap."""

    kind: str
    sign: str
    says: str
    text: str


KINDS = {"+": ("added", "Added: "), "-": ("removed", "Removed: "), " ": ("same", ""), "@": ("gap", "")}


def diff_lines(before: str, after: str) -> Iterator[DiffLine]:
    """The lines that changed, with three lines around each."""
    unified = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=3)
    for line in list(unified)[2:]:
        kind, says = KINDS[line[0]]
        if line[0] == "@":
            yield DiffLine(kind, "", says, "…")
        else:
            yield DiffLine(kind, line[0].strip(), says, line[1:])
