"""What a connection's page shows of its life: the last test, what was changed outside, what can be done."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from connections.differences import Difference, differences
from connections.models import Connection
from connections.present import baseline, kind_of
from connections.rules import may_manage
from portal.models import User

FAILED = "failed"


def context(shown: Connection, user: User) -> dict[str, Any]:
    """What templates/connections/manage.html and drift_banner.html ask for."""
    found = outside_changes(shown)
    return report(shown) | {
        "may_manage": may_manage(user, shown),
        "differences": found,
        "key_report": shown.key_report,
        "key_looked_at": moment(shown.key_report),
        "beyond_reach": [item for item in found if not item.known],
        "can_put_back": kind_of(shown) is not None and any(item.known for item in found),
    }


def outside_changes(shown: Connection) -> list[Difference]:
    """What Google has otherwise than the portal, as last seen."""
    if shown.drift != Connection.Drift.CHANGED:
        return []
    return differences(kind_of(shown), baseline(shown), shown.seen)


def report(shown: Connection) -> dict[str, Any]:
    """What the last test found."""
    told = shown.test_report
    checks = list(told.get("checks", []))
    broken = next((check for check in checks if check["state"] == FAILED), None)
    kind = kind_of(shown)
    return {
        "report": told,
        "reported_at": moment(told),
        "checks": [check | {"broken": check is broken} for check in checks],
        "can_test": bool(kind and kind.test_statement) and shown.state == Connection.State.ACTIVE,
    }


def moment(told: dict[str, Any]) -> datetime | None:
    """When something was looked at, None if it never was."""
    return datetime.fromisoformat(told["at"]) if told else None
