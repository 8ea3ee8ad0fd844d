"""The commands of a connection's pages, for every kind and every act, carried out against the emulator."""

from __future__ import annotations

from typing import Any

import pytest

from connections import change_commands, commands, kinds
from connections.equivalents import Equivalent
from connections.models import Connection
from portal.gcp import connections as google
from portal.models import Project
from tests.connections.equivalents import reading, samples
from tests.connections.equivalents.running import Runner
from tests.connections.kinds.samples import SAMPLES, SLUGS, properties
from tests.support.emulated import Emulator
from tests.support.factories import make_connection

pytestmark = pytest.mark.django_db
PASSWORD = """a "typed" p'assword \\ with $everything"""
PARENT = f"v1/projects/{samples.PROJECT}/locations"
# What Google takes and the portal has no field for.
BEYOND: dict[str, dict[str, Any]] = {
    "alloydb": {"configuration": {"tls": {"mode": "ENCRYPT_VERIFY_CA", "webPki": {}}}},
    "sap_hana": {
        "configuration": {"parameters": {"aB": {"stringValue": "it's"}, "a_b": {"boolValue": True}}}
    },
    "spanner": {"cloudSpanner": {"maxParallelism": 7}},
    "aws": {"aws": {"crossCloudCacheOptions": {"enabled": True}}},
    "azure": {"azure": {"redirectUri": "https://example.com/consent"}},
}
# Another value for a field of each kind that has one that can change.
OTHER: dict[str, dict[str, Any]] = {
    "alloydb": {"database": "postgres"},
    "cloud_sql_postgresql": {"database": "postgres", "username": "o'brien"},
    "cloud_sql_mysql": {"username": "reader"},
    "spanner": {"database_role": "writer", "data_boost": True},
    "spark": {"metastore": "", "history_server": ""},
    "aws": {"role_id": "arn:aws:iam::999999999999:role/other"},
    "azure": {"tenant_id": "22222222-2222-3333-4444-555555555555"},
    "sap_hana": {"host_port": "other.example.com:30015", "network_attachment": ""},
}
NEVER_THE_SAME = ("name", "creationTime", "lastModifiedTime")
IDENTITIES = ("serviceAccountId", "identity", "clientId", "objectId")


@pytest.fixture
def rows(emulator: Emulator, project: Project) -> Any:
    """Make a connection of a kind at Google, with all that it can have, and its row."""

    def make(slug: str) -> Connection:
        kind, sample = kinds.get(slug), SAMPLES[slug]
        common = {"friendlyName": "x" * 300, "description": 'It\'s 100% "ours"!\n$x'}
        body = kinds.wire.merged(kind.body(properties(slug), PASSWORD), BEYOND.get(slug, {}))
        info = google.create(samples.PROJECT, sample.location, f"a_{slug}", body | common)
        return make_connection(
            project,
            f"a_{slug}",
            kind=slug,
            location=sample.location,
            properties=kind.seen(properties(slug), info.body),
            friendly_name="x" * 200,  # what the column has room for
            description=info.description,
            service_account=info.service_account,
            body=dict(info.body),
        )

    return make


def name_of(connection: Connection) -> str:
    return f"{PARENT}/{connection.location}/connections/{connection.connection_id}"


def now(runner: Runner, connection: Connection) -> dict[str, Any]:
    """What the emulator has, without what differs from one making to the next."""
    found: dict[str, Any] = runner.ask("GET", "bigqueryconnection", name_of(connection))
    for key in NEVER_THE_SAME:
        found.pop(key, None)
    for block in (value for value in found.values() if isinstance(value, dict)):
        for inner in (block, block.get("accessRole", {})):
            for key in IDENTITIES:
                inner.pop(key, None)
    return found


def by_tool(found: list[Equivalent], tool: str) -> Equivalent:
    return next(one for one in found if one.tool == tool)


def run(runner: Runner, found: list[Equivalent], tool: str) -> None:
    text = by_tool(found, tool).text
    (runner.python_text if tool == "python" else runner.shell_text)(text, PASSWORD)


def create_by_bq(runner: Runner, connection: Connection, text: str) -> None:
    """What bq would send."""
    (call,) = runner.shell.called(text, typed=PASSWORD)
    _, flags, (connection_id,) = reading.bq_words(call)
    place = f"{PARENT}/{flags['location']}/connections?connectionId={connection_id}"
    runner.ask("POST", "bigqueryconnection", place, reading.bq_connection(flags))


def test_every_kind_is_here() -> None:
    assert set(SLUGS) == {kind.slug for kind in kinds.all_kinds()}
    assert {slug for slug in SLUGS if kinds.get(slug).property_fields} == set(OTHER)


