"""The texts, carried out: the emulator has the same connection and the same policy afterwards."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from hypothesis import given

from connections.equivalents import ConnectionSpec, Equivalent, creating, encrypting, granting, sharing
from tests.connections.equivalents import reading, samples
from tests.connections.equivalents.running import Runner
from tests.connections.equivalents.samples import with_password
from tests.support.examples import examples

PASSWORD = """a "typed" p'assword \\ with $everything"""
PARENT = f"v1/projects/{samples.PROJECT}/locations"
USER, ADMIN = "roles/bigquery.connectionUser", "roles/bigquery.connectionAdmin"
IDENTITIES = ("serviceAccountId", "identity", "clientId", "objectId")
VARYING = ("name", "creationTime", "lastModifiedTime")
AGENT = "serviceAccount:service-528461093377@gcp-sa-bigqueryconnection.iam.gserviceaccount.com"
CLIENT = "roles/alloydb.client"
numbers = count()


def by_tool(found: list[Equivalent]) -> dict[str, Equivalent]:
    return {one.tool: one for one in reversed(found)}


def spec_of(kind: str, connection_id: str, description: str = 'It\'s 100% "ours"!\n$x') -> ConnectionSpec:
    location, body = samples.KINDS[kind]
    return ConnectionSpec(
        samples.PROJECT, location, connection_id, body, friendly_name="Ünïcode 🙂", description=description
    )


def make(runner: Runner, tool: str, spec: ConnectionSpec) -> None:
    text = by_tool(creating(spec))[tool].text
    if tool == "python":
        runner.python_text(text, PASSWORD)
    elif tool == "rest":
        runner.shell_text(text, PASSWORD)
    else:  # bq: what it would send
        (call,) = runner.shell.called(text, typed=PASSWORD)
        _, flags, (connection_id,) = reading.bq_words(call)
        place = f"{PARENT}/{flags['location']}/connections?connectionId={connection_id}"
        runner.ask("POST", "bigqueryconnection", place, reading.bq_connection(flags))


def made(runner: Runner, spec: ConnectionSpec) -> dict[str, Any]:
    """What the emulator has, without what differs from one connection to the next."""
    path = f"{PARENT}/{spec.location}/connections/{spec.connection_id}"
    found = runner.ask("GET", "bigqueryconnection", path)
    for key in VARYING:
        found.pop(key, None)
    for block in found.values():
        if isinstance(block, dict):
            for key in IDENTITIES:
                block.pop(key, None)
            block.get("accessRole", {}).pop("identity", None)
    return dict(found)


@pytest.mark.parametrize("tool", ["bq", "rest", "python"])
@pytest.mark.parametrize("kind", sorted(samples.KINDS))
def test_every_kind_is_the_same_connection(runner: Runner, kind: str, tool: str) -> None:
    plain = spec_of(kind, "plain")
    place = f"{PARENT}/{plain.location}/connections?connectionId=plain"
    runner.ask("POST", "bigqueryconnection", place, with_password(plain.full_body, PASSWORD))
    spec = spec_of(kind, "made")

    make(runner, tool, spec)

    assert made(runner, spec) == made(runner, plain)
    assert made(runner, spec)["description"] == spec.description


@given(text=samples.hostile)
@examples(15)
def test_hostile_descriptions_arrive(runner: Runner, text: str) -> None:
    for tool in ("rest", "python"):
        spec = spec_of("alloydb", f"{tool}_{next(numbers)}", text)
        make(runner, tool, spec)
        assert made(runner, spec).get("description", "") == text


def run(runner: Runner, found: list[Equivalent], tool: str) -> None:
    text = by_tool(found)[tool].text
    (runner.python_text if tool == "python" else runner.shell_text)(text)


def bindings(policy: dict[str, Any]) -> set[tuple[str, str, str]]:
    """Members, roles and titles of conditions."""
    return {
        (member, binding["role"], binding.get("condition", {}).get("title", ""))
        for binding in policy.get("bindings", [])
        for member in binding["members"]
    }


@pytest.fixture
def agent(runner: Runner) -> str:
    """The service agent, made by the project's first connection."""
    runner.emulator.control.agent_delay(0)
    make(runner, "rest", spec_of("alloydb", "first"))
    return AGENT


@pytest.mark.parametrize("tool", ["rest", "python"])
def test_granting_adds_one_binding_and_keeps_the_others(runner: Runner, agent: str, tool: str) -> None:
    project = f"v3/projects/{samples.PROJECT}"
    before = bindings(runner.policy("cloudresourcemanager", project))
    assert any(condition for *_, condition in before)

    for _ in range(2):  # again changes nothing
        run(runner, granting(samples.PROJECT, CLIENT, agent), tool)
        after = bindings(runner.policy("cloudresourcemanager", project))
        assert after == before | {(agent, CLIENT, "")}


