"""Creating: what each text says is the very connection, whatever people type."""

from __future__ import annotations

import ast
import json
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connections.equivalents import PASSWORD_PLACEHOLDER, ConnectionSpec, Equivalent, creating, hcl
from tests.connections.equivalents import reading, samples
from tests.connections.equivalents.samples import with_password
from tests.connections.equivalents.shells import TOKEN, Shell
from tests.support.examples import examples

many = examples(40)


def by_tool(spec: ConnectionSpec) -> dict[str, Equivalent]:
    return {found.tool: found for found in creating(spec)}


@given(spec=samples.specs(), typed=samples.typed_passwords)
@many
def test_bq_sends_the_connection(shell: Shell, spec: ConnectionSpec, typed: str) -> None:
    (call,) = shell.called(by_tool(spec)["bq"].text, typed=typed)
    verb, flags, positional = reading.bq_words(call)

    assert (call.tool, verb, positional) == ("bq", "mk", [spec.connection_id])
    assert flags["connection"] == "true"
    assert (flags["project_id"], flags["location"]) == (spec.project, spec.location)
    sent = reading.bq_connection(flags)
    assert reading.camel(sent) == with_password(spec.full_body, typed)


@given(spec=samples.specs(), typed=samples.typed_passwords)
@many
def test_curl_sends_the_connection(shell: Shell, spec: ConnectionSpec, typed: str) -> None:
    (call,) = shell.called(by_tool(spec)["rest"].text, typed=typed)

    assert f"Authorization: Bearer {TOKEN}" in call.files.values()
    *_, flag, data, address = call.argv
    assert flag == "--data-binary"
    assert json.loads(call.stdin if data == "@-" else data) == with_password(spec.full_body, typed)
    url = urlsplit(address)
    assert url.netloc == "bigqueryconnection.googleapis.com"
    assert unquote(url.path) == f"/v1/projects/{spec.project}/locations/{spec.location}/connections"
    assert parse_qs(url.query) == {"connectionId": [spec.connection_id]}


@given(spec=samples.specs())
@many
def test_terraform_says_the_connection(spec: ConnectionSpec) -> None:
    blocks = reading.hcl(by_tool(spec)["terraform"].text)
    (block,) = blocks["google_bigquery_connection"]
    found = reading.camel(block)

    assert found.pop("name").isidentifier()
    assert found.pop("project") == spec.project
    assert found.pop("location") == spec.location
    assert found.pop("connectionId") == spec.connection_id
    expected = with_password(spec.full_body, "${var.database_password}")
    if "configuration" in expected:
        expected["configuration"].setdefault("asset", {})
    assert found == expected
    asked = "database_password" in json.dumps(expected)
    variable = {"name": "database_password", "type": "string", "sensitive": True}
    assert blocks["variable"] == ([variable] if asked else [])


@given(text=samples.hostile | st.sampled_from(samples.NASTY))
@many
def test_a_string_of_terraform_is_read_as_its_language_says(text: str) -> None:
    """python-hcl2 leaves escapes undecoded; the specification of quoted templates decodes them here."""
    written = hcl.string(text)
    assert written.isprintable()
    assert reading.hcl_string(written) == text


@given(spec=samples.specs(), typed=samples.typed_passwords)
@many
def test_python_sends_the_connection(spec: ConnectionSpec, typed: str) -> None:
    tree = ast.parse(by_tool(spec)["python"].text)
    (post,) = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "post"
    ]
    values = {str(keyword.arg): evaluated(keyword.value, typed) for keyword in post.keywords}

    assert values["json"] == with_password(spec.full_body, typed)
    assert values["params"] == {"connectionId": spec.connection_id}
    assert unquote(urlsplit(evaluated(post.args[0], typed)).path).endswith(f"/{spec.location}/connections")


def evaluated(node: ast.expr, typed: str) -> Any:
    return eval(compile(ast.Expression(node), "<snippet>", "eval"), {"getpass": lambda _prompt: typed})


@given(spec=samples.specs(), typed=samples.typed_passwords.map(lambda text: "canary" + text))
@examples(20)
def test_a_typed_password_is_in_no_argument(shell: Shell, spec: ConnectionSpec, typed: str) -> None:
    """Arguments are what the list of processes shows to everybody on the machine."""
    for tool in ("bq", "rest"):
        calls = shell.called(by_tool(spec)[tool].text, typed=typed)
        assert calls
        assert not [call for call in calls if "canary" in "".join(call.argv)]