@pytest.mark.parametrize("tool", ["bq", "rest", "python"])
@pytest.mark.parametrize("slug", SLUGS)
def test_creating_makes_the_same_with_all_that_it_has(
    runner: Runner, rows: Any, slug: str, tool: str
) -> None:
    connection = rows(slug)
    before = now(runner, connection)
    act = next(act for act in commands.acts(connection, [], []) if act.name == "create")
    google.delete(connection.full_name)

    if tool == "bq":
        create_by_bq(runner, connection, by_tool(act.commands, "bq").text)
    else:
        run(runner, act.commands, tool)

    assert now(runner, connection) == before


@pytest.mark.parametrize("slug", SLUGS)
def test_terraform_says_all_of_it_or_why_not(rows: Any, slug: str) -> None:
    connection = rows(slug)
    act = next(act for act in commands.acts(connection, [], []) if act.name == "create")
    terraform = by_tool(act.commands, "terraform")
    unsaid = {"alloydb": "configuration.tls", "sap_hana": "configuration.parameters"}
    unsaid |= {"aws": "aws.crossCloudCacheOptions", "azure": "azure.redirectUri"}
    if slug in unsaid:
        assert not terraform.available
        assert unsaid[slug] in terraform.note
        return
    (block,) = reading.hcl(terraform.text)["google_bigquery_connection"]
    found = reading.camel(block)
    assert found["friendlyName"] == "x" * 300
    wire = kinds.get(slug).wire
    body = {name: value for name, value in found.items() if name == wire.block}
    written = kinds.get(slug).body(properties(slug), "${var.database_password}")
    assert body == kinds.wire.merged(written, BEYOND.get(slug, {}))


@pytest.mark.parametrize("tool", ["rest", "python"])
@pytest.mark.parametrize("slug", sorted(OTHER))
def test_editing_changes_what_the_form_does_and_nothing_else(
    runner: Runner, rows: Any, slug: str, tool: str
) -> None:
    connection, kind = rows(slug), kinds.get(slug)
    before = now(runner, connection)
    typed = {**connection.properties, **OTHER[slug], "friendly_name": "New", "description": ""}
    act = change_commands.editing(connection, kind, typed)
    assert act is not None

    run(runner, act.commands, tool)

    wanted = kind.body({**connection.properties, **OTHER[slug]}, PASSWORD)
    expected = kinds.wire.merged(wanted, kind.wire.beyond(before))
    after = now(runner, connection)
    assert (after.get("friendlyName"), after.get("description")) == ("New", None)
    assert kind.seen(typed, after) == kind.seen(typed, expected)
    assert kind.wire.beyond(after) == kind.wire.beyond(before)
    assert after.get("hasCredential", False) is bool(kind.secret_field)


@pytest.mark.parametrize("tool", ["rest", "python"])
@pytest.mark.parametrize("slug", [slug for slug in SLUGS if kinds.get(slug).secret_field])
def test_rotating_keeps_everything_else(runner: Runner, rows: Any, slug: str, tool: str) -> None:
    connection = rows(slug)
    before = now(runner, connection)
    run(runner, change_commands.rotating(connection, kinds.get(slug)).commands, tool)
    assert now(runner, connection) == before


@pytest.mark.parametrize("slug", [slug for slug in SLUGS if kinds.get(slug).secret_field])
def test_bq_replaces_a_credential_where_it_can(runner: Runner, rows: Any, slug: str) -> None:
    connection, kind = rows(slug), kinds.get(slug)
    bq = by_tool(change_commands.rotating(connection, kind).commands, "bq")
    assert bq.available is (kind.wire.block == "cloudSql"), "bq updates no connector configuration"
    if not bq.available:
        return
    (call,) = runner.shell.called(bq.text, typed=PASSWORD)
    verb, flags, place = reading.bq_words(call)
    assert (verb, place) == ("update", [connection.path])
    sent = reading.bq_connection(flags)[kind.wire.block]
    assert sent == kind.body(connection.properties, PASSWORD)[kind.wire.block]


@pytest.mark.parametrize("tool", ["rest", "python"])
@pytest.mark.parametrize("slug", SLUGS)
def test_deleting_deletes(runner: Runner, rows: Any, slug: str, tool: str) -> None:
    connection = rows(slug)
    run(runner, change_commands.deleting(connection).commands, tool)
    with pytest.raises(AssertionError, match="Not found"):
        now(runner, connection)


@pytest.mark.parametrize("slug", SLUGS)
def test_granting_names_each_role_where_it_is_needed(rows: Any, slug: str) -> None:
    connection, kind = rows(slug), kinds.get(slug)
    granting = [act for act in commands.acts(connection, [], []) if act.name.startswith("grant")]
    for act, needed in zip(granting, kind.roles(connection.properties), strict=True):
        text = by_tool(act.commands, "gcloud").text
        assert f"--role={needed.role}" in text
        assert f"--member=serviceAccount:{connection.service_account}" in text
