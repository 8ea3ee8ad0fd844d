"""What Google will not have in a policy: taken out of the batch, so that the other claims go on."""

from __future__ import annotations

import re

from access import claims
from access.models import Grant
from access.policy_change import Change, pair
from access.policy_size import Size
from portal.gcp.errors import InvalidRequest, ServiceAgentMissing
from portal.gcp.policies import Policy
from portal.runs import RefusedError, Run


def without_room(change: Change, before: Policy, run: Run) -> bool:
    """Give up the new claims that would make the policy larger than Google allows; the oldest go first."""
    policy = before.changed(removals=change.removals)
    if policy.changed(additions=change.additions).fits():
        return False
    size = Size.of(policy)
    refused = {grant: limit for grant in change.new if (limit := size.add(*pair(grant)))}
    if refused:
        with run.fenced():
            claims.give_up(refused, run.operation)
    return bool(refused)


def put_off(change: Change, error: ServiceAgentMissing, missing: dict[int, ServiceAgentMissing]) -> None:
    """Leave the claims of an account that is not there yet out of the next cycle."""
    theirs = [grant.pk for grant in change.new if _address(grant) == error.service_account.lower()]
    if not theirs:
        raise error
    missing.update(dict.fromkeys(theirs, error))


def refuse_named(change: Change, error: InvalidRequest, run: Run) -> bool:
    """Take the claims that Google names in its refusal out of the batch, so that the others go on.

    Return False when it names none of several. Raises RefusedError when no claim can be the reason.
    """
    new = change.new
    if not new:
        raise RefusedError(error.message, "Look at the policy in the Google Cloud console.") from error
    named = [grant for grant in new if _is_named(grant, error.message)] or (new if len(new) == 1 else [])
    if named:
        with run.fenced():
            claims.give_up(dict.fromkeys(named, error.message), run.operation)
    return bool(named)


def _is_named(grant: Grant, message: str) -> bool:
    """Whether the message names this very principal, not one whose address ends or begins alike."""
    address = re.escape(_address(grant))
    return re.search(rf"(?<![\w.+-]){address}(?![\w-]|\.\w)", message.lower()) is not None


def _address(grant: Grant) -> str:
    return grant.principal.rpartition(":")[2].lower()
