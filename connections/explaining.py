"""What a pasted message means for one connection: its own account, role and key by name, and what mends it.

The causes are those that a test walks (connections.services.checks); here nothing is asked of Google.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from connections.models import Connection
from connections.present import kind_of
from connections.services.checks import EDIT, GRANT, GRANT_KEY, LOOK, ROTATE
from portal.gcp.diagnosis import Diagnosis
from portal.gcp.kms import KEY_ROLE
from portal.gcp.services import encryption_agent, service_agent

_UNREACHABLE = frozenset({"postgres-unreachable", "mysql-unreachable"})
_ACTIONS: Mapping[str, str] = {
    "wrong-password": ROTATE,
    "database-missing": EDIT,
    "connection-not-found": LOOK,
    **dict.fromkeys(_UNREACHABLE, GRANT),
}
_ELSE = (
    "If it has the role, check username and password, and that BigQuery has a network path to the database."
)


@dataclass(frozen=True)
class Explanation:
    """The diagnosis in the connection's own names; `action` names the button that mends it, "" for none."""

    diagnosis: Diagnosis
    action: str = ""


def explain(found: Diagnosis, connection: Connection) -> Explanation:
    """Say what the diagnosis means for this connection."""
    action = _ACTIONS.get(found.code, "")
    if found.code in _UNREACHABLE:
        return _unreachable(found, connection)
    if found.code == "kms-denied":
        return _key_denied(found, connection)
    if action == ROTATE and not _has_password(connection):
        return Explanation(found)
    if found.code == "connection-use-denied":
        fix = (
            f"{found.fix[:-1]}: share {connection.path} with whoever runs the query, or have them request it."
        )
        return Explanation(replace(found, fix=fix))
    return Explanation(found, action)


def _key_denied(found: Diagnosis, connection: Connection) -> Explanation:
    key, number = connection.kms_key_name, connection.project.number
    if number is None:
        return Explanation(found)
    fix = f"Grant {KEY_ROLE} on {key or 'the key that it names'} to {encryption_agent(number)}."
    return Explanation(replace(found, fix=fix), GRANT_KEY if key else "")


def _unreachable(found: Diagnosis, connection: Connection) -> Explanation:
    kind = kind_of(connection)
    roles = kind.roles(connection.properties) if kind else ()
    if kind is None or not roles:
        return Explanation(found)
    account = connection.service_account or service_agent(connection.project.number or 0)
    wanted = " ".join(
        f"Grant {role.label} ({role.role}) to {account} on {role.project or connection.project.project_id},"
        " and wait a few minutes."
        for role in roles
    )
    return Explanation(replace(found, fix=f"{wanted} {_ELSE}"), GRANT)


def _has_password(connection: Connection) -> bool:
    kind = kind_of(connection)
    return bool(kind and kind.secret_field)
