"""Claims are rows: the same twice is one, an end is the first one, and what comes back may still be had."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from access import claims, policy_operation
from access.models import CONNECTION_USER, Grant, Resource
from portal import clock
from portal.models import AuditEvent, Operation, Project, User
from tests.support.cast import ada, olga, project, quick
from tests.support.factories import make_connection, make_grant

__all__ = ["ada", "olga", "project", "quick"]
pytestmark = pytest.mark.django_db
Presence = Grant.Presence
ANN = "user:ann@example.com"


@pytest.fixture
def orders(project: Project) -> Resource:
    """A connection's resource."""
    return make_connection(project).resource


def share(resource: Resource, by: User) -> Operation:
    """An operation that changes the policy; whom it is about is the test's."""
    with transaction.atomic():
        return policy_operation.enqueue(resource, title="Share", by=by)


def claim(resource: Resource, operation: Operation, by: User) -> Grant:
    """Ann is to have access."""
    return claims.claim(resource, ANN, CONNECTION_USER, origin=Grant.Origin.SHARE, by=by, operation=operation)


def events(action: str) -> list[str]:
    """Who did it, each time."""
    return list(AuditEvent.objects.filter(action=action).values_list("actor", flat=True))


def test_the_same_claim_is_the_newest_operations_until_it_is_seen(
    orders: Resource, ada: User, olga: User
) -> None:
    """Then it stays the one's that brought it about."""
    first, second, third = (share(orders, by) for by in (ada, olga, ada))
    grant = claim(orders, first, ada)
    assert claim(orders, second, olga) == grant
    grant.refresh_from_db()
    assert (grant.operation, grant.granted_by) == (str(second.pk), "ada@example.com")
    Grant.objects.update(observed=Presence.PRESENT)
    claim(orders, third, ada)
    grant.refresh_from_db()
    assert grant.operation == str(second.pk)
    assert events("grant.request") == ["ada@example.com"]


def test_who_ends_it_first_ended_it(orders: Resource, ada: User, olga: User) -> None:
    grant = make_grant(orders, ANN)
    assert claims.end_all([grant], by=olga, reason="left") == [grant]
    before = Grant.objects.get()
    assert claims.end_all([grant], by=ada) == []
    after = Grant.objects.get()
    assert (after.revoked_by, after.revoked_at) == ("olga@example.com", before.revoked_at)
    assert events("grant.end") == ["olga@example.com"]


def test_what_was_given_up_comes_back_unless_its_time_is_over(orders: Resource, ada: User) -> None:
    now, again = clock.now(), share(orders, ada)
    kept = make_grant(orders, ANN, expires_at=now + timedelta(hours=1))
    over = make_grant(orders, "user:ben@example.com", expires_at=now - timedelta(seconds=1))
    Grant.objects.update(desired=Presence.ABSENT, observed=Presence.ABSENT, error="Denied.")
    claims.ask_again([kept.pk, over.pk], again)
    found = Grant.objects.order_by("principal").values_list("desired", "observed", "error")
    assert list(found) == [("present", "unknown", ""), ("absent", "absent", "")]
    assert events("grant.request") == ["ada@example.com"]


def test_the_newest_of_an_operations_claims_says_whether_google_refuses(orders: Resource, ada: User) -> None:
    operation = share(orders, ada)
    key = str(operation.pk)
    make_grant(orders, ANN, desired=Presence.ABSENT, error="No such account.", operation=key)
    refused = claims.refusal(orders.grants.all(), operation)
    assert refused
    assert refused.error == "No such account."
    make_grant(orders, ANN, seen=False, operation=key)
    assert claims.refusal(orders.grants.all(), operation) is None
