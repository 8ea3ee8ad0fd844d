"""A kind more is a module and a template fragment: form, operation, list, page and commands take it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.template import engines
from pytest_django.fixtures import Settings

from connections import kinds
from connections.models import Connection
from portal.gcp import connections as google
from portal.models import Operation, Project, User
from tests.connections.dialog import CANARY, GOOD, submit
from tests.support.creation import carry_out
from tests.support.emulated import Emulator
from tests.support.factories import PROJECT
from tests.support.pages import INTO_DIALOG, errors_beside, sign_in, text_of

URL = "/add-data/ledger/"
MODULE = '''
"""A ledger."""

from django import forms

from connections.kinds import fields
from connections.kinds.base import Kind, Wire


def _fields():
    return {
        "books": forms.CharField(label="Books", max_length=100),
        "page": forms.CharField(label="Page", max_length=10),
        "username": fields.username(10, "Bookkeeper"),
        "password": fields.password("Seal"),
    }


KIND = Kind(
    slug="ledger",
    label="Ledger",
    card_title="Ledger: direct",
    card_text="What the company owes.",
    group="Bookkeeping",
    search_words=("abacus",),
    docs_url="https://example.com/ledger",
    fields=_fields,
    template="ledger.html",
    section="Bookkeeping",
    property_fields=("books", "page", "username"),
    secret_field="password",
    wire=Wire(
        block="configuration",
        fixed={"configuration.connectorId": "google-cloudsql-postgres"},
        values={
            "books": "configuration.asset.googleCloudResource",
            "page": "configuration.asset.database",
            "username": "configuration.authentication.usernamePassword.username",
        },
        credential="configuration.authentication.usernamePassword.password.plaintext",
        identity="configuration.authentication.serviceAccount",
    ),
)
'''
FRAGMENT = "{{ form.books.as_field_group }}{{ form.page.as_field_group }}{{ form.username.as_field_group }}"
BOOKS = f"//cloudsql.googleapis.com/projects/{PROJECT}/instances/books"
LEDGER = GOOD | {"kind": "ledger", "connection_id": "debts", "books": BOOKS, "page": "one"}


@pytest.fixture(autouse=True)
def ledger(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The module and the fragment: nothing else."""
    (tmp_path / "ledger.py").write_text(MODULE)
    (tmp_path / "ledger.html").write_text(FRAGMENT + "{{ form.password.as_field_group }}")
    monkeypatch.setattr(kinds, "__path__", [*kinds.__path__, str(tmp_path)])
    settings.TEMPLATES = [settings.TEMPLATES[0] | {"DIRS": [*settings.TEMPLATES[0]["DIRS"], tmp_path]}]
    yield
    sys.modules.pop("connections.kinds.ledger", None)
    kinds._found.cache_clear()
    engines._engines = {}  # type: ignore[attr-defined]  # the folder goes with the test


def test_its_card_is_found_in_a_group_of_its_own(ada: User, project: Project) -> None:
    text = text_of(sign_in(ada).get("/add-data/", {"q": "abacus"}))
    assert "Bookkeeping 1" in text
    assert "Ledger: direct" in text
    assert "AlloyDB: BigQuery Federation" not in text


def test_the_dialog_has_its_fields_and_only_what_it_takes(ada: User, project: Project) -> None:
    text = text_of(sign_in(ada).get(URL, headers=INTO_DIALOG))
    for own in ("Books", "Page", "Bookkeeper", "Seal", "Bookkeeping", "Connection ID"):
        assert own in text, own
    for foreign in ("Encryption", "AlloyDB Instance", "Grant the", "Test with a query"):
        assert foreign not in text, foreign


def test_choosing_it_in_the_dialog_keeps_the_common_fields(ada: User, project: Project) -> None:
    typed = GOOD | {"kind": "ledger", "connection_id": "kept", "friendly_name": "Kept too"}
    response = sign_in(ada).post("/add-data/alloydb/kind/", typed, headers=INTO_DIALOG)
    page = response.content.decode()
    assert 'value="kept"' in page
    assert 'value="Kept too"' in page
    assert 'action="/add-data/ledger/"' in page
    assert CANARY not in page


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("transactional_db")
def test_it_is_made_at_google_and_shown(emulator: Emulator, ada: User, project: Project) -> None:
    client = sign_in(ada)
    wrong = submit(client, **LEDGER | {"books": "", "username": "ü" * 6})
    assert errors_beside(wrong, "books") == "Books is missing."
    assert errors_beside(wrong, "username") == "This is 12 bytes long; 10 are allowed."
    assert CANARY not in wrong.content.decode()

    assert "HX-Redirect" in submit(client, **LEDGER).headers
    operation = Operation.objects.get(task="connections.create")
    carry_out(operation)

    assert operation.state == Operation.State.SUCCEEDED, operation.error
    made = Connection.objects.get()
    assert made.properties == {"books": BOOKS, "page": "one", "username": "bq_reader"}
    body = google.get(made.full_name).body
    assert kinds.of(body) is kinds.get("ledger")
    assert kinds.get("ledger").read(body) == made.properties
    text = text_of(client.get(made.get_absolute_url()))
    for words in (
        "Connection type Ledger",
        f"Books {BOOKS}",
        "Page one",
        "bq mk",
        "google-cloudsql-postgres",
    ):
        assert words in text, words
    assert CANARY not in text
    assert "Ledger" in text_of(client.get("/connections/", {"q": "books", "kind": "ledger"}))
