"""Why a grant exists: from the request to Google's answer, everything linked, for those who may know."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from access import claims, grant_story
from access.models import AccessRequest, Grant, Resource
from portal import audit
from portal.models import AuditEvent, Operation, Project, User
from tests.access.requests.asked import ask, decide, set_policy
from tests.access.views.trail_pages import seen, told
from tests.support.factories import make_connection, make_person
from tests.support.pages import sign_in, text_of

ANA = "user:ana@example.com"


@pytest.fixture
def orders(project: Project, olga: User) -> Resource:
    """Olga's connection, with an approval policy of its own."""
    resource = make_connection(project, owners=(olga,)).resource
    set_policy(resource, olga)
    return resource


@pytest.fixture
def approved(orders: Resource, ana: User, olga: User) -> Grant:
    """Ana asked, Olga approved for less, and it was seen at Google."""
    request = ask(orders, ana, ticket="DATA-7", reason="Quarterly figures")
    decide(request, olga, reason="Fine by me", duration=timedelta(days=2))
    grant = Grant.objects.get(request=request)
    Grant.objects.filter(pk=grant.pk).update(observed=Grant.Presence.PRESENT)
    told("grant.activate", grant)
    return grant


def url(grant: Grant) -> str:
    return f"/access/grants/{grant.pk}/"


def test_it_goes_back_to_the_request_the_decision_and_the_policy(aurel: User, approved: Grant) -> None:
    page = sign_in(aurel).get(url(approved))
    text, html = text_of(page), page.content.decode()
    for said in ("Asked for by ana@example.com", "Quarterly figures", "ticket DATA-7", "2 days"):
        assert said in text
    assert "olga@example.com approved step 1" in text
    assert "Fine by me" in text
    assert "version 1 of the approval policy of orders" in text
    assert "Seen in Google's policy" in text
    request = approved.request
    assert request
    assert f'href="{request.get_absolute_url()}"' in html
    assert f'href="{reverse("access:policy_version", args=[approved.resource.full_name, 1])}"' in html
    activated = AuditEvent.objects.get(action="grant.activate")
    assert f'href="{activated.get_absolute_url()}"' in html
    operation = Operation.objects.get(pk=approved.operation)
    assert f'href="{operation.get_absolute_url()}"' in html
    assert "steps:" in html, "the policy as it was then"


def test_the_trails_events_are_those_of_the_grant_and_of_its_request(aurel: User, approved: Grant) -> None:
    seen(approved.resource, "user:somebody@example.com")
    story = grant_story.of(Grant.objects.select_related("resource", "request").get(pk=approved.pk))
    actions = {event.action for event in story.events}
    assert {"request.create", "request.approve", "grant.request", "grant.activate"} <= actions
    assert all("somebody" not in str(event.detail) for event in story.events)


def test_a_share_tells_who_gave_it_and_why(aurel: User, orders: Resource) -> None:
    grant = seen(orders, ANA, ended=True)
    text = text_of(sign_in(aurel).get(url(grant)))
    assert "Given by olga@example.com" in text
    assert "for the report" in text
    assert "Gone from Google's policy" in text


def test_googles_refusal_is_told_in_its_words(aurel: User, orders: Resource) -> None:
    with audit.appending():
        grant = claims.claim(orders, ANA, "roles/viewer", origin=Grant.Origin.SHARE, by="olga@example.com")
        claims.give_up({grant: "User ana@example.com does not exist."}, None)
    text = text_of(sign_in(aurel).get(url(grant)))
    assert "Refused by Google" in text
    assert text.count("User ana@example.com does not exist.") >= 2


def test_what_stays_says_so(aurel: User, orders: Resource) -> None:
    grant = seen(orders, ANA)
    told("grant.revoke", grant, observed="released")
    assert "Left in Google's policy" in text_of(sign_in(aurel).get(url(grant)))


def test_who_may_know_of_it(ana: User, olga: User, ada: User, aurel: User, approved: Grant) -> None:
    for user in (ana, olga, ada, aurel):
        assert sign_in(user).get(url(approved)).status_code == 200
    stranger = make_person("eve@example.com")
    assert sign_in(stranger).get(url(approved)).status_code == 404
    assert sign_in(aurel).get("/access/grants/99999/").status_code == 404


def test_an_analyst_is_led_nowhere_that_is_closed_to_them(ana: User, approved: Grant) -> None:
    html = sign_in(ana).get(url(approved)).content.decode()
    assert 'href="/audit/' not in html
    assert 'href="/operations/' not in html.split('id="why-heading"')[1]
    assert f"{approved.resource.full_name}/1/" not in html


def test_who_asked_for_another_may_see_it(orders: Resource, ana: User, olga: User) -> None:
    request: AccessRequest = ask(orders, ana, principal="group:finance@example.com")
    decide(request, olga)
    assert sign_in(ana).get(url(Grant.objects.get(request=request))).status_code == 200


def test_it_asks_as_often_however_much_happened(aurel: User, approved: Grant) -> None:
    browser = sign_in(aurel)
    counts = []
    for _ in range(2):
        browser.get(url(approved))
        with CaptureQueriesContext(database) as captured:
            browser.get(url(approved))
        counts.append(len(captured))
        for _ in range(60):
            told("grant.activate", approved)
    assert counts[0] == counts[1]
    assert counts[0] < 12
    assert "All events" in text_of(browser.get(url(approved)))
