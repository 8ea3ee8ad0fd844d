"""A kind more is a module and a template fragment: the dialog, the list and the page take it as it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django import forms
from pytest_django.fixtures import Settings

from connections import kinds
from connections.kinds import alloydb
from connections.models import Connection
from portal.models import Project, User
from tests.connections.dialog import CANARY, GOOD, submit
from tests.support.pages import INTO_DIALOG, errors_beside, sign_in, text_of

URL = "/add-data/ledger/"


def _fields() -> dict[str, forms.Field]:
    return {
        "host": forms.CharField(label="Host:port", max_length=50),
        "username": forms.CharField(label="Username", max_length=10),
        "secret": forms.CharField(label="Secret", widget=forms.PasswordInput),
    }


def _body(properties: Any, password: str) -> dict[str, Any]:
    return {"ledger": {"host": properties["host"], "credential": {"password": password}}}


@pytest.fixture(autouse=True)
def ledger(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """A kind without instance, key or role, as its module and its fragment would bring it."""
    (tmp_path / "ledger.html").write_text(
        "{{ form.host.as_field_group }}{{ form.username.as_field_group }}{{ form.secret.as_field_group }}"
    )
    settings.TEMPLATES = [settings.TEMPLATES[0] | {"DIRS": [*settings.TEMPLATES[0]["DIRS"], tmp_path]}]
    kinds.register(
        replace(
            alloydb.KIND,
            slug="ledger",
            label="Ledger",
            card_title="Ledger: direct",
            card_text="A ledger.",
            search_words=("books",),
            fields=_fields,
            template="ledger.html",
            secret_field="secret",
            property_fields=("host", "username"),
            body=_body,
            region=lambda _: "",
            needs=None,
            takes_kms_key=False,
            instance_field="",
            asset_type="",
        )
    )
    yield
    kinds._kinds.pop("ledger")


def test_its_card_is_found(ada: User, project: Project) -> None:
    text = text_of(sign_in(ada).get("/add-data/", {"q": "books"}))
    assert "Ledger: direct" in text
    assert "AlloyDB: BigQuery Federation" not in text


def test_the_dialog_has_its_fields_and_only_what_it_takes(ada: User, project: Project) -> None:
    response = sign_in(ada).get(URL, headers=INTO_DIALOG)
    text = text_of(response)
    assert "Host:port" in text
    assert "Connection ID" in text
    for foreign in ("Encryption", "AlloyDB Instance", "Grant the service agent"):
        assert foreign not in text, foreign
    assert "BigQuery Omni" in response.content.decode(), "it has no instance that a location has to reach"


def test_choosing_it_in_the_dialog_keeps_the_common_fields(ada: User, project: Project) -> None:
    typed = GOOD | {"kind": "ledger", "connection_id": "kept", "friendly_name": "Kept too"}
    response = sign_in(ada).post("/add-data/alloydb/kind/", typed, headers=INTO_DIALOG)
    page = response.content.decode()
    assert "Host:port" in page
    assert 'value="kept"' in page
    assert 'value="Kept too"' in page
    assert 'value="bq_reader"' in page, "both kinds have a username"
    assert 'action="/add-data/ledger/"' in page
    assert CANARY not in page


def test_it_is_created_with_its_own_values(ada: User, project: Project) -> None:
    client = sign_in(ada)
    wrong = submit(client, kind="ledger", host="", secret=CANARY, username="ü" * 6)
    assert errors_beside(wrong, "host") == "This field is required."
    assert errors_beside(wrong, "username") == "This is 12 bytes long; 10 are allowed."
    assert CANARY not in wrong.content.decode()
    submit(client, kind="ledger", host="db:5432", secret=CANARY)
    made = Connection.objects.get()
    assert made.kind == "ledger"
    assert made.properties == {"host": "db:5432", "username": "bq_reader"}
    text = text_of(client.get(made.get_absolute_url()))
    assert "Connection type Ledger" in text
    assert "Host:port db:5432" in text
    assert "Ledger" in text_of(client.get("/connections/", {"q": "db:5432", "kind": "ledger"}))
