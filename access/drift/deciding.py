"""What people decide about differences: adopt, revoke, restore, or ignore until a date."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from access import claims, ending, imports, policy_operation
from access.drift import journal
from access.models import Drift, Grant, Resource
from access.policy_change import key
from portal import audit, clock
from portal.models import Operation, User

Kind, State, Presence = Drift.Kind, Drift.State, Grant.Presence
ADOPT, REVOKE, RESTORE, IGNORE = "adopt", "revoke", "restore", "ignore"
# What can be decided about each kind.
CHOICES: dict[str, tuple[str, ...]] = {
    Kind.FOREIGN: (ADOPT, REVOKE, IGNORE),
    Kind.GONE: (RESTORE, REVOKE, IGNORE),
    # No claim can stand for it, and the writer changes nothing under a condition: people do, at Google.
    Kind.CONDITIONAL: (IGNORE,),
}


class OvertakenError(Exception):
    """Somebody decided meanwhile, or the difference is not there any more."""


@dataclass(frozen=True)
class Decision:
    """What to do about some differences of one resource, and why; `until` is for ignoring."""

    verdict: str
    reason: str
    until: datetime | None = None


def decide(resource: Resource, keys: Sequence[int], decision: Decision, *, by: User) -> Operation | None:
    """Do what was decided about these differences; return the operation where Google has to change.

    Raises OvertakenError where one of them is settled already, ValueError where one cannot be decided so.
    """
    with audit.appending():
        live = resource.drifts.select_for_update().filter(pk__in=keys).exclude(state=State.RESOLVED)
        rows = list(live.order_by("pk"))
        if len(rows) < len(set(keys)):
            raise OvertakenError("Somebody decided about these meanwhile. This is how it stands now.")
        for row in rows:
            _refuse_unfit(row, decision.verdict)
        operation = _ACTS[decision.verdict](resource, rows, decision, by)
        _settle(rows, decision, by, operation)
        return operation


def _refuse_unfit(row: Drift, verdict: str) -> None:
    if verdict not in CHOICES[row.kind]:
        raise ValueError(f"“{verdict}” is not for {row.principal}: {row.get_kind_display()}.")
    if row.kind == Kind.FOREIGN and verdict != IGNORE and not imports.has_room(row.principal, row.role):
        raise ValueError(f"{row.principal} has a longer name than a claim can hold: it can only be ignored.")


def _adopt(resource: Resource, rows: Sequence[Drift], decision: Decision, by: User) -> Operation | None:
    _import(resource, rows, decision, by)
    return None


def _revoke(resource: Resource, rows: Sequence[Drift], decision: Decision, by: User) -> Operation | None:
    """What is foreign is taken over first: only then is it the portal's to take away."""
    grants = _import(resource, [row for row in rows if row.kind == Kind.FOREIGN], decision, by)
    grants += _claimed(resource, [row for row in rows if row.kind == Kind.GONE])
    title = f"Take away what differs: {resource.title}"
    return ending.end_on(resource, grants, by=by, reason=decision.reason, title=title)


def _restore(resource: Resource, rows: Sequence[Drift], decision: Decision, by: User) -> Operation | None:
    """What Google was seen to have is not known to be there any more: the writer adds it again."""
    operation = policy_operation.enqueue(resource, title=f"Give again what is gone: {resource.title}", by=by)
    grants = _claimed(resource, rows)
    Grant.objects.filter(pk__in=[grant.pk for grant in grants]).update(
        observed=Presence.UNKNOWN, observed_at=None, operation=str(operation.pk), error=""
    )
    return operation


def _ignore(resource: Resource, rows: Sequence[Drift], decision: Decision, by: User) -> Operation | None:
    return None


_ACTS: dict[str, Callable[[Resource, Sequence[Drift], Decision, User], Operation | None]] = {
    ADOPT: _adopt,
    REVOKE: _revoke,
    RESTORE: _restore,
    IGNORE: _ignore,
}


def _import(resource: Resource, rows: Sequence[Drift], decision: Decision, by: User) -> list[Grant]:
    """Claim foreign bindings, unless somebody claimed the same meanwhile."""
    held = {key(grant) for grant in resource.grants.filter(desired=Presence.PRESENT)}
    new = [row for row in rows if journal.key_of(row)[1:] not in held]
    pairs = [(row.principal, row.role) for row in new]
    return imports.import_pairs(resource, pairs, by=by, reason=decision.reason, operation=None)


def _claimed(resource: Resource, rows: Sequence[Drift]) -> list[Grant]:
    """The claims on the bindings that are gone."""
    wanted = {journal.key_of(row)[1:] for row in rows}
    held = claims.live(resource).filter(desired=Presence.PRESENT).select_related("resource")
    return [grant for grant in held if key(grant) in wanted]


def _settle(rows: Sequence[Drift], decision: Decision, by: User, operation: Operation | None) -> None:
    state = State.IGNORED if decision.verdict == IGNORE else State.RESOLVED
    for row in rows:
        row.state, row.ignored_until = state, decision.until if decision.verdict == IGNORE else None
        row.reason, row.decided_by, row.decided_at = decision.reason, str(by), clock.now()
    Drift.objects.bulk_update(rows, ["state", "ignored_until", "reason", "decided_by", "decided_at"])
    audit.record_all(
        journal.entry(decision.verdict, row, by=by, reason=decision.reason, operation=operation)
        for row in rows
    )
