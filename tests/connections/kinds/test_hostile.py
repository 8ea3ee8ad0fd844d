"""Hostile input to the dialog of every kind: never a 500, never the password back, never a value lost."""

from __future__ import annotations

import html

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from connections import kinds
from connections.models import Connection
from portal.models import Project, User
from tests.connections.dialog import CANARY
from tests.connections.kinds.samples import SLUGS, filled, properties, url
from tests.connections.test_dialog_hostile import NASTY, TEXT, value_shown
from tests.support.examples import examples
from tests.support.factories import make_connection
from tests.support.pages import HTMX, INTO_DIALOG, sign_in

RARELY = examples(25)
BOXES = ("parallel", "data_boost", "federated", "grant_service_agent", "test_query")
FIXED = ("password", "kind", "encryption", "project", "location", "role", "kms_key_name", *BOXES)


@pytest.fixture
def client_of_ada(ada: User, project: Project) -> Client:
    """Ada's browser; one for all examples of a test."""
    return sign_in(ada)


def typed_into(slug: str, data: st.DataObject) -> dict[str, str]:
    texts = [name for name in filled(slug) if name not in FIXED]
    chosen = st.dictionaries(st.sampled_from(texts), TEXT | NASTY, min_size=1, max_size=5)
    others = st.dictionaries(
        st.sampled_from(["location", "project", "role", *BOXES]), TEXT | NASTY, max_size=2
    )
    return data.draw(chosen) | data.draw(others)


def check(page: str) -> None:
    assert CANARY not in page
    assert html.escape(CANARY) not in page
    assert "<script>alert" not in page


@pytest.mark.parametrize("slug", SLUGS)
@RARELY
@given(data=st.data())
def test_whatever_is_typed(client_of_ada: Client, slug: str, data: st.DataObject) -> None:
    sent = filled(slug) | typed_into(slug, data)
    response = client_of_ada.post(url(slug), sent, headers=INTO_DIALOG)
    page = response.content.decode()
    assert response.status_code in {200, 422}
    check(page)
    if response.status_code == 200:
        assert response.headers["HX-Redirect"].startswith("/operations/")
        Connection.objects.update(state=Connection.State.DELETED)  # its name is free again
        return
    for name in [name for name in sent if name not in FIXED]:
        assert value_shown(page, name) == html.unescape(html.escape(sent[name])), name


@pytest.mark.parametrize("slug", SLUGS)
@RARELY
@given(data=st.data(), other=st.sampled_from(SLUGS))
def test_whatever_is_looked_at_previewed_or_swapped(
    client_of_ada: Client, slug: str, data: st.DataObject, other: str
) -> None:
    sent = filled(slug, password=CANARY) | typed_into(slug, data) | {"kind": other}
    for tail in ("validate/", "preview/", "kind/"):
        trigger = data.draw(st.sampled_from(sorted(sent)))
        response = client_of_ada.post(
            f"{url(slug)}{tail}", sent, headers={**HTMX, "HX-Trigger": f"id_{trigger}_errors"}
        )
        assert response.status_code == 200
        check(response.content.decode())


@RARELY
@given(within=TEXT | NASTY, location=TEXT, field=st.sampled_from(["instance", "database", "metastore", "x"]))
def test_whatever_is_asked_of_pick_lists(
    client_of_ada: Client, project: Project, within: str, location: str, field: str
) -> None:
    for kind in kinds.all_kinds():
        query = {"project": project.project_id, "field": field, "location": location, "instance": within}
        response = client_of_ada.get(f"{url(kind.slug)}choices/", query, headers=HTMX)
        assert response.status_code in {200, 404}


@pytest.fixture
def of_every_kind(ada: User, project: Project) -> dict[str, Connection]:
    """One connection of each kind, as Google has made it."""
    return {
        slug: make_connection(
            project,
            f"an_{slug}",
            kind=slug,
            properties=properties(slug),
            body=kinds.get(slug).body(properties(slug), ""),
        )
        for slug in SLUGS
    }


@pytest.mark.parametrize("slug", SLUGS)
@examples(12)
@given(data=st.data())
def test_whatever_is_typed_into_the_edit_form(
    client_of_ada: Client, of_every_kind: dict[str, Connection], slug: str, data: st.DataObject
) -> None:
    shown, kind = of_every_kind[slug], kinds.get(slug)
    names = ("friendly_name", "description", *kind.property_fields, "shown")
    chosen = data.draw(st.dictionaries(st.sampled_from(names), TEXT | NASTY, min_size=1, max_size=4))
    as_it_is = {name: value for name, value in shown.properties.items() if value is not False}
    sent = {"friendly_name": "", "description": "", **as_it_is, **chosen}
    sent |= {kind.secret_field: CANARY} if kind.secret_field else {}
    preview = client_of_ada.post(shown.get_absolute_url() + "edit/preview/", sent, headers=INTO_DIALOG)
    assert preview.status_code == 200
    check(preview.content.decode())
    response = client_of_ada.post(shown.get_absolute_url() + "edit/", sent, headers=INTO_DIALOG)
    page = response.content.decode()
    assert response.status_code in {200, 422}
    check(page)
    if response.status_code == 200:
        assert response.headers["HX-Redirect"].startswith("/operations/")
        return
    for name in chosen.keys() & {"friendly_name", "description"}:
        assert value_shown(page, name) == html.unescape(html.escape(chosen[name])), "a value is lost"