@pytest.mark.parametrize("tool", ["rest", "python"])
def test_sharing_gives_and_takes_and_keeps_the_others(runner: Runner, tool: str) -> None:
    spec = spec_of("alloydb", "shared")
    make(runner, "rest", spec)
    name = f"{PARENT}/{spec.location}/connections/shared"
    there = [
        {"role": USER, "members": ["group:analysts@example.com", "user:o'brien@example.com"]},
        {"role": ADMIN, "members": ["user:owner@example.com"]},
    ]
    runner.ask("POST", "bigqueryconnection", f"{name}:setIamPolicy", {"policy": {"bindings": there}})
    additions = [("user:analyst@example.com", USER), ("group:database-admins@example.com", ADMIN)]
    removals = [("user:o'brien@example.com", USER), ("user:owner@example.com", ADMIN)]

    run(runner, sharing(spec.project, spec.location, "shared", additions, removals), tool)

    assert bindings(runner.policy("bigqueryconnection", name)) == {
        ("group:analysts@example.com", USER, ""),
        ("user:analyst@example.com", USER, ""),
        ("group:database-admins@example.com", ADMIN, ""),
    }


@pytest.mark.parametrize("tool", ["rest", "python"])
def test_a_change_in_between_is_not_undone(runner: Runner, tool: str) -> None:
    """curl stops with Google's 409, Python does it all over again; nobody's binding is lost."""
    spec = spec_of("alloydb", "shared")
    make(runner, "rest", spec)
    name = f"{PARENT}/{spec.location}/connections/shared"
    resource = name.removeprefix("v1/")
    runner.emulator.control.outsider(resource, ADMIN, "user:owner@example.com", when="after_read")
    found = sharing(spec.project, spec.location, "shared", [("user:analyst@example.com", USER)])

    if tool == "rest":
        done = runner.shell.run(runner.at_emulator(by_tool(found)["rest"].text), live=True)
        assert done.returncode != 0
        assert "409" in done.stderr + done.stdout
    else:
        run(runner, found, tool)

    mine = set() if tool == "rest" else {("user:analyst@example.com", USER, "")}
    after = bindings(runner.policy("bigqueryconnection", name))
    assert after == mine | {("user:owner@example.com", ADMIN, "")}


def test_what_google_refuses_ends_python_with_its_words(runner: Runner) -> None:
    spec = spec_of("aws", "misplaced")
    elsewhere = ConnectionSpec(spec.project, "us", spec.connection_id, spec.body)

    with pytest.raises(SystemExit, match="not supported in region"):
        runner.python_text(by_tool(creating(elsewhere))["python"].text)


KEY = f"projects/{samples.PROJECT}/locations/us-central1/keyRings/portal/cryptoKeys/connections-us-central1"
ENCRYPTER = "serviceAccount:bq-528461093377@bigquery-encryption.iam.gserviceaccount.com"


def test_letting_bigquery_use_a_key_keeps_the_others(runner: Runner) -> None:
    name, role = f"v1/{KEY}", "roles/cloudkms.cryptoKeyEncrypterDecrypter"
    admin = f"serviceAccount:portal@{samples.PROJECT}.iam.gserviceaccount.com"
    control = runner.emulator.control
    control.outsider(f"projects/{samples.PROJECT}", "roles/cloudkms.admin", admin)
    control.outsider(KEY, role, ENCRYPTER, "remove")
    control.outsider(KEY, "roles/cloudkms.viewer", "group:auditors@example.com")
    ask = f"{name}:getIamPolicy?options.requestedPolicyVersion=3"
    before = bindings(runner.ask("GET", "cloudkms", ask))

    for _ in range(2):  # again changes nothing
        run(runner, encrypting(KEY, ENCRYPTER), "rest")
        assert bindings(runner.ask("GET", "cloudkms", ask)) == before | {(ENCRYPTER, role, "")}


def test_letting_bigquery_use_a_key_to_the_letter() -> None:
    tools = by_tool(encrypting(KEY, ENCRYPTER))
    assert tools["gcloud"].text == (
        "gcloud kms keys add-iam-policy-binding \\\n  connections-us-central1 \\\n  --keyring=portal \\\n"
        "  --location=us-central1 \\\n  --project=acme-analytics \\\n"
        f"  --member={ENCRYPTER} \\\n  --role=roles/cloudkms.cryptoKeyEncrypterDecrypter"
    )
    (block,) = reading.hcl(tools["terraform"].text)["google_kms_crypto_key_iam_member"]
    assert block == {
        "name": "bigquery_connections_us_central1",
        "crypto_key_id": KEY,
        "role": "roles/cloudkms.cryptoKeyEncrypterDecrypter",
        "member": ENCRYPTER,
    }
    compile(tools["python"].text, "<snippet>", "exec")
    assert not tools["bq"].available
    for wrong in ("", "projects/p", KEY.replace("keyRings", "rings")):
        with pytest.raises(ValueError, match=r"values|full name"):
            encrypting(wrong, ENCRYPTER)
