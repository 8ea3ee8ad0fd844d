"""Changing roles, deactivating, reactivating: at once, audited, and never the last administrator."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.test import Client

from portal import clock
from portal.api import tokens
from portal.models import ADMINISTRATOR, AUDITOR, ApiToken, AuditEvent, Invitation, User
from portal.people import services
from tests.portal import people, things
from tests.portal.api.calling import call, token_of
from tests.portal.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(cast: people.Cast) -> Client:
    """The administrator's browser."""
    return people.signed_in(cast.admin)


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def test_roles_are_given_and_act_at_once(cast: people.Cast, admin: Client) -> None:
    browser = people.signed_in(cast.analyst)
    assert browser.get("/audit/").status_code == 403
    admin.post(f"/people/{cast.analyst.pk}/roles/", {"roles": [AUDITOR]})
    assert browser.get("/audit/").status_code == 200
    admin.post(f"/people/{cast.analyst.pk}/roles/", {"roles": []})
    assert browser.get("/audit/").status_code == 403
    events = list(AuditEvent.objects.filter(action="person.roles").order_by("position"))
    assert [event.detail for event in events] == [
        {"before": [], "after": [AUDITOR]},
        {"before": [AUDITOR], "after": []},
    ]
    assert {event.actor for event in events} == {"admin@example.com"}


def test_saving_the_same_roles_is_no_event(cast: people.Cast, admin: Client) -> None:
    admin.post(f"/people/{cast.auditor.pk}/roles/", {"roles": [AUDITOR]})
    assert not people.acts().exists()


def test_no_other_group_can_be_given(cast: people.Cast, admin: Client) -> None:
    answer = admin.post(f"/people/{cast.analyst.pk}/roles/", {"roles": ["superuser"], "is_superuser": "on"})
    assert answer.status_code == 422
    assert not fresh(cast.analyst).is_superuser


def test_nobody_changes_their_own_roles_or_access(cast: people.Cast, admin: Client) -> None:
    answer = admin.post(f"/people/{cast.admin.pk}/roles/", {"roles": [ADMINISTRATOR, AUDITOR]})
    assert "Nobody changes their own" in answer.content.decode()
    admin.post(f"/people/{cast.admin.pk}/deactivate/")
    assert fresh(cast.admin).role_names == {ADMINISTRATOR}
    assert fresh(cast.admin).is_active


def test_a_deactivated_person_is_out_everywhere_at_once(cast: people.Cast, admin: Client) -> None:
    browsers = [people.signed_in(cast.owner) for _ in range(2)]
    assert browsers[0].get("/operations/").status_code == 200
    assert "signed out everywhere" in admin.get(f"/people/{cast.owner.pk}/deactivate/").content.decode()
    admin.post(f"/people/{cast.owner.pk}/deactivate/")
    for browser in browsers:
        answer = browser.get("/operations/")
        assert answer.headers["Location"].startswith("/accounts/login/")
    answer = Client().post("/accounts/login/", {"login": cast.owner.email, "password": people.PASSWORD})
    assert "_auth_user_id" not in answer.client.session
    event = AuditEvent.objects.get(action="person.deactivate")
    assert (event.target, event.detail) == ("people/owner@example.com", {"sessions": 2})


def test_reactivated_they_sign_in_anew(cast: people.Cast, admin: Client) -> None:
    browser = people.signed_in(cast.auditor)
    admin.post(f"/people/{cast.auditor.pk}/deactivate/")
    admin.post(f"/people/{cast.auditor.pk}/reactivate/")
    assert browser.get("/audit/").status_code == 302, "the old session stays ended"
    assert people.signed_in(cast.auditor).get("/audit/").status_code == 200
    assert AuditEvent.objects.filter(action="person.reactivate").count() == 1


def test_reactivated_they_make_new_tokens(cast: people.Cast, admin: Client) -> None:
    old, over = token_of(cast.auditor), token_of(cast.auditor, days=1)
    ApiToken.objects.filter(prefix=over[: tokens.PREFIX]).update(expires_at=clock.now())
    admin.post(f"/people/{cast.auditor.pk}/deactivate/")
    admin.post(f"/people/{cast.auditor.pk}/reactivate/")
    assert call(old, "events").status_code == 401, "what somebody may have copied stays ended"
    (event,) = AuditEvent.objects.filter(action="api_token.revoke")
    assert (event.actor, event.target) == ("admin@example.com", "people/auditor@example.com")
    assert event.detail["prefix"] == old[: tokens.PREFIX]
    assert call(token_of(cast.auditor), "events").status_code == 200


