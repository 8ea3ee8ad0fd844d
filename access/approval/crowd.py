"""Who is who at a moment, in memory: for looking at many requests or steps with few queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import Group
from django.db.models import QuerySet

from access.approval.parts import Approvers
from access.models import Resource
from portal.models import ADMINISTRATOR, User


@dataclass(frozen=True)
class Crowd:
    """Active people by address, by group of the portal, and as owners of resources by their keys."""

    active: frozenset[str] = frozenset()
    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)
    owners: Mapping[int, frozenset[str]] = field(default_factory=dict)

    def meant(self, approvers: Approvers, resource: int, parties: frozenset[str]) -> frozenset[str]:
        """Return the addresses that `approvers` means: what access.approval.approvers.people() returns."""
        found = set(self.active & set(approvers.people))
        for name in approvers.groups:
            found |= self.groups.get(name, frozenset())
        if approvers.owners:
            owners = self.owners.get(resource, frozenset()) - parties
            found |= owners or self.groups.get(ADMINISTRATOR, frozenset())
        return frozenset(found - parties)

    def groups_of(self, email: str) -> frozenset[str]:
        """Return the groups of the portal that somebody is in."""
        return frozenset(name for name, members in self.groups.items() if email in members)


def gather(resources: Collection[int] | QuerySet[Any, Any]) -> Crowd:
    """Return who is who now, with the owners of these resources: three queries."""
    active = frozenset(User.objects.filter(is_active=True).values_list("email", flat=True))
    groups: dict[str, set[str]] = defaultdict(set)
    for name, email in Group.objects.values_list("name", "user__email"):
        groups[name] |= {email} & active
    owners: dict[int, set[str]] = defaultdict(set)
    pairs = Resource.owners.through.objects.filter(resource__in=resources, user__is_active=True)
    for resource, email in pairs.values_list("resource", "user__email"):
        owners[resource].add(email)
    return Crowd(
        active,
        {name: frozenset(members) for name, members in groups.items()},
        {resource: frozenset(members) for resource, members in owners.items()},
    )
