"""Any policy document, for hypothesis; and stored requests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from access.approval.document import ROLES, PolicyDocument
from access.approval.parts import (
    NOT_ASKED,
    OPTIONAL,
    REMIND,
    REQUIRED,
    REVOKE,
    Approvers,
    Exempt,
    Next,
    Review,
    Step,
)
from access.approval.versions import current
from access.models import CONNECTION_USER, AccessRequest, Decision, Resource
from portal import clock
from portal.models import User

PEOPLE = ("ana@example.com", "bo@example.com", "cy@example.com", "di@example.com", "eve@example.com")
GROUPS = ("administrator", "auditor", "yes", "null", "123", "data office: EU")


def some(values: Any, most: int = 3) -> Any:
    """A few different ones, in any order."""
    return st.lists(values, max_size=most, unique=True).map(tuple)


def spans(most_days: int) -> Any:
    """Whole days or hours."""
    return st.one_of(
        st.integers(1, most_days).map(lambda number: timedelta(days=number)),
        st.integers(1, most_days * 24).map(lambda number: timedelta(hours=number)),
    )


approvers = st.builds(
    Approvers, st.booleans(), some(st.sampled_from(GROUPS)), some(st.sampled_from(PEOPLE))
).filter(lambda found: found.owners or found.groups or found.people)
steps = st.lists(st.builds(Step, approvers, st.integers(1, 3)), min_size=1, max_size=4).map(tuple)
labels = st.dictionaries(
    st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True),
    st.from_regex(r"[a-z0-9_-]{0,8}", fullmatch=True),
    max_size=3,
)
exempts = st.builds(
    Exempt,
    some(st.sampled_from(GROUPS)),
    some(st.sampled_from(PEOPLE)),
    some(st.sampled_from(("group:a@example.com", "user:ana@example.com", "domain:example.com"))),
    labels.map(lambda found: tuple(sorted(found.items()))),
    st.none() | spans(7),
)


@st.composite
def documents(draw: st.DrawFn) -> PolicyDocument:
    """Any document that can be."""
    lapses = draw(spans(365).filter(lambda span: span > timedelta(hours=1)))
    after = st.integers(1, lapses // timedelta(hours=1) - 1).map(lambda hours: timedelta(hours=hours))
    ticket = draw(st.sampled_from((REQUIRED, OPTIONAL, NOT_ASKED)))
    patterns = st.sampled_from(("", "[A-Z]+-[0-9]+", r"OPS-\d{1,6}|SEC-\d+", "#12: 3"))
    return PolicyDocument(
        steps=draw(steps),
        roles=draw(st.sampled_from((ROLES, ROLES[:1], ROLES[1:]))),
        longest=draw(spans(3650)),
        without_approval=draw(exempts),
        reason=draw(st.sampled_from((REQUIRED, OPTIONAL))),
        ticket=ticket,
        ticket_pattern="" if ticket == NOT_ASKED else draw(patterns),
        lapses_after=lapses,
        asked_next=draw(st.none() | st.builds(Next, approvers, after)),
        review=draw(st.builds(Review, st.integers(0, 36), spans(365), st.sampled_from((REMIND, REVOKE)))),
        owners_may_edit=draw(st.booleans()),
    )


def make_request(resource: Resource, requester: User, principal: str = "", **fields: Any) -> AccessRequest:
    """A request that waits, judged by the policy that counts now."""
    judged = current(resource)
    values = {
        "role": CONNECTION_USER,
        "reason": "The weekly report",
        "duration": timedelta(days=30),
        "policy": judged.version,
        "policy_document": judged.document.to_dict(),
        "created_at": clock.now(),
        "principal": principal or f"user:{requester.email}",
    }
    return AccessRequest.objects.create(resource=resource, requester=requester, **(values | fields))


def decided(
    request: AccessRequest, by: User, verdict: str = "approve", step: int = 0, **fields: Any
) -> Decision:
    """What somebody said about a request."""
    values = {"decided_at": clock.now(), "verdict": verdict, "step": step}
    return Decision.objects.create(request=request, by=by, **(values | fields))
