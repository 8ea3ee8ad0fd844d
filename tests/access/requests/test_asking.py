"""Asking: what is written down, what is refused, what is prolonged, who is told."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from access.approval.document import BUILT_IN
from access.models import CONNECTION_ADMIN, CONNECTION_USER, AccessRequest, Grant, Resource
from access.requests import asking, conversing
from portal import clock
from portal.models import ADMINISTRATOR, AuditEvent, User
from tests.access.requests.asked import APPROVE, WEEK, actions, ask, decide, set_policy, told
from tests.support.factories import make_grant, make_person

pytestmark = pytest.mark.django_db
State = AccessRequest.State
REST = "and more cannot wait at once. Withdraw some, or let them be decided first."


def refusals(resource: Resource, by: User, **values: object) -> dict[str, list[str]]:
    """What is said, by field, against asking for this."""
    with pytest.raises(ValidationError) as found:
        ask(resource, by, **values)
    return found.value.message_dict


def test_a_request_waits_for_the_owners(orders: Resource, ana: User, olga: User, ada: User) -> None:
    request = ask(orders, ana, ticket="OPS-7")
    assert request.state == State.PENDING
    assert request.policy is None
    assert request.policy_document["longest"] == "90 days"
    assert request.lapses_at == request.created_at + timedelta(days=7)
    assert not Grant.objects.exists()
    assert told() == [("request_made", "olga@example.com")]
    event = AuditEvent.objects.get(action="request.create")
    assert (event.actor, event.target, event.reason) == (
        "ana@example.com",
        orders.full_name,
        "Monthly report",
    )
    assert event.detail["request"] == str(request.pk)
    assert event.detail["principal"] == "user:ana@example.com"
    assert event.detail["policy_version"] is None


def test_it_keeps_the_version_that_it_is_judged_by(orders: Resource, ana: User, ada: User) -> None:
    set_policy(orders, ada, longest="10 days")
    request = ask(orders, ana)
    set_policy(orders, ada, longest="1 day")
    request.refresh_from_db()
    assert request.policy is not None
    assert request.policy.version == 1
    assert request.policy_document["longest"] == "10 days"


def test_for_a_group_or_a_service_account(orders: Resource, ana: User) -> None:
    assert ask(orders, ana, principal="group:analysts@example.com").principal == "group:analysts@example.com"
    assert ask(orders, ana, principal="serviceAccount:x@p.iam.gserviceaccount.com").state == State.PENDING


@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        ({"role": CONNECTION_ADMIN}, "role", "does not let anybody ask for this role"),
        ({"role": "roles/owner"}, "role", "cannot be asked for here"),
        ({"duration": timedelta(days=91)}, "duration", "90 days at most"),
        ({"reason": " "}, "reason", "wants a reason"),
    ],
)
def test_the_policy_refuses(
    orders: Resource, ana: User, values: dict[str, object], field: str, sentence: str
) -> None:
    assert sentence in refusals(orders, ana, **values)[field][0]
    assert actions() == []


def test_all_that_is_wrong_is_said_at_once(orders: Resource, ana: User) -> None:
    wrong = refusals(orders, ana, role=CONNECTION_ADMIN, duration=timedelta(days=100), reason="")
    assert set(wrong) == {"role", "duration", "reason"}


def test_a_start_too_far_ahead_is_refused(orders: Resource, ana: User) -> None:
    assert "starts_at" in refusals(orders, ana, starts_at=clock.now() + timedelta(days=400))


def test_a_start_that_has_passed_is_none(orders: Resource, ana: User) -> None:
    assert ask(orders, ana, starts_at=clock.now() - timedelta(hours=1)).starts_at is None


def test_the_same_cannot_be_asked_for_twice(orders: Resource, ana: User) -> None:
    ask(orders, ana)
    assert "waiting already" in refusals(orders, ana, reason="again")["role"][0]
    ask(orders, ana, principal="group:analysts@example.com")


def test_what_is_held_without_an_end_is_not_asked_for(orders: Resource, ana: User) -> None:
    make_grant(orders, "user:ana@example.com")
    assert "without an end" in refusals(orders, ana)["role"][0]


def test_what_was_shared_until_a_date_may_be_asked_for(orders: Resource, ana: User) -> None:
    make_grant(orders, "user:ana@example.com", expires_at=clock.now() + timedelta(days=1))
    assert ask(orders, ana).extends is None


def test_who_needs_no_approval_has_it_at_once(orders: Resource, ana: User, ada: User) -> None:
    set_policy(orders, ada, without_approval={"under": "24 hours"})
    request = ask(orders, ana, duration=timedelta(hours=8))
    assert request.state == State.APPROVED
    assert request.granted_at is not None
    decision = request.decisions.get()
    assert decision.by is None
    assert "less than" in decision.reason
    grant = request.grants.get()
    assert grant.origin == Grant.Origin.REQUEST
    assert grant.expires_at == request.decided_at + timedelta(hours=8)  # type: ignore[operator]
    assert grant.operation == request.operation != ""
    assert actions() == ["request.create", "request.approve", "grant.request"]
    assert ("request_decided", "ana@example.com") in told()


def test_what_is_held_by_a_request_is_prolonged(orders: Resource, ana: User, olga: User) -> None:
    first = ask(orders, ana)
    decide(first, olga)
    grant = first.grants.get()
    before = grant.expires_at
    assert before is not None
    longer = asking.extend(grant, by=ana)
    assert longer.extends == grant
    assert (longer.duration, longer.reason) == (WEEK, "Monthly report")
    grant.refresh_from_db()
    assert grant.expires_at == before, "only the approval moves it"
    decided = decide(longer, olga)
    grant.refresh_from_db()
    assert grant.expires_at == decided.decided_at + WEEK  # type: ignore[operator]
    assert grant.expires_at > before
    assert Grant.objects.count() == 1
    assert actions()[-2:] == ["request.approve", "request.extend"]
    event = AuditEvent.objects.get(action="request.extend")
    assert event.detail["grant"] == grant.pk
    assert event.detail["expires_at"] == grant.expires_at.isoformat()


def test_a_shorter_one_never_brings_the_end_forward(orders: Resource, ana: User, olga: User) -> None:
    first = decide(ask(orders, ana, duration=timedelta(days=30)), olga)
    before = first.grants.get().expires_at
    decide(ask(orders, ana, duration=timedelta(hours=1)), olga)
    assert Grant.objects.get().expires_at == before


def test_what_has_ended_is_not_prolonged(orders: Resource, ana: User, olga: User) -> None:
    grant = decide(ask(orders, ana), olga).grants.get()
    Grant.objects.update(desired=Grant.Presence.ABSENT)
    grant.refresh_from_db()
    with pytest.raises(ValidationError, match="has ended"):
        asking.extend(grant, by=ana)


def test_what_ends_before_its_extension_is_approved_is_given_anew(
    orders: Resource, ana: User, olga: User
) -> None:
    grant = decide(ask(orders, ana), olga).grants.get()
    longer = asking.extend(grant, by=ana)
    Grant.objects.update(desired=Grant.Presence.ABSENT)
    decided = decide(longer, olga, APPROVE)
    assert decided.grants.get().desired == Grant.Presence.PRESENT
    assert Grant.objects.count() == 2


def test_an_owners_own_request_waits_for_somebody_else(
    orders: Resource, olga: User, oscar: User, ada: User
) -> None:
    ask(orders, olga)
    assert told() == [("request_made", "ada@example.com")], "no other owner: administrators"
    orders.owners.add(oscar)
    ask(orders, oscar)
    assert ("request_made", "olga@example.com") in told()


def test_where_nobody_may_decide_it_waits(orders: Resource, ada: User) -> None:
    """Escalation, an owner or another administrator brings it on; nobody decides for themselves."""
    orders.owners.clear()
    request = ask(orders, ada)
    assert request.state == State.PENDING
    assert told() == []
    make_person("abe@example.com", ADMINISTRATOR)
    assert decide(request, User.objects.get(email="abe@example.com")).state == State.APPROVED


def test_short_requests_in_a_row_are_not_short(orders: Resource, ana: User, ada: User) -> None:
    """What needs no approval because it is short must not be prolonged for ever without one."""
    set_policy(orders, ada, without_approval={"under": "4 hours"})
    hours = timedelta(hours=3)
    first = ask(orders, ana, duration=hours)
    assert first.state == State.APPROVED
    assert ask(orders, ana, duration=hours).state == State.PENDING, "it would prolong the first"


def test_short_requests_cannot_be_lined_up_ahead(orders: Resource, ana: User, ada: User) -> None:
    set_policy(orders, ada, without_approval={"under": "4 hours"})
    hours, soon = timedelta(hours=3), clock.now() + timedelta(days=1)
    assert ask(orders, ana, duration=hours, starts_at=soon).state == State.APPROVED
    assert ask(orders, ana, duration=hours, starts_at=soon + hours).state == State.PENDING


def have_asked(resource: Resource, by: User, times: int, *, made: datetime) -> None:
    """Somebody asked before, for groups."""
    AccessRequest.objects.bulk_create(
        AccessRequest(
            resource=resource,
            requester=by,
            principal=f"group:{number}@example.com",
            role=CONNECTION_USER,
            duration=WEEK,
            created_at=made,
            policy_document=BUILT_IN.to_dict(),
        )
        for number in range(times)
    )


def test_asking_and_withdrawing_again_and_again_has_an_end(orders: Resource, ana: User, olga: User) -> None:
    """Each request is told to those who decide, by mail."""
    have_asked(orders, ana, asking.MOST_MADE - 1, made=clock.now())
    AccessRequest.objects.update(state=State.WITHDRAWN)
    conversing.withdraw(ask(orders, ana), by=ana)
    said = refusals(orders, ana)
    assert said == {"__all__": ["You have asked 100 times within an hour. Go on in a while."]}
    assert ask(orders, olga).state == State.PENDING, "each has their own"
    AccessRequest.objects.update(created_at=clock.now() - asking.MADE_WITHIN)
    assert ask(orders, ana).state == State.PENDING


def test_nobody_has_more_open_requests_than_so_many(orders: Resource, ana: User, olga: User) -> None:
    now = clock.now()
    have_asked(orders, ana, asking.MOST_OPEN - 1, made=now - timedelta(days=1))
    last = ask(orders, ana, starts_at=now + timedelta(days=2))
    decide(last, olga)
    said = refusals(orders, ana, principal="group:new@example.com")
    assert said == {"__all__": [f"You have 100 open requests, {REST}"]}
    assert ask(orders, olga).state == State.PENDING, "each has their own"
    conversing.withdraw(last, by=ana)
    assert ask(orders, ana).state == State.PENDING
