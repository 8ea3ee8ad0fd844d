"""E-mail by a real conversation with a mail server: what its answers mean for a second try."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from portal.models import Delivery, User
from tests.portal.notices.telling import hurry, only, send_all, tell
from tests.support.smtp import HANG_UP, MailServer, mail_server

State = Delivery.State


@pytest.fixture
def server(settings: Settings) -> Iterator[MailServer]:
    """The portal's mail server."""
    with mail_server() as found:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", found.port
        yield found


def test_it_is_sent_once_under_its_own_id(ana: User, server: MailServer) -> None:
    tell(ana)
    send_all()
    send_all()
    assert only().state == State.SENT
    assert len(server.mails) == 1
    assert f"Message-ID: <{only().pk}@" in server.mails[0]


def test_a_temporary_refusal_is_tried_again(ana: User, server: MailServer) -> None:
    server.code = 451
    tell(ana)
    send_all()
    assert (only().state, only().error) == (State.PENDING, "The mail server refused it with 451.")
    server.code = 250
    hurry()
    send_all()
    assert only().state == State.SENT


@pytest.mark.parametrize(("recipient", "mail"), [(550, 250), (250, 554)])
def test_a_lasting_refusal_ends_it(ana: User, server: MailServer, recipient: int, mail: int) -> None:
    server.recipient_code, server.code = recipient, mail
    tell(ana)
    send_all()
    assert only().state == State.FAILED


def test_a_greylisted_recipient_is_tried_again(ana: User, server: MailServer) -> None:
    server.recipient_code = 450
    tell(ana)
    send_all()
    assert only().state == State.PENDING


def test_without_an_answer_to_the_mail_it_is_unknown_and_not_repeated(ana: User, server: MailServer) -> None:
    server.code = HANG_UP
    tell(ana)
    send_all()
    hurry()
    send_all()
    assert only().state == State.UNKNOWN
    assert len(server.mails) == 1


def test_a_server_that_is_away_is_tried_again(ana: User, server: MailServer, settings: Settings) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        settings.EMAIL_PORT = free.getsockname()[1]
    tell(ana)
    send_all()
    assert only().state == State.PENDING
    settings.EMAIL_PORT = server.port
    hurry()
    send_all()
    assert only().state == State.SENT


def test_somebody_who_was_deactivated_meanwhile_is_not_told(ana: User, server: MailServer) -> None:
    tell(ana)
    User.objects.update(is_active=False)
    send_all()
    assert only().state == State.FAILED
    assert not server.mails
