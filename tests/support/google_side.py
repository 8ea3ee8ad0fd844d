"""What Google has, as the emulator tells it: connections, bindings, and which calls took effect."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from emulator.client import Control
from tests.support.creation import NUMBER

Row = tuple[str, str, str]  # role, member, condition


def connections(control: Control) -> list[str]:
    """Return the full names of all connections."""
    return sorted(control.state()["connections"])


def bindings(control: Control, resource: str = f"projects/{NUMBER}") -> list[Row]:
    """Return every binding of a resource, one row a member; the resource's name has the project's number."""
    policy = control.state()["policies"].get(resource, {"bindings": []})
    return sorted(
        (binding["role"], member, _text(binding["condition"]))
        for binding in policy["bindings"]
        for member in binding["members"]
    )


def _text(condition: dict[str, str] | None) -> str:
    return json.dumps(condition, sort_keys=True) if condition else ""


def applied(control: Control, method: str, *, path: str = "") -> int:
    """Return how many calls of a method took effect."""
    return len([call for call in control.calls(method) if call["applied"] and path in call["path"]])


def answered(control: Control, method: str) -> int:
    """Return how many calls of a method have been answered."""
    return len([call for call in control.calls(method) if call["status"]])


@dataclass(frozen=True)
class Picture:
    """Google's side at one moment, to compare with a later one."""

    connections: list[str]
    project_bindings: list[Row]

    @classmethod
    def take(cls, control: Control) -> Picture:
        """Look now."""
        return cls(connections(control), bindings(control))

    def added(self, control: Control) -> dict[str, Any]:
        """Return what came since, and make sure that nothing went."""
        now = Picture.take(control)
        gone = [row for row in self.project_bindings if row not in now.project_bindings]
        assert not gone, f"somebody else's bindings are gone: {gone}"
        return {
            "connections": [name for name in now.connections if name not in self.connections],
            "bindings": [row for row in now.project_bindings if row not in self.project_bindings],
        }
