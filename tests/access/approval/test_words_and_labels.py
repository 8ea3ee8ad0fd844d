"""A policy in words; labels of resources."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given

from access.approval import words
from access.approval.document import BUILT_IN, PolicyDocument
from access.approval.labels import set_labels
from access.approval.parts import Approvers, Exempt, Review, Step
from access.models import Resource
from portal.models import AuditEvent, User
from tests.access.approval.documents import documents


def said(document: PolicyDocument, *, is_default: bool = False) -> str:
    """All that is said, in one line."""
    return " ".join(line for rule in words.rules(document, is_default=is_default) for line in rule.lines)


def test_the_portals_own_policy_in_words() -> None:
    text = said(BUILT_IN)
    assert "Any 1 of the owners." in text
    assert "After 2 days these are asked too: the administrators." in text
    assert "After 7 days the request lapses." in text
    assert "BigQuery Connection User" in text
    assert "90 days" in text
    assert "Owners" not in text


def test_everything_that_a_policy_can_say() -> None:
    document = replace(
        BUILT_IN,
        steps=(Step(Approvers(owners=True)), Step(Approvers(groups=("auditor",), people=("a@b.org",)), 2)),
        without_approval=Exempt(
            ("auditor",), ("c@b.org",), ("group:g@b.org",), (("environment", "dev"),), timedelta(hours=4)
        ),
        ticket="required",
        ticket_pattern="OPS-[0-9]+",
        asked_next=None,
        review=Review(3, timedelta(days=14), "revoke"),
        owners_may_edit=True,
    )
    text = said(document, is_default=True)
    for part in (
        "Step 1: any 1 of the owners.",
        "Step 2: any 2 of the portal's group auditor, a@b.org.",
        "People in the portal's group auditor, for themselves.",
        "c@b.org, for themselves.",
        "Access for group:g@b.org, whoever asks.",
        "label environment=dev",
        "Access for less than 4 hours.",
        "Required, such as OPS-[0-9]+",
        "Every 3 months; after 14 days what is not answered is revoked.",
        "Administrators, and owners for their own.",
    ):
        assert part in text


@given(documents())
def test_any_document_has_words(document: PolicyDocument) -> None:
    found = words.rules(document, is_default=True)
    assert all(rule.lines and all(rule.lines) for rule in found)


@pytest.mark.django_db
def test_labels_are_set_and_in_the_trail(orders: Resource, ada: User) -> None:
    set_labels(orders, {"environment": "dev"}, by=ada)
    set_labels(orders, {"environment": "dev"}, by=ada)
    orders.refresh_from_db()
    assert orders.labels == {"environment": "dev"}
    event = AuditEvent.objects.get(action="resource.labels")
    assert event.detail == {"before": {}, "after": {"environment": "dev"}}
    assert (event.actor, event.target) == ("ada@example.com", orders.full_name)
