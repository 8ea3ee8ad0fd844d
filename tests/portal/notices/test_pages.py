"""People choose what they are told; administrators keep shared channels; addresses stay secret."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail

from portal.models import AuditEvent, Delivery, NoticeChannel, NoticePreferences, User
from tests.portal import people
from tests.portal.notices.telling import only, send_all, tell, wants_webhook
from tests.portal.people import Cast
from tests.portal.threads import at_once
from tests.support import pages
from tests.support.webhooks import Receiver

URL = "https://hooks.slack.com/services/hook-canary"
CHANNEL = {"name": "#data", "kinds": ["access_ending"], "shape": "slack", "is_active": "on", "url": URL}


def mistakes(answer: Any, field: str) -> str:
    """What stands beside a field."""
    found = re.search(rf'id="id_{field}_error">(.*?)</ul>', answer.content.decode(), re.DOTALL)
    assert found, "nothing stands there"
    return " ".join(re.sub(r"<[^>]*>", " ", found.group(1)).split())


def test_somebody_who_chose_nothing_sees_everything_ticked_by_e_mail(ana: User) -> None:
    page = people.signed_in(ana).get("/notices/").content.decode()
    assert len(re.findall(r'name="email_[a-z_]+"[^>]* checked>', page)) == 9
    assert 'name="email_review_due"' in page


@pytest.mark.parametrize("here", ["/notices/", "/api/tokens/", "/accounts/2fa/"])
def test_each_page_of_the_account_leads_to_the_others(ana: User, here: str) -> None:
    page = people.signed_in(ana).get(here).content.decode()
    tabs = page.partition('aria-label="Your account"')[2].partition("</nav>")[0]
    assert re.findall(r'href="([^"]*)" aria-current', tabs) == [here]
    assert len(re.findall("href", tabs)) == 5


def test_a_choice_is_kept_and_followed(ana: User, hook: Receiver) -> None:
    browser = people.signed_in(ana)
    answer = browser.post(
        "/notices/",
        {"email_break_glass": "on", "webhook_access_ending": "on", "url": hook.url, "shape": "json"},
    )
    assert (answer.status_code, answer["Location"]) == (302, "/notices/")
    tell(ana)
    send_all()
    assert not mail.outbox
    assert hook.arrived[0]["kind"] == "access_ending"
    page = browser.get("/notices/")
    assert "https://127.0.0.1/…" in pages.text_of(page)
    assert "hook-canary" not in page.content.decode()


def test_saving_again_keeps_the_address(ana: User, hook: Receiver) -> None:
    wants_webhook(ana, hook.url)
    people.signed_in(ana).post("/notices/", {"webhook_access_ending": "on", "shape": "slack"})
    tell(ana)
    send_all()
    assert len(hook.arrived) == 1


def test_a_bad_address_is_refused_and_not_shown_again(ana: User) -> None:
    answer = people.signed_in(ana).post("/notices/", {"url": "https://10.0.0.1/hook-canary"})
    assert answer.status_code == 422
    assert mistakes(answer, "url") == "This address is not on the public internet."
    assert "hook-canary" not in answer.content.decode()
    assert not NoticePreferences.objects.exists()


def test_kinds_by_webhook_need_a_webhook(ana: User) -> None:
    answer = people.signed_in(ana).post("/notices/", {"webhook_access_ending": "on"})
    assert "Enter the address" in mistakes(answer, "url")


def test_a_webhook_can_be_removed(ana: User) -> None:
    wants_webhook(ana, URL)
    people.signed_in(ana).post("/notices/webhook/remove/")
    kept = NoticePreferences.objects.get()
    assert (bytes(kept.sealed_url), kept.host, kept.webhook) == (b"", "", [])


def test_what_may_not_have_arrived_can_be_sent_again_by_its_receiver(ana: User) -> None:
    tell(ana)
    Delivery.objects.update(state="unknown", error="The sender was interrupted: it may have arrived.")
    browser = people.signed_in(ana)
    assert "it may have arrived" in pages.text_of(browser.get("/notices/"))
    browser.post(f"/notices/{only().pk}/send-again/")
    send_all()
    assert (only().state, len(mail.outbox)) == ("sent", 1)
    browser.post(f"/notices/{only().pk}/send-again/")
    send_all()
    assert len(mail.outbox) == 1, "what arrived is not sent again"


def test_a_shared_channel_is_added_changed_and_removed_and_the_trail_has_no_address(cast: Cast) -> None:
    browser = people.signed_in(cast.admin)
    assert browser.post("/notices/channels/add/", CHANNEL).status_code == 302
    channel = NoticeChannel.objects.get()
    page = f"/notices/channels/{channel.pk}/"
    changed = {**CHANNEL, "url": "", "scope": "projects/acme-analytics"}
    assert browser.post(page, changed).status_code == 302
    assert "hooks.slack.com" in pages.text_of(browser.get("/notices/channels/"))
    assert browser.get(f"{page}remove/").status_code == 200
    assert browser.post(f"{page}remove/").status_code == 302
    assert not NoticeChannel.objects.exists()
    events = AuditEvent.objects.filter(action__startswith="notice_channel").order_by("position")
    assert [event.action.partition(".")[2] for event in events] == ["add", "change", "remove"]
    assert events[1].project == "acme-analytics"
    assert "hook-canary" not in repr(list(events.values()))


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("url", "", "Webhook address is missing."),
        ("url", "http://hooks.slack.com/x", "Enter an address that begins with https://."),
        ("scope", "acme", "Enter the full name of a project or a connection, or nothing."),
        ("scope", f"projects/{'a' * 31}", "Enter the full name of a project or a connection, or nothing."),
        ("kinds", [], "Choose at least one."),
        ("name", "", "Name is missing."),
    ],
)
def test_mistakes_stand_beside_their_fields(cast: Cast, field: str, value: object, said: str) -> None:
    answer = people.signed_in(cast.admin).post("/notices/channels/add/", {**CHANNEL, field: value})
    assert answer.status_code == 422
    assert mistakes(answer, field) == said


@pytest.mark.django_db(transaction=True)
def test_a_form_sent_many_times_at_once_is_no_error(cast: Cast) -> None:
    """By somebody who clicks and clicks: what one of them makes the others find."""
    browsers = [people.signed_in(cast.admin) for _ in range(4)]
    choice = {"email_break_glass": "on"}
    chosen = at_once(4, lambda number: browsers[number].post("/notices/", choice).status_code)
    assert chosen == [302] * 4
    made = at_once(4, lambda number: browsers[number].post("/notices/channels/add/", CHANNEL).status_code)
    assert sorted(made) == [302, 422, 422, 422]
    assert NoticePreferences.objects.get().email == ["break_glass"]
    assert NoticeChannel.objects.count() == 1


def test_two_channels_have_two_names(cast: Cast) -> None:
    browser = people.signed_in(cast.admin)
    browser.post("/notices/channels/add/", CHANNEL)
    answer = browser.post("/notices/channels/add/", CHANNEL)
    assert mistakes(answer, "name") == "There is a channel of this name."