def test_a_deactivated_administrator_takes_their_invitations_along(cast: people.Cast, admin: Client) -> None:
    second = people.person("second@example.com", ADMINISTRATOR)
    _, link = services.invite("friend@example.com", [ADMINISTRATOR], by=second)
    admin.post(f"/people/{second.pk}/deactivate/")
    assert Client().get(link.removeprefix("http://localhost:8000")).status_code == 404
    assert Invitation.objects.get().withdrawn_at


def test_the_last_administrator_stays(cast: people.Cast) -> None:
    second = people.person("second@example.com", ADMINISTRATOR)
    services.deactivate(second, by=cast.admin)
    with pytest.raises(services.RefusedChangeError, match="no longer an administrator"):
        services.change_roles(cast.admin, [], by=second)
    assert fresh(cast.admin).is_administrator


def test_two_administrators_who_demote_each_other_leave_one(transactional_db: None) -> None:
    both = [people.person(f"admin{number}@example.com", ADMINISTRATOR) for number in range(2)]

    def demote(number: int) -> bool:
        try:
            services.change_roles(both[number], [], by=both[1 - number])
        except services.RefusedChangeError:
            return False
        return True

    assert sorted(at_once(2, demote)) == [False, True]
    assert User.objects.filter(groups__name=ADMINISTRATOR).count() == 1


def test_such_acts_ask_for_a_recent_sign_in(cast: people.Cast, admin: Client) -> None:
    people.age_sign_in(admin, seconds=16 * 60)
    for path in ("roles", "deactivate", "reactivate"):
        assert admin.post(f"/people/{cast.analyst.pk}/{path}/", {"roles": [AUDITOR]}).status_code == 403
    assert admin.post("/people/invite/", {"email": "new@example.com"}).status_code == 403
    answer = admin.get("/people/invite/")
    assert answer.headers["Location"] == "/accounts/reauthenticate/?next=%2Fpeople%2Finvite%2F"
    assert not people.acts().exists()
    admin.post("/accounts/reauthenticate/", {"password": people.PASSWORD})
    assert admin.post(f"/people/{cast.analyst.pk}/roles/", {"roles": [AUDITOR]}).status_code == 302


def test_inside_a_fragment_the_question_reaches_the_page(cast: people.Cast, admin: Client) -> None:
    people.age_sign_in(admin, seconds=16 * 60)
    answer = admin.post("/people/invite/", {"email": "new@example.com"}, headers={"HX-Request": "true"})
    assert answer.status_code == 422, "htmx swaps in no other error"
    assert answer.headers["HX-Retarget"] == "[data-toasts]"
    assert "/accounts/reauthenticate/" in answer.content.decode()


def test_second_factors_are_recorded(cast: people.Cast) -> None:
    factor = Authenticator(user=cast.owner, type=Authenticator.Type.TOTP, data={})
    for signal in (authenticator_added, authenticator_reset, authenticator_removed):
        signal.send(sender=Authenticator, request=None, user=cast.owner, authenticator=factor)
    events = people.acts()
    assert [event.action for event in events] == [
        "person.mfa_added",
        "person.mfa_reset",
        "person.mfa_removed",
    ]
    assert {(event.actor, event.target) for event in events} == {
        ("owner@example.com", "people/owner@example.com")
    }


def test_the_list_searches_and_filters(cast: people.Cast, admin: Client) -> None:
    services.deactivate(cast.owner, by=cast.admin)

    def shown(query: str) -> set[str]:
        html = admin.get(f"/people/?{query}").content.decode()
        everyone = ("admin", "owner", "analyst", "auditor")
        return {name for name in everyone if f'href="/people/{getattr(cast, name).pk}/"' in html}

    assert shown("") == {"admin", "owner", "analyst", "auditor"}
    assert shown("q=ADA") == {"admin"}
    assert shown("role=auditor") == {"auditor"}
    assert shown("role=analyst") == {"owner", "analyst"}
    assert shown("state=deactivated") == {"owner"}
    assert shown("q=nobody") == set()


def test_a_persons_page_lists_changes_and_leads_to_what_they_have(cast: people.Cast) -> None:
    people.signed_in(cast.owner)
    admin = people.signed_in(cast.admin)
    things.event("person.roles", target=f"people/{cast.owner.email}")
    html = admin.get(f"/people/{cast.owner.pk}/").content.decode()
    assert "person.roles" in html
    assert "person.sign_in" not in html, "that is no change"
    leaver = f"/access/leaver/?principal={quote(cast.owner.email)}"
    assert leaver in html
    assert leaver in admin.get(f"/people/{cast.owner.pk}/deactivate/").content.decode()
