"""Editing, rotating and deleting: to the letter, and carried out against the emulator."""

from __future__ import annotations

import json
import shlex
from itertools import count
from typing import Any

import pytest
from hypothesis import given

from connections import kinds
from connections.equivalents import (
    PASSWORD_PLACEHOLDER,
    ConnectionSpec,
    Equivalent,
    deleting,
    editing,
    rotating,
)
from tests.connections.equivalents import samples
from tests.connections.equivalents.running import Runner
from tests.connections.equivalents.samples import with_password
from tests.support.examples import examples

PASSWORD = """a "typed" p'assword \\ with $everything"""
PARENT = f"v1/projects/{samples.PROJECT}/locations"
LOGIN = ["configuration.authentication.usernamePassword"]
NAMES = ["friendlyName", "description"]
CURL = (
    "curl -sS --fail-with-body \\\n"
    """  -H @<(printf 'Authorization: Bearer %s' "$(gcloud auth print-access-token)") \\\n"""
    "  -H 'Content-Type: application/json' \\\n"
)
numbers = count()


def by_tool(found: list[Equivalent]) -> dict[str, Equivalent]:
    return {one.tool: one for one in found}


def spec_of(kind: str, connection_id: str = "orders", **common: str) -> ConnectionSpec:
    location, body = samples.KINDS[kind]
    return ConnectionSpec(samples.PROJECT, location, connection_id, body, **common)


def make(runner: Runner, spec: ConnectionSpec) -> str:
    """Make it by hand; return its path."""
    body = with_password(spec.full_body, "the first password")
    runner.ask(
        "POST",
        "bigqueryconnection",
        f"{PARENT}/{spec.location}/connections?connectionId={spec.connection_id}",
        body,
    )
    return f"{PARENT}/{spec.location}/connections/{spec.connection_id}"


def test_names_to_the_letter() -> None:
    spec = spec_of("alloydb", friendly_name="It's new", description="x")
    found = by_tool(editing(spec, NAMES))
    assert found["bq"].text == (
        "bq update \\\n  --connection \\\n  --display_name='It'\"'\"'s new' \\\n  --description=x \\\n"
        "  acme-analytics.us-central1.orders"
    )
    assert found["rest"].text == (
        CURL
        + "  -X PATCH \\\n"
        + """  --data-binary '{\n  "friendlyName": "It\\u0027s new",\n  "description": "x"\n}' \\\n"""
        + "  'https://bigqueryconnection.googleapis.com/v1/projects/acme-analytics/locations/us-central1"
        "/connections/orders?updateMask=friendlyName%2Cdescription'"
    )
    assert not found["gcloud"].available
    assert "PASSWORD" not in found["rest"].text


def test_bq_replaces_the_credential_of_cloud_sql() -> None:
    found = by_tool(rotating(spec_of("cloud_sql"), ["cloudSql.credential"]))
    call = found["bq"].text.rpartition("| ")[2].removesuffix("\n)")
    words = [word for word in shlex.split(call) if word.strip()]
    properties = words.pop(4).removeprefix("--properties=")
    assert words == [
        *("bq", "update", "--connection", "--connection_type=CLOUD_SQL"),
        *("--flagfile=/dev/stdin", "acme-analytics.us-central1.orders"),
    ]
    instance = f"{samples.PROJECT}:us-central1:shop"
    assert json.loads(properties) == {"instanceId": instance, "database": "shop", "type": "MYSQL"}


def test_what_bq_cannot_do_is_left_out() -> None:
    assert not by_tool(rotating(spec_of("alloydb"), LOGIN))["bq"].available
    assert not by_tool(editing(spec_of("alloydb", friendly_name=""), NAMES))["bq"].available


def test_an_empty_mask_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing"):
        editing(spec_of("alloydb"), [])


def test_deleting_to_the_letter() -> None:
    found = by_tool(deleting("acme-analytics", "us", "orders"))
    assert found["bq"].text == "bq rm --connection --force acme-analytics.us.orders"
    assert found["rest"].text == (
        CURL
        + "  -X DELETE \\\n  https://bigqueryconnection.googleapis.com/v1/projects/acme-analytics/locations/us"
        "/connections/orders"
    )
    assert not found["terraform"].available


@pytest.mark.parametrize("tool", ["rest", "python"])
@pytest.mark.parametrize("slug", ["alloydb", "cloud_sql_postgresql", "sap_hana"])
def test_a_rotation_keeps_everything_and_a_credential(runner: Runner, slug: str, tool: str) -> None:
    kind = kinds.get(slug)
    sample = {"cloud_sql_postgresql": "cloud_sql", "sap_hana": "sap_datasphere"}.get(slug, slug)
    spec = spec_of(sample, f"rotated_{next(numbers)}", description="kept")
    path = make(runner, spec)
    before = runner.ask("GET", "bigqueryconnection", path)

    text = by_tool(rotating(spec, kind.credential_mask))[tool].text
    (runner.python_text if tool == "python" else runner.shell_text)(text, PASSWORD)

    after = runner.ask("GET", "bigqueryconnection", path)
    assert after.pop("lastModifiedTime") > before.pop("lastModifiedTime")
    assert after == before
    assert after["hasCredential"]


@pytest.mark.parametrize("tool", ["rest", "python"])
@pytest.mark.parametrize("sample", sorted(samples.KINDS))
def test_names_of_every_kind_change_and_the_rest_stays(runner: Runner, sample: str, tool: str) -> None:
    path = make(runner, spec_of(sample, "named"))
    before = runner.ask("GET", "bigqueryconnection", path)
    changed = spec_of(sample, "named", friendly_name="Ünïcode 🙂", description="It's 100%\n$x")

    text = by_tool(editing(changed, NAMES))[tool].text
    (runner.python_text if tool == "python" else runner.shell_text)(text)

    after = runner.ask("GET", "bigqueryconnection", path)
    assert (after.pop("friendlyName"), after.pop("description")) == ("Ünïcode 🙂", "It's 100%\n$x")
    after.pop("lastModifiedTime"), before.pop("lastModifiedTime")
    assert after == before


@given(text=samples.hostile.filter(bool))
@examples(15)
def test_hostile_names_arrive(runner: Runner, text: str) -> None:
    for tool in ("rest", "python"):
        connection_id = f"hostile_{next(numbers)}"
        path = make(runner, spec_of("alloydb", connection_id))
        spec = spec_of("alloydb", connection_id, description=text)
        (runner.python_text if tool == "python" else runner.shell_text)(
            by_tool(editing(spec, NAMES))[tool].text
        )
        assert runner.ask("GET", "bigqueryconnection", path)["description"] == text


def test_deleting_deletes(runner: Runner) -> None:
    spec = spec_of("alloydb", "gone")
    make(runner, spec)
    runner.shell_text(by_tool(deleting(spec.project, spec.location, "gone"))["rest"].text)
    listed: dict[str, Any] = runner.ask("GET", "bigqueryconnection", f"{PARENT}/{spec.location}/connections")
    assert "gone" not in str(listed)


def test_no_text_asks_for_more_than_the_password() -> None:
    rest = by_tool(rotating(spec_of("alloydb"), LOGIN))["rest"].text
    assert '"plaintext": env.DATABASE_PASSWORD' in rest
    assert f'"{PASSWORD_PLACEHOLDER}"' not in rest
