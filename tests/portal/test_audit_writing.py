"""Many writers keep one chain; and what cannot be written down does not happen."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from portal import audit, projects
from portal.models import AuditEvent, Operation, Project, User
from portal.people import services
from tests.portal import people, things
from tests.portal.threads import at_once

WRITER = """
import django; django.setup()
from django.db import transaction
from portal import audit
for number in range(10):
    with transaction.atomic():
        audit.record("test.happen", by=None, target="x", outcome="succeeded", reason=f"process {number}")
"""


@pytest.fixture
def no_audit(db: None) -> None:
    """Have the database refuse every new event, as a full disk would."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "CREATE TRIGGER full_disk BEFORE INSERT ON portal_auditevent "
                "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
            )
        else:
            cursor.execute(
                "ALTER TABLE portal_auditevent ADD CONSTRAINT full_disk CHECK (position < 0) NOT VALID"
            )


def test_threads_keep_one_chain(transactional_db: None) -> None:
    at_once(8, lambda number: [things.event(reason=f"{number} {again}") for again in range(5)])
    assert audit.verify().holds
    assert audit.verify().size == 40


def test_processes_keep_one_chain(transactional_db: None) -> None:
    environment = {"DJANGO_SETTINGS_MODULE": "portal.settings"}
    root = Path(__file__).resolve().parents[2]
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER], cwd=root, env=os.environ | environment)
        for _ in range(2)
    ]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0]
    found = audit.verify()
    assert (found.holds, found.size) == (True, 20)


def test_appending_within_appending_keeps_one_chain(db: None) -> None:
    """Also where the inner one is undone."""

    def note(reason: str) -> None:
        audit.record("test.happen", by=None, target="x", outcome=audit.Outcome.SUCCEEDED, reason=reason)

    with audit.appending():
        note("outer, before")
        with audit.appending():
            note("inner")
        note("outer, between")
        with suppress(ValueError), audit.appending():
            note("inner, undone")
            raise ValueError("undone")
        with transaction.atomic():
            note("savepoint")
        note("outer, after")
    told = AuditEvent.objects.filter(action="test.happen").order_by("position")
    assert list(told.values_list("reason", flat=True)) == [
        "outer, before",
        "inner",
        "outer, between",
        "savepoint",
        "outer, after",
    ]
    assert audit.verify().holds


def test_without_its_event_no_project_is_registered(no_audit: None) -> None:
    admin = people.person("admin@example.com")
    with pytest.raises(DatabaseError), transaction.atomic():
        projects.request_register("acme-analytics", by=admin)
    assert not Project.objects.exists()
    assert not Operation.objects.exists()


def test_without_its_event_nobody_is_invited_or_changed(cast: people.Cast, no_audit: None) -> None:
    for act in (
        lambda: services.invite("new@example.com", [], by=cast.admin),
        lambda: services.change_roles(cast.analyst, ["auditor"], by=cast.admin),
        lambda: services.deactivate(cast.analyst, by=cast.admin),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()
    analyst = User.objects.get(pk=cast.analyst.pk)
    assert (analyst.is_active, analyst.role_names) == (True, frozenset())
    assert not services.open_invitations().exists()


def test_without_its_event_nothing_is_exported(cast: people.Cast, no_audit: None) -> None:
    browser = Client(raise_request_exception=False)
    browser.force_login(cast.auditor)
    answer = browser.post("/audit/export/", {"format": "csv"})
    assert answer.status_code == 500
    assert not AuditEvent.objects.exists()


def test_without_its_event_nobody_comes_in(cast: people.Cast, no_audit: None) -> None:
    browser = Client(raise_request_exception=False)
    answer = browser.post("/accounts/login/", {"login": "admin@example.com", "password": people.PASSWORD})
    assert answer.status_code == 500
    assert "_auth_user_id" not in browser.session
