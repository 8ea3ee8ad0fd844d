"""The exact change of policies that a request would bring about, from what was last seen. Nothing is read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import yaml

from access.models import AccessRequest, Grant, SeenPolicy
from access.requests.granting import GAINS
from portal.gcp.policies import Policy, RoleMember


@dataclass(frozen=True)
class PolicyChange:
    """A policy before and after, as YAML like gcloud's. `seen_at`: when it was read; None: never yet.

    What was never read is drawn from the portal's own claims, which may not be all of it.
    """

    resource: str
    before: str
    after: str
    seen_at: datetime | None

    @property
    def changes_nothing(self) -> bool:
        """Whether the policy has it all already."""
        return self.before == self.after


def of(request: AccessRequest) -> list[PolicyChange]:
    """Return the change of each policy that the request is about; two queries at most."""
    describe = GAINS.get(request.resource.kind)
    gains = describe(request) if describe else []
    names = sorted({name for name, _, _ in gains})
    seen = _seen(request, names)
    claimed = _claimed([name for name in names if name not in seen])
    found = []
    for name in names:
        row = seen.get(name)
        policy = Policy.from_json(row.document) if row else Policy().with_members(claimed.get(name, []))
        after = policy.with_members((role, member) for gained, role, member in gains if gained == name)
        found.append(PolicyChange(name, _text(policy), _text(after), row.seen_at if row else None))
    return found


def _seen(request: AccessRequest, names: list[str]) -> dict[str, SeenPolicy]:
    """The policies as last seen; the resource's own may have been loaded with the request."""
    own = request.resource.full_name
    if names == [own]:
        found = getattr(request.resource, "seen_policy", None)
        return {own: found} if found else {}
    rows = SeenPolicy.objects.filter(resource__full_name__in=names).select_related("resource")
    return {row.resource.full_name: row for row in rows}


def _claimed(names: Iterable[str]) -> dict[str, list[RoleMember]]:
    """What the portal has given on resources whose policy it has not read, as far as it was seen there."""
    wanted = list(names)
    if not wanted:
        return {}
    grants = Grant.objects.filter(resource__full_name__in=wanted, observed=Grant.Presence.PRESENT)
    found: dict[str, list[RoleMember]] = {}
    for name, role, principal in grants.values_list("resource__full_name", "role", "principal").order_by(
        "pk"
    ):
        found.setdefault(name, []).append((role, principal))
    return found


def _text(policy: Policy) -> str:
    """The bindings as gcloud writes them."""
    bindings = [binding.to_json() for binding in policy.bindings]
    text: str = yaml.safe_dump({"bindings": bindings}, sort_keys=True, allow_unicode=True, width=200)
    return text
