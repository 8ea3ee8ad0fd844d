"""Granting and sharing: the very change, and nothing else, whatever the members are called."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest
from hypothesis import assume, given

from connections.equivalents import Equivalent, granting, sharing
from tests.connections.equivalents import reading, samples
from tests.connections.equivalents.shells import Shell
from tests.support.examples import examples

AGENT = "serviceAccount:service-528461093377@gcp-sa-bigqueryconnection.iam.gserviceaccount.com"
CLIENT = "roles/alloydb.client"
USER, ADMIN = "roles/bigquery.connectionUser", "roles/bigquery.connectionAdmin"
FOREIGN = {"role": "roles/viewer", "members": ["group:foreign@example.com"]}
UNTIL = {
    "role": USER,
    "members": ["user:contractor@example.com"],
    "condition": {"title": "until", "expression": "true"},
}
many = examples(40)


def by_label(found: list[Equivalent]) -> dict[str, Equivalent]:
    return {one.label: one for one in found}


def bindings(policy: dict[str, Any]) -> set[tuple[str, str]]:
    """Members and roles, those with a condition left out."""
    return {
        (member, binding["role"])
        for binding in policy.get("bindings", [])
        if "condition" not in binding
        for member in binding["members"]
    }


def test_gcloud_is_googles_document_to_the_character() -> None:
    text = by_label(granting("PROJECT_ID", CLIENT, "serviceAccount:SERVICE_ACCOUNT_ID"))["gcloud"].text

    assert text == (
        "gcloud projects add-iam-policy-binding PROJECT_ID --member=serviceAccount:SERVICE_ACCOUNT_ID "
        "--role=roles/alloydb.client"
    )


@given(project=samples.projects, member=samples.members, role=samples.roles)
@many
def test_gcloud_grants(shell: Shell, project: str, member: str, role: str) -> None:
    (call,) = shell.called(by_label(granting(project, role, member))["gcloud"].text)

    assert call.tool == "gcloud"
    assert call.argv == [
        *("projects", "add-iam-policy-binding", project),
        *(f"--member={member}", f"--role={role}"),
    ]


@given(project=samples.projects, member=samples.members, role=samples.roles)
@many
def test_terraform_grants(project: str, member: str, role: str) -> None:
    (block,) = reading.hcl(by_label(granting(project, role, member))["Terraform"].text)[
        "google_project_iam_member"
    ]

    assert block.pop("name").isidentifier()
    assert block == {"project": project, "role": role, "member": member}


def test_bq_grants_nothing_on_a_project() -> None:
    bq = by_label(granting("p-1", CLIENT, AGENT))["bq"]

    assert not bq.available
    assert "gcloud" in bq.note


@given(additions=samples.bindings, removals=samples.bindings, connection_id=samples.ids)
@many
def test_bq_shares_one_binding_at_a_time(
    shell: Shell, additions: list[tuple[str, str]], removals: list[tuple[str, str]], connection_id: str
) -> None:
    assume(additions or removals)
    text = by_label(sharing("p-1", "us", connection_id, additions, removals))["bq"].text
    wanted = [("add-iam-policy-binding", *binding) for binding in additions]
    wanted += [("remove-iam-policy-binding", *binding) for binding in removals]

    found = []
    for call in shell.called(text):
        verb, flags, positional = reading.bq_words(call)
        assert flags.pop("connection") == "true"
        assert positional == [f"p-1.us.{connection_id}"]
        found.append((verb, flags.pop("member"), flags.pop("role")))
        assert not flags
    assert found == wanted


@given(additions=samples.bindings, removals=samples.bindings, before=samples.bindings)
@many
def test_bq_shares_by_a_policy_file(
    shell: Shell,
    additions: list[tuple[str, str]],
    removals: list[tuple[str, str]],
    before: list[tuple[str, str]],
) -> None:
    assume((additions or removals) and not set(additions) & set(removals))
    there = [{"role": role, "members": [member]} for member, role in before]
    shell.policy.write_text(json.dumps({"etag": "BwX", "version": 1, "bindings": [*there, FOREIGN, UNTIL]}))
    text = by_label(sharing("p-1", "us", "c", additions, removals))["bq (policy file)"].text

    read, written = shell.called(text)

    assert read.argv == ["get-iam-policy", "--connection", "p-1.us.c"]
    assert written.argv[:3] == ["set-iam-policy", "--connection", "p-1.us.c"]
    policy = json.loads(written.files[written.argv[3]])
    assert policy["etag"] == "BwX"
    assert FOREIGN in policy["bindings"]
    assert UNTIL in policy["bindings"]
    assert all(binding["members"] for binding in policy["bindings"])
    kept = set(before) - set(removals)
    assert bindings(policy) == kept | set(additions) | bindings({"bindings": [FOREIGN]})
    assert shell.leftovers() == []


def test_a_policy_that_was_empty(shell: Shell) -> None:
    shell.policy.write_text('{"etag": "ACAB"}')
    text = by_label(sharing("p-1", "us", "c", [("allUsers", USER)]))["bq (policy file)"].text

    written = shell.called(text)[1]

    assert json.loads(written.files[written.argv[3]]) == {
        "etag": "ACAB",
        "bindings": [{"role": USER, "members": ["allUsers"]}],
    }


def test_a_policy_that_cannot_be_read_is_not_written(shell: Shell) -> None:
    shell.policy.unlink(missing_ok=True)
    shell.calls.write_text("")

    done = shell.run(by_label(sharing("p-1", "us", "c", [("allUsers", USER)]))["bq (policy file)"].text)

    assert done.returncode != 0
    assert "set-iam-policy" not in shell.calls.read_text()


@given(additions=samples.bindings.filter(bool), connection_id=samples.ids)
@many
def test_terraform_shares(additions: list[tuple[str, str]], connection_id: str) -> None:
    text = by_label(sharing("p-1", "us", connection_id, additions))["Terraform"].text
    blocks = reading.hcl(text)["google_bigquery_connection_iam_member"]

    names = [block.pop("name") for block in blocks]
    assert all(name.isidentifier() for name in names)
    assert len(set(names)) == len(names)
    place = {"project": "p-1", "location": "us", "connection_id": connection_id}
    assert blocks == [{**place, "member": member, "role": role} for member, role in additions]


def test_terraform_does_not_take_away() -> None:
    terraform = by_label(sharing("p-1", "us", "c", [], [("allUsers", USER)]))["Terraform"]

    assert not terraform.available
    assert "takes away what it gave" in terraform.note


@given(additions=samples.bindings, removals=samples.bindings)
@many
def test_python_has_the_same_change(
    additions: list[tuple[str, str]], removals: list[tuple[str, str]]
) -> None:
    assume(additions or removals)
    tree = ast.parse(by_label(sharing("p-1", "us", "c", additions, removals))["Python"].text)
    constants = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id.isupper()
    }

    assert constants.get("GRANT", []) == additions
    assert constants.get("REVOKE", []) == removals


def test_no_change_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing to change"):
        sharing("p-1", "us", "c", [], [])


@given(additions=samples.bindings.filter(bool), removals=samples.bindings)
@many
def test_nothing_invisible_is_shown(
    additions: list[tuple[str, str]], removals: list[tuple[str, str]]
) -> None:
    member, role = additions[0]
    for found in (*sharing("p-1", "us", "c", additions, removals), *granting("p-1", role, member)):
        assert all(line.isprintable() for line in found.text.split("\n"))
