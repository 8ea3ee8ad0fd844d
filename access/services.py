"""Sharing: request_share from the web, apply_share in the worker."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from access import claims, policy_operation, policy_writer
from access.models import Grant, Resource
from access.requests.cancelling import take_back_later
from portal import audit
from portal.execution import Failure
from portal.models import Operation, User
from portal.runs import RefusedError, Run

GIVEN_UP = "given_up"


@dataclass(frozen=True)
class Sharing:
    """What the "Connection permissions" dialog asks for: (principal, role) pairs, and claims to end.

    `until` says when those that have an end do end.
    """

    add: frozenset[tuple[str, str]] = frozenset()
    remove: Collection[Grant] = field(default_factory=tuple)
    reason: str = ""
    until: Mapping[tuple[str, str], datetime] = field(default_factory=dict)


def request_share(resource: Resource, sharing: Sharing, *, by: User) -> Operation:
    """Write the claims down and have a worker bring the policy in line. One operation for all of them.

    Raises ValueError when there is nothing to change.
    """
    if not sharing.add and not sharing.remove:
        raise ValueError("Nothing was changed.")
    with audit.appending():
        operation = policy_operation.enqueue(resource, title=f"Change who may use {resource.title}", by=by)
        take_back_later(sharing.remove, by=by, reason=sharing.reason)
        claims.end_all(sharing.remove, by=by, reason=sharing.reason, operation=operation)
        claims.claim_all(
            resource,
            {pair: sharing.until.get(pair) for pair in sharing.add},
            origin=Grant.Origin.SHARE,
            by=by,
            reason=sharing.reason,
            operation=operation,
        )
        return operation


def apply_share(run: Run) -> None:
    """Write the resource's pending claims to Google."""
    resource = Resource.objects.get(full_name=run.operation.target)
    _ask_again(run)
    write_step(resource, run)
    with run.outcome():
        _record(run, resource, audit.Outcome.SUCCEEDED)


def _ask_again(run: Run) -> None:
    """A retry begins with the additions that were given up when it failed."""
    if GIVEN_UP in run.operation.parameters:
        with run.fenced():
            claims.ask_again(run.operation.parameters.pop(GIVEN_UP), run.operation)
            run.operation.save(update_fields=["parameters"])


def write_step(resource: Resource, run: Run, name: str = policy_operation.WRITE) -> None:
    """The step that brings a policy in line; fails if Google refused a claim of this operation."""
    run.step(name, lambda: _write(resource, run), _sentence)


def _write(resource: Resource, run: Run) -> int:
    count = policy_writer.write_pending(resource, run)
    refused = resource.grants.filter(operation=str(run.operation.pk)).exclude(error="")
    if refused:
        raise RefusedError(
            "; ".join(f"{grant.principal}: {grant.error}" for grant in refused),
            "Correct the principals, then share again. What Google took is done.",
        )
    return count


def _sentence(count: int) -> str:
    if not count:
        return "Already as asked for."
    return "1 change, seen in the policy." if count == 1 else f"{count} changes, seen in the policy."


def share_failed(run: Run, failure: Failure) -> None:
    """Record why; what it was to add is given up, lest a later change of the policy brings it about.

    What it was to take away stays to be taken away: access.reconcile sees to it.
    """
    resource, operation = Resource.objects.get(full_name=run.operation.target), run.operation
    if given_up := claims.give_up_unapplied(resource, failure.message, operation):
        operation.parameters = {**operation.parameters, GIVEN_UP: given_up}
        operation.save(update_fields=["parameters"])
    _record(run, resource, audit.Outcome.FAILED, failure.message)


def _record(run: Run, resource: Resource, outcome: audit.Outcome, reason: str = "") -> None:
    audit.record(
        "policy.share",
        by=run.operation.requested_by,
        target=resource.full_name,
        project=resource.project_id,
        outcome=outcome,
        reason=reason,
        operation=run.operation,
    )
