"""The API does what its own schema says, whatever the parameters; and the reference tells of all of it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from access.models import AccessRequest
from portal import clock
from portal.api import site
from portal.urls import API
from tests.portal import people
from tests.portal.api.calling import call, token_of
from tests.portal.people import Cast
from tests.support.examples import examples
from tests.support.factories import make_grant, make_resource
from tests.support.pages import text_of

pytestmark = pytest.mark.django_db
DOCUMENT: dict[str, Any] = json.loads(json.dumps(site.schema(API)))
PATHS = sorted(DOCUMENT["paths"])


def values(schema: dict[str, Any]) -> st.SearchStrategy[object]:
    """What may be given for a parameter: what its schema allows, and often what it does not."""
    options = [found for found in schema.get("anyOf", [schema]) if found.get("type") != "null"]
    texts = st.text(max_size=600) | st.sampled_from(
        ["", "0", "-1", "user:ana@example.com", "\x00", "2026-11-22"]
    )
    good: st.SearchStrategy[object] = texts
    if "enum" in options[0]:
        good = st.sampled_from(options[0]["enum"])
    elif options[0].get("type") == "integer":
        good = st.integers(-5, 600)
    elif options[0].get("format") == "date":
        good = st.dates().map(str)
    return good | texts


def queries(path: str) -> st.SearchStrategy[dict[str, object]]:
    parameters = DOCUMENT["paths"][path]["get"]["parameters"]
    return st.fixed_dictionaries({}, optional={each["name"]: values(each["schema"]) for each in parameters})


@pytest.fixture
def token(cast: Cast, settings: Settings) -> str:
    """An auditor's token, with something to read."""
    settings.API_CALLS_A_MINUTE = 10_000
    resource = make_resource("projects/acme-analytics/locations/us/connections/orders", owners=(cast.owner,))
    make_grant(resource, "user:ana@example.com")
    AccessRequest.objects.create(
        resource=resource,
        requester=cast.analyst,
        principal="user:ana@example.com",
        role="roles/bigquery.connectionUser",
        duration=timedelta(days=1),
        created_at=clock.now(),
    )
    return token_of(cast.auditor)


@pytest.mark.parametrize("path", PATHS)
@given(data=st.data())
@examples(60)
def test_every_answer_is_one_that_the_schema_knows(token: str, path: str, data: st.DataObject) -> None:
    query = data.draw(queries(path))
    answer = call(token, path.removeprefix(site.ROOT), **query)
    responses = DOCUMENT["paths"][path]["get"]["responses"]
    assert str(answer.status_code) in responses, answer.content
    schema = responses[str(answer.status_code)]["content"]["application/json"]["schema"]
    jsonschema.Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(answer.json())
    if answer.status_code == 200:
        assert len(answer.json()["items"]) <= int(str(query.get("limit", 100)))


@pytest.mark.parametrize("path", PATHS)
def test_an_ordinary_call_has_something_to_check(token: str, path: str) -> None:
    assert call(token, path.removeprefix(site.ROOT)).json()["items"]


def test_the_schema_is_served_and_needs_no_sign_in(client: Any) -> None:
    served = client.get("/api/v1/openapi.json").json()
    assert served == DOCUMENT
    assert served["openapi"].startswith("3.")
    assert all(set(entry) == {"get"} for entry in served["paths"].values())


def test_the_reference_names_every_parameter_and_field(cast: Cast) -> None:
    page = people.signed_in(cast.analyst).get("/api/")
    text = text_of(page)
    for path, entry in DOCUMENT["paths"].items():
        assert f"GET {path}" in text
        assert all(each["name"] in text for each in entry["get"]["parameters"])
    assert "<script" not in page.content.decode().partition("<main")[2].partition("</main")[0]
