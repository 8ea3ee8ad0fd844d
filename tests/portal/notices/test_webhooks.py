"""Webhooks: what is sent, what each answer means, and where the portal does not knock."""

from __future__ import annotations

import socket

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from portal import clock
from portal.models import Delivery, Shape, User
from portal.notices import addresses, outbox, webhooks
from tests.portal.notices.telling import channel, hurry, only, send_all, tell, wants_webhook
from tests.support.webhooks import HANG, HANG_UP, TRICKLE, Receiver

State = Delivery.State


def test_it_arrives_in_the_shape_of_slack(ana: User, hook: Receiver) -> None:
    wants_webhook(ana, hook.url)
    tell(ana, text="<!channel> a & b")
    send_all()
    assert hook.arrived == [
        {
            "text": "*Access ends*\n&lt;!channel&gt; a &amp; b\n"
            "<http://localhost:8000/access/|Open in the portal>"
        }
    ]
    assert only().state == State.SENT


def test_it_arrives_in_the_shape_of_google_chat_and_calls_nobody(ana: User, hook: Receiver) -> None:
    wants_webhook(ana, hook.url, Shape.GOOGLE_CHAT)
    tell(ana, text="<users/all>")
    send_all()
    text = hook.arrived[0]["text"]
    assert "<users" not in text
    assert text.endswith("<http://localhost:8000/access/|Open in the portal>")


def test_it_arrives_as_plain_json_in_a_shared_channel(ana: User, hook: Receiver) -> None:
    channel(hook.url, shape=Shape.JSON)
    tell()
    send_all()
    sent = hook.arrived[0]
    assert (sent["kind"], sent["url"]) == ("access_ending", "http://localhost:8000/access/")
    assert hook.keys == [sent["id"]] == [str(only().pk)]


@pytest.mark.parametrize("status", [429, 500, 503, 408])
def test_a_refusal_that_may_pass_is_tried_again_with_the_same_key(
    ana: User, hook: Receiver, status: int
) -> None:
    hook.answers = [status, status, 200]
    wants_webhook(ana, hook.url)
    tell(ana)
    for _ in range(5):
        send_all()
        hurry()
    assert (len(hook.arrived), len(set(hook.keys)), len(hook.taken)) == (3, 1, 1)
    assert (only().state, only().attempts, only().error) == (State.SENT, 3, "")


def test_the_receiver_says_when_to_come_again(ana: User, hook: Receiver) -> None:
    hook.answers, hook.headers = [429], {"Retry-After": "600"}
    wants_webhook(ana, hook.url)
    tell(ana)
    send_all()
    assert 590 < (only().send_after - clock.now()).total_seconds() < 610
    assert only().state == State.PENDING
    send_all()
    assert len(hook.arrived) == 1, "its time has not come"


@pytest.mark.parametrize("status", [400, 404, 410])
def test_a_refusal_that_will_stay_ends_it(ana: User, hook: Receiver, status: int) -> None:
    hook.answers = [status]
    wants_webhook(ana, hook.url)
    tell(ana)
    send_all()
    hurry()
    send_all()
    assert (only().state, only().error) == (State.FAILED, f"The webhook answered {status}.")
    assert len(hook.arrived) == 1


def test_a_redirect_is_not_followed(ana: User, hook: Receiver) -> None:
    hook.answers, hook.headers = [302], {"Location": hook.url}
    wants_webhook(ana, hook.url)
    tell(ana)
    send_all()
    assert len(hook.arrived) == 1
    assert only().state == State.FAILED


@pytest.mark.parametrize("answer", [HANG, HANG_UP, TRICKLE])
def test_without_an_answer_it_is_unknown_and_not_repeated(
    ana: User, hook: Receiver, answer: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "ALL_SECONDS", 0.3)
    hook.answers = [answer]
    wants_webhook(ana, hook.url)
    tell(ana)
    send_all()
    hurry()
    outbox.sweep()
    send_all()
    assert only().state == State.UNKNOWN
    assert only().error.endswith("It may have arrived.")
    assert len(hook.arrived) == 1


