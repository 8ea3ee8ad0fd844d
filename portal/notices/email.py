"""A notice as an e-mail, by Django's backend."""

from __future__ import annotations

import smtplib
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string

from portal.models import Delivery
from portal.notices.outcomes import NotSentError, RejectedError, UnsureError

_TEMPORARY = range(400, 500)


def send(delivery: Delivery) -> None:
    """Send it; returns when the server has taken it.

    Raises NotSentError, RejectedError or UnsureError. The message's id is the delivery's, so that a mailbox
    that got it twice could tell.
    """
    person, notice = delivery.person, delivery.notice
    if person is None or not person.is_active:
        raise RejectedError("The person is not active any more.")
    text = render_to_string(
        "portal/notices/email.txt", {"notice": notice, "link": f"{settings.BASE_URL}{notice.about}"}
    )
    server = get_connection()
    try:
        server.open()
    except (OSError, smtplib.SMTPException) as error:
        raise NotSentError(f"The mail server cannot be reached ({type(error).__name__}).") from error
    try:
        EmailMessage(
            f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}{notice.subject}",
            text,
            settings.DEFAULT_FROM_EMAIL,
            [person.email],
            headers={"Message-ID": _message_id(delivery), "Auto-Submitted": "auto-generated"},
            connection=server,
        ).send()
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()))[0]
        raise _refusal(code) from error
    except smtplib.SMTPResponseException as error:
        raise _refusal(error.smtp_code) from error
    except (OSError, smtplib.SMTPException) as error:
        raise UnsureError(f"The mail server did not answer ({type(error).__name__}).") from error
    finally:
        _close(server)


def _close(server: object) -> None:
    """Say goodbye; what the server answers to that changes nothing."""
    try:
        server.close()  # type: ignore[attr-defined]
    except (OSError, smtplib.SMTPException):
        return


def _refusal(code: int) -> Exception:
    message = f"The mail server refused it with {code}."
    return NotSentError(message) if code in _TEMPORARY else RejectedError(message)


def _message_id(delivery: Delivery) -> str:
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{delivery.pk}@{domain}>"