@given(spec=samples.specs())
@many
def test_nothing_invisible_or_executable_is_shown(spec: ConnectionSpec) -> None:
    """What is pasted into a terminal has no character that the terminal obeys."""
    for found in creating(spec):
        assert all(line.isprintable() for line in found.text.split("\n"))


def test_the_model_of_bq_is_googles_document() -> None:
    spec = ConnectionSpec("PROJECT_ID", "LOCATION", "CONNECTION_ID", samples.ALLOYDB)

    text = by_tool(spec)["bq"].text

    assert (
        text
        == f"""\
(
  set -euo pipefail
  printf 'Database password: ' >&2
  IFS= read -rs DATABASE_PASSWORD
  echo >&2
  export DATABASE_PASSWORD="${{DATABASE_PASSWORD:?}}"
  jq -nr '"--connector_configuration=" + ({{
    "connector_id": "google-alloydb",
    "asset": {{
      "database": "orders",
      "google_cloud_resource": "{samples.INSTANCE}"
    }},
    "authentication": {{
      "username_password": {{
        "username": "bq_reader",
        "password": {{
          "plaintext": env.DATABASE_PASSWORD
        }}
      }}
    }}
  }} | tojson)' | bq mk \\
    --connection \\
    --location=LOCATION \\
    --project_id=PROJECT_ID \\
    --flagfile=/dev/stdin \\
    CONNECTION_ID
)"""
    )


def test_without_a_password_bq_is_one_plain_command() -> None:
    spec = ConnectionSpec("p-1", "us", "lake", {"cloudResource": {}}, friendly_name="The lake")

    assert by_tool(spec)["bq"].text == (
        "bq mk \\\n  --connection \\\n  --location=us \\\n  --project_id=p-1 \\\n"
        "  --display_name='The lake' \\\n  --connection_type='CLOUD_RESOURCE' \\\n  lake"
    )


@pytest.mark.parametrize("tool", ["bq", "rest"])
def test_an_empty_password_ends_it(shell: Shell, tool: str) -> None:
    shell.calls.write_text("")

    done = shell.run(by_tool(ConnectionSpec("p-1", "us", "c", samples.ALLOYDB))[tool].text)

    assert done.returncode != 0
    assert shell.calls.read_text() == ""


def test_what_a_tool_cannot_do_is_left_out_with_the_reason() -> None:
    body = {"configuration": {**samples.ALLOYDB["configuration"], "tls": {"mode": "STRICT"}}}

    tools = by_tool(ConnectionSpec("p-1", "us", "-c", body))

    assert [tool for tool, found in tools.items() if not found.available] == ["bq", "gcloud", "terraform"]
    assert "hyphen" in tools["bq"].note
    assert "gcloud has no command" in tools["gcloud"].note
    assert "configuration.tls" in tools["terraform"].note


def test_an_unknown_kind_still_has_rest_and_python() -> None:
    tools = by_tool(ConnectionSpec("p-1", "us", "c", {"salesforceDataCloud": {"instanceUri": "x"}}))

    assert [tool for tool, found in tools.items() if found.available] == ["rest", "python"]


def test_parameters_keep_their_names(shell: Shell) -> None:
    body = {"configuration": {"connectorId": "x", "parameters": {"fooBar": "1", "foo_bar": "2"}}}
    (call,) = shell.called(by_tool(ConnectionSpec("p-1", "us", "c", body))["bq"].text)

    flags = reading.bq_words(call)[1]
    assert json.loads(flags["connector_configuration"])["parameters"] == {"fooBar": "1", "foo_bar": "2"}


def test_a_user_called_like_the_placeholder_is_a_user() -> None:
    login = {"username": str(PASSWORD_PLACEHOLDER), "password": PASSWORD_PLACEHOLDER}
    spec = ConnectionSpec("p-1", "us", "c", {"cloudSql": {"credential": login}})

    assert '"username": "PASSWORD",\n  "password": env.DATABASE_PASSWORD' in by_tool(spec)["bq"].text.replace(
        "    ", "  "
    )


@pytest.mark.parametrize(
    "body",
    [
        {"cloudSql": {"credential": {"username": "u", "password": "orders-demo-password"}}},
        {"configuration": {"authentication": {"usernamePassword": {"password": {"plaintext": "PASSWORD"}}}}},
        {},
        {"cloudResource": {}, "spark": {}},
    ],
)
def test_a_body_with_a_password_or_not_one_property_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a c"):
        ConnectionSpec("p-1", "us", "c", body)
