"""What is deleted takes its account's roles along, unless another connection needs them: then they stay.

The service agent is one for all connections of a project, and a connection may rely on a role without a claim
of its own: it was made when the role was there already, or the portal does not manage it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from access import claims
from access.models import Grant
from connections import kinds, lookup
from connections.kinds.base import Kind
from connections.models import GIVES_WAY, Connection, FoundConnection
from connections.present import kind_of
from portal.models import Operation, Project

MANAGED = "Another connection needs it: {}."
FOUND = "A connection that the portal does not manage needs it: {}."
_ORIGINS = (Grant.Origin.SERVICE_AGENT, Grant.Origin.ENCRYPTION)


@dataclass(frozen=True)
class _Other:
    """A connection that may need what another one's end would take away."""

    full_name: str
    project: Project
    kind: Kind | None
    properties: Mapping[str, Any]
    account: str
    kms_key_name: str
    reason: str

    def needs(self, grant: Grant) -> bool:
        """Whether it works by this very claim's binding. Of a kind that is not known, that is assumed."""
        if grant.origin == Grant.Origin.ENCRYPTION:
            return self.kms_key_name == grant.resource.full_name
        if grant.principal != f"serviceAccount:{self.account}":
            return False
        return self.kind is None or any(
            needed.role == grant.role and self._place(needed) == grant.resource.full_name
            for needed in self.kind.roles(self.properties)
        )

    def _place(self, needed: kinds.base.RoleNeeded) -> str:
        project = lookup.project_of(self.project, needed)
        return f"projects/{project.project_id}" if project else ""


def keep_for_others(connection: Connection, ending: list[Grant], operation: Operation) -> None:
    """Claim for another connection what it needs of the claims that end with this one.

    One claim keeps a binding, however many need it: when that one ends, the next is found in its turn.
    """
    for grant in ending:
        if grant.origin not in _ORIGINS:
            continue
        other = next((other for other in _others(connection, grant) if other.needs(grant)), None)
        if other is not None:
            claims.claim(
                grant.resource,
                grant.principal,
                grant.role,
                origin=Grant.Origin(grant.origin),
                by=None,
                purpose=other.full_name,
                reason=other.reason,
                operation=operation,
            )


def _others(connection: Connection, grant: Grant) -> Iterator[_Other]:
    """The project's other connections by this account or key: first those that the portal manages."""
    account = grant.principal.partition(":")[2]
    managed = Connection.objects.filter(project=connection.project).exclude(pk=connection.pk)
    sharing = Q(service_account=account) | Q(kms_key_name=grant.resource.full_name)
    for row in managed.filter(sharing).exclude(GIVES_WAY).select_related("project").order_by("pk").iterator():
        why = MANAGED.format(row.connection_id)
        about = (row.properties, row.service_account, row.kms_key_name, why)
        yield _Other(row.full_name, row.project, kind_of(row), *about)
    found = FoundConnection.objects.filter(project=connection.project).select_related("project")
    here = Q(location=connection.location, connection_id=connection.connection_id)
    for seen in found.exclude(here).order_by("pk").iterator():
        kind, why = kinds.of(seen.body), FOUND.format(seen.connection_id)
        properties = kind.read(seen.body) if kind else {}
        about = (properties, seen.service_account, str(seen.body.get("kmsKeyName", "")), why)
        yield _Other(seen.full_name, seen.project, kind, *about)
