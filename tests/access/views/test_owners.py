"""Naming the owners of a connection or a database instance: who may, what follows, who is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from access.approval import approvers
from access.models import DATABASE_LOGIN, Resource
from access.requests.asking import NewRequest, ask
from connections.models import Connection, DatabaseInstance
from portal.models import AuditEvent, Notice, Project, User
from tests.support.factories import make_alloydb_instance, make_connection, make_instance, make_person
from tests.support.pages import INTO_DIALOG, age_sign_in, sign_in, text_of


@pytest.fixture
def crm(project: Project) -> DatabaseInstance:
    """A database instance that nobody owns."""
    return make_instance(project)


def url(shown: DatabaseInstance | Connection) -> str:
    """The form's address."""
    return f"/access/{shown.resource.full_name}/owners/"


def save(browser: Client, shown: DatabaseInstance | Connection, named: str, **more: str) -> Any:
    """Fill the form in as it stands now, and send it."""
    page = browser.get(url(shown))
    seen = page.context["form"]["seen"].value() or ""
    return browser.post(url(shown), {"seen": seen, "owners": named, "reason": "", **more})


def named(shown: DatabaseInstance | Connection) -> set[str]:
    """Who owns it now."""
    return set(shown.resource.owners.values_list("email", flat=True))


@pytest.mark.parametrize("make", [make_instance, make_alloydb_instance, make_connection])
def test_an_administrator_names_owners(
    project: Project, ada: User, olga: User, ana: User, make: Callable[..., DatabaseInstance | Connection]
) -> None:
    shown = make(project)
    browser = sign_in(ada)
    assert url(shown) in browser.get(shown.get_absolute_url()).content.decode()
    response = save(browser, shown, "Olga@example.com\nana@example.com, ana@example.com", reason="on call")
    assert (response.status_code, response.headers["Location"]) == (302, shown.get_absolute_url())
    assert named(shown) == {"olga@example.com", "ana@example.com"}
    event = AuditEvent.objects.get(action="resource.owners")
    assert (event.actor, event.target, event.reason) == (
        "ada@example.com",
        shown.resource.full_name,
        "on call",
    )
    assert event.detail == {"before": [], "after": ["ana@example.com", "olga@example.com"]}
    assert "The owners are saved." in text_of(browser.get(shown.get_absolute_url()))


def test_those_who_are_and_those_who_were_are_told(
    crm: DatabaseInstance, ada: User, olga: User, ana: User
) -> None:
    crm.resource.owners.set([olga])
    browser = sign_in(ada)
    save(browser, crm, "ana@example.com ada@example.com")
    notice = Notice.objects.get(subject="The owners of crm were changed")
    told = set(notice.deliveries.values_list("person__email", flat=True))
    assert told == {"olga@example.com", "ana@example.com"}, "not whoever did it"
    assert "Owners are now ada@example.com, ana@example.com." in notice.text
    save(browser, crm, "olga@example.com")
    assert Notice.objects.filter(subject=notice.subject).count() == 2


def test_requests_that_wait_are_the_new_owners(
    crm: DatabaseInstance, ada: User, olga: User, ana: User
) -> None:
    new = NewRequest(crm.resource, "user:ana@example.com", DATABASE_LOGIN, timedelta(days=1), "on call")
    request = ask(new, by=ana)
    assert list(approvers.deciders(request)) == [ada], "nobody owns it: administrators stand in"
    save(sign_in(ada), crm, "olga@example.com")
    request.resource = Resource.objects.get(pk=crm.resource.pk)
    assert list(approvers.deciders(request)) == [olga]
    assert "Requests that wait for a decision: 1" in Notice.objects.get(subject__startswith="The owners").text
    assert request.get_absolute_url() in sign_in(olga).get("/access/queue/").content.decode()


def test_nobody_is_an_answer_too(crm: DatabaseInstance, ada: User, olga: User) -> None:
    crm.resource.owners.set([olga])
    save(sign_in(ada), crm, "  ")
    assert named(crm) == set()
    assert "Nobody yet: administrators decide" in text_of(sign_in(ada).get(crm.get_absolute_url()))


def test_mistakes_stand_beside_the_field(crm: DatabaseInstance, ada: User) -> None:
    make_person("gone@example.com", is_active=False)
    for typed in ("nobody@example.com", "gone@example.com", "<b>x</b>"):
        response = save(sign_in(ada), crm, typed)
        assert response.status_code == 422
        assert "has no account here: invite them on the People page." in text_of(response)
        assert "<b>x</b>" not in response.content.decode()
    assert not AuditEvent.objects.filter(action="resource.owners").exists()


def test_nothing_changed_is_nothing_written(crm: DatabaseInstance, ada: User, olga: User) -> None:
    crm.resource.owners.set([olga])
    browser = sign_in(ada)
    assert save(browser, crm, "olga@example.com").status_code == 302
    assert "Nothing was changed." in text_of(browser.get(crm.get_absolute_url()))
    assert not AuditEvent.objects.filter(action="resource.owners").exists()


def test_two_at_once(crm: DatabaseInstance, ada: User, olga: User, ana: User) -> None:
    """Who comes second sees what the first one named, and may then send theirs all the same."""
    browser = sign_in(ada)
    late = browser.get(url(crm)).context["form"]["seen"].value() or ""
    save(browser, crm, "olga@example.com")
    response = browser.post(url(crm), {"seen": late, "owners": "ana@example.com"})
    assert response.status_code == 422
    assert "Somebody changed the owners meanwhile. Owners are olga@example.com." in text_of(response)
    assert named(crm) == {"olga@example.com"}
    again = response.context["form"]["seen"].value()
    assert browser.post(url(crm), {"seen": again, "owners": "ana@example.com"}).status_code == 302
    assert named(crm) == {"ana@example.com"}


def test_it_asks_for_a_recent_sign_in(crm: DatabaseInstance, ada: User) -> None:
    browser = sign_in(ada)
    age_sign_in(browser, seconds=3600)
    assert "reauthenticate" in browser.get(url(crm)).headers["Location"]
    assert browser.post(url(crm), {"owners": ""}).status_code == 403


def test_in_the_dialog_it_leads_back(crm: DatabaseInstance, ada: User, olga: User) -> None:
    browser = sign_in(ada)
    fragment = browser.get(url(crm), headers=INTO_DIALOG).content.decode()
    assert "<html" not in fragment
    seen = ""
    response = browser.post(url(crm), {"seen": seen, "owners": olga.email}, headers=INTO_DIALOG)
    assert response.headers["HX-Redirect"] == crm.get_absolute_url()


def test_owners_are_not_theirs_to_name(crm: DatabaseInstance, olga: User) -> None:
    crm.resource.owners.set([olga])
    browser = sign_in(olga)
    assert url(crm) not in browser.get(crm.get_absolute_url()).content.decode()
    assert browser.post(url(crm), {"owners": "olga@example.com"}).status_code == 403