def test_a_receiver_that_is_away_is_tried_again(ana: User, settings: Settings) -> None:
    settings.WEBHOOKS_IN_PRIVATE_NETWORKS = True
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        wants_webhook(ana, f"http://127.0.0.1:{free.getsockname()[1]}/x")
    tell(ana)
    send_all()
    assert (only().state, only().error) == (
        State.PENDING,
        "The webhook cannot be reached (ConnectionRefusedError).",
    )


def test_a_webhook_that_was_removed_ends_it(ana: User, hook: Receiver) -> None:
    preferences = wants_webhook(ana, hook.url)
    tell(ana)
    preferences.delete()
    send_all()
    assert (only().state, only().error) == (State.FAILED, "The webhook was removed.")


def test_an_address_moved_to_another_row_does_not_open(ana: User, hook: Receiver) -> None:
    one = wants_webhook(ana, hook.url)
    stolen = channel("https://hooks.example.com/x", shape=Shape.JSON)
    type(stolen).objects.update(sealed_url=one.sealed_url)
    tell()
    send_all()
    assert only().state == State.FAILED
    assert not hook.arrived


def test_the_address_stands_nowhere_in_the_clear(
    ana: User, hook: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    hook.answers = [500, 404]
    wants_webhook(ana, hook.url)
    tell(ana)
    send_all()
    hurry()
    send_all()
    with connection.cursor() as cursor:
        rows = ""
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            rows += repr([[bytes(v) if isinstance(v, memoryview) else v for v in r] for r in cursor])
    assert "hook-canary" not in rows + caplog.text


PRIVATE = [
    "127.0.0.1",
    "10.0.0.1",
    "172.16.3.4",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "::1",
    "fe80::1%eth0",
    "fd00::1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
    "2002:a00:1::",
    "fd00:ec2::254",
    "fec0::1",
    "::127.0.0.1",
    "::a9fe:a9fe",
    "::ffff:0:7f00:1",
    "64:ff9b:1::a00:1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_told_from_public_ones(address: str) -> None:
    assert not addresses.is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "64:ff9b::808:808"])
def test_public_addresses_are_public(address: str) -> None:
    assert addresses.is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://[::ffff:10.0.0.1]/",
        "https://localhost/x",
        "https://localhost./x",
        "https://a.localhost/x",
        "https://metadata.google.internal/x",
        "https://intranet/x",
        "https://2130706433/x",
        "https://0x7f.1/x",
        "https://0x7f000001/",
        "https://127.1/x",
        "https://user:pw@hooks.example.com/x",
        "https://hooks.example.com/x#y",
        "https://hooks.example.com:99999/",
        "https:///x",
        "ftp://hooks.example.com/",
        "https://hooks.example.com/a b",
        "https://hooks.example.com/\r\nX: y",
        "https://höoks.example.com/",
        "https://[::1/",
        "javascript:alert(1)",
        "",
    ],
)
def test_addresses_that_are_not_for_webhooks_are_refused_as_text(url: str) -> None:
    assert addresses.problem(url)


def test_an_ordinary_address_is_fine() -> None:
    assert not addresses.problem("https://chat.googleapis.com/v1/spaces/A/messages?key=k&token=t")


def test_a_name_that_leads_inside_is_refused_when_it_is_sent(
    ana: User, hook: Receiver, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A public name with a private address, also when only one of several is private."""
    settings.WEBHOOKS_IN_PRIVATE_NETWORKS = False
    inside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 443)) for ip in ("8.8.8.8", "127.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: inside)
    wants_webhook(ana, hook.url.replace("http://127.0.0.1", "https://hooks.example.com"))
    tell(ana)
    send_all()
    assert (only().state, only().error) == (
        State.FAILED,
        "The webhook's host leads into a private network.",
    )
