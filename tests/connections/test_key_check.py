"""In the dialog: whether BigQuery may use the key that was chosen, and the role on it for a click."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from access.models import Grant
from connections import tasks
from connections.services import preflight
from portal import clock
from portal.gcp import kms
from portal.models import AuditEvent, Operation, Project, User
from tests.connections.dialog import CANARY, GOOD
from tests.support.creation import PROJECT
from tests.support.emulated import Emulator
from tests.support.pages import INTO_DIALOG, age_sign_in, sign_in, text_of

pytestmark = pytest.mark.django_db(transaction=True)
CHECK, GRANT = "/add-data/alloydb/key/", "/add-data/alloydb/key/grant/"
KEY = f"projects/{PROJECT}/locations/us-central1/keyRings/portal/cryptoKeys/connections-us-central1"

MEMBER = "serviceAccount:bq-528461093377@bigquery-encryption.iam.gserviceaccount.com"


@pytest.fixture
def admin(emulator: Emulator, transactional_db: None, ada: User, project: Project) -> Client:
    """Ada's browser; the portal may change the policy of keys, and BigQuery may not use this one."""
    portal = f"serviceAccount:portal@{PROJECT}.iam.gserviceaccount.com"
    emulator.control.outsider(f"projects/{PROJECT}", "roles/cloudkms.admin", portal)
    emulator.control.outsider(KEY, kms.KEY_ROLE, MEMBER, "remove")
    return sign_in(ada)


def ask(admin: Client, url: str = CHECK, key: str = KEY) -> Any:
    return admin.post(url, {"project": PROJECT, "kms_key_name": key}, headers=INTO_DIALOG)


def work() -> Operation:
    """Do what a worker does about the last operation."""
    operation = Operation.objects.latest("created_at")
    {preflight.TASK: tasks.check_key, preflight.GRANT_TASK: tasks.grant_key}[operation.task](
        str(operation.pk)
    )
    operation.refresh_from_db()
    return operation


def test_a_key_without_the_role_is_said_and_mended(admin: Client) -> None:
    shown = ask(admin)
    assert "under way" in text_of(shown)
    assert "every 1s" in shown.content.decode(), "it follows by itself"
    work()
    text = text_of(ask(admin))
    assert "BigQuery may not be able to use this key" in text
    assert MEMBER.partition(":")[2] in text
    assert "Grant the key role" in text
    assert "gcloud kms keys add-iam-policy-binding" in text

    assert "Let BigQuery use the key: under way" in text_of(ask(admin, GRANT))
    done = work()
    assert done.state == "succeeded", done.error
    shown = ask(admin)
    assert "BigQuery may use this key, seen" in text_of(shown)
    assert "every 1s" not in shown.content.decode()
    assert kms.get_policy(KEY).has(kms.KEY_ROLE, MEMBER)
    grant = Grant.objects.get()
    assert (grant.origin, grant.purpose, grant.status) == ("encryption", f"projects/{PROJECT}", "active")
    events = AuditEvent.objects.filter(action=preflight.ACTION).order_by("position")
    assert list(events.values_list("outcome", flat=True)) == ["requested", "succeeded"]


def test_what_was_seen_a_moment_ago_is_not_asked_again(admin: Client) -> None:
    for _ in range(3):
        ask(admin)
    work()
    for _ in range(3):
        ask(admin)
    operation = Operation.objects.get()
    then = clock.now() - preflight.FRESH - timedelta(seconds=1)
    operation.parameters[preflight.REPORT]["at"] = then.isoformat()
    operation.save()
    assert "under way" in text_of(ask(admin))
    assert Operation.objects.count() == 2


@pytest.mark.parametrize("key", ["", "no key", "projects/p/x", "\0", "é" * 600])
def test_what_is_no_key_starts_nothing(admin: Client, key: str) -> None:
    shown = ask(admin, key=key)
    assert shown.status_code == 200
    assert text_of(shown) == ""
    assert ask(admin, GRANT, key).status_code == 200
    assert not Operation.objects.exists()


def test_a_key_that_cannot_be_read_is_not_certain(emulator: Emulator, admin: Client) -> None:
    emulator.control.fault("cryptoKeys.getIamPolicy", times=5, status=403, when="before")
    ask(admin)
    done = work()
    assert done.state == "succeeded", done.error
    assert "may not be able to" in text_of(ask(admin))


def test_a_key_that_is_not_there_has_no_role_to_grant(admin: Client) -> None:
    ask(admin, key=f"{KEY}-2")
    work()
    text = text_of(ask(admin, key=f"{KEY}-2"))
    assert "BigQuery cannot use this key" in text
    assert "Choose a key that exists" in text
    assert "Grant the key role" not in text


def test_what_google_refuses_is_said_and_given_up(emulator: Emulator, admin: Client) -> None:
    emulator.control.fault("cryptoKeys.setIamPolicy", times=5, status=403, when="before")
    asked = ask(admin, GRANT)
    assert f'"operation": "{Operation.objects.get().pk}"' in asked.content.decode(), "it follows this one"
    done = work()
    assert done.state == "failed"
    followed = admin.post(
        CHECK, {"project": PROJECT, "kms_key_name": KEY, "operation": str(done.pk)}, headers=INTO_DIALOG
    )
    text = text_of(followed)
    assert done.error
    assert f"That did not work {done.error}" in text, "not taken for a key that nobody has looked at"
    assert "gcloud kms keys add-iam-policy-binding" in text
    assert "Grant the key role" in text
    assert "every 1s" not in followed.content.decode()
    assert Operation.objects.count() == 1
    assert Grant.objects.get().desired == Grant.Presence.ABSENT
    assert AuditEvent.objects.filter(action=preflight.ACTION, outcome="failed").exists()


def test_granting_asks_for_a_recent_sign_in(admin: Client) -> None:
    age_sign_in(admin, 3600)
    assert ask(admin, GRANT).status_code == 422
    assert not Operation.objects.exists()


def test_the_dialog_asks_about_the_key_alone(admin: Client) -> None:
    page = admin.get("/add-data/alloydb/", headers=INTO_DIALOG).content.decode()
    assert 'id="key-check"' in page
    assert 'hx-params="project,kms_key_name,operation,csrfmiddlewaretoken"' in page
    again = admin.post(
        "/add-data/alloydb/",
        GOOD | {"encryption": "cmek", "kms_key_name": KEY, "connection_id": "not allowed"},
        headers=INTO_DIALOG,
    )
    assert 'hx-trigger="load, change from:#id_kms_key_name"' in again.content.decode()
    assert CANARY not in again.content.decode()
