"""Changing a connection: editing it, replacing its password, deleting it.

Sources: "Manage connections" (bq update and bq rm with --connection, and the fully qualified ID), the bq
reference, the REST reference of projects.locations.connections (patch with updateMask, delete), the
reference of google-cloud-bigquery-connection, google_bigquery_connection of the Terraform provider.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connections.equivalents import hcl, python, shell, terraform
from connections.equivalents.base import (
    ConnectionSpec,
    Equivalent,
    equivalent,
    has_secret,
    left_out,
)
from connections.equivalents.creating import BQ_TYPES, ENDPOINT, PYTHON_NOTE, STATE_NOTE

_NO_GCLOUD = "gcloud has no command that changes BigQuery connections: bq has it."
_NO_BQ_CONNECTOR = "The bq reference has no update of a connector's configuration: REST does it."
_NO_BQ_EMPTY = "bq takes an empty value for none: REST empties a field."
_MASK_NOTE = (
    "The mask names everything that changes. A property in it without the credential would make Google "
    "forget the credential."
)
_TERRAFORM_NOTE = "Change the block, then terraform apply. "
_TERRAFORM_DELETES = "Remove the resource's block from the configuration, then terraform apply."
_COMMON = {"friendlyName": "display_name", "description": "description"}


def editing(spec: ConnectionSpec, mask: Sequence[str]) -> list[Equivalent]:
    """The change of a connection to what `spec` says in the fields of `mask`, by each tool that can.

    Raises:
        ValueError: the mask is empty.
    """
    if not mask:
        raise ValueError("there is nothing to change")
    return [
        _bq(spec, mask),
        left_out("gcloud", _NO_GCLOUD),
        _rest(spec, mask),
        _terraform(spec),
        _python(spec, mask),
    ]


def rotating(spec: ConnectionSpec, mask: Sequence[str]) -> list[Equivalent]:
    """The replacement of the user and the password, and of nothing else; `mask` is that of the kind."""
    return editing(spec, mask)


def deleting(project: str, location: str, connection_id: str) -> list[Equivalent]:
    """The deletion of a connection, with its credential and its policy."""
    path = shell.quote(f"{project}.{location}.{connection_id}")
    name = f"projects/{project}/locations/{location}/connections/{connection_id}"
    address = shell.quote(shell.url(ENDPOINT, "v1", *name.split("/")))
    text = _PYTHON_DELETE.format(name=python.string(name))
    return [
        equivalent("bq", f"bq rm --connection --force {path}"),
        left_out("gcloud", "gcloud has no command that deletes BigQuery connections: bq has it."),
        equivalent("rest", shell.curl("-X DELETE", address)),
        left_out("terraform", _TERRAFORM_DELETES),
        equivalent("python", text, "Needs google-cloud-bigquery-connection."),
    ]


_PYTHON_DELETE = """\
from google.cloud.bigquery_connection_v1 import ConnectionServiceClient

client = ConnectionServiceClient()
client.delete_connection(name={name})
"""


def patch_body(spec: ConnectionSpec, mask: Sequence[str]) -> dict[str, Any]:
    """What the mask picks from: the common fields in it, and the properties if any of them is."""
    values = {
        "friendlyName": spec.friendly_name,
        "description": spec.description,
        "kmsKeyName": spec.kms_key_name,
    }
    common = {name: value for name, value in values.items() if name in mask}
    own = dict(spec.body) if any(path not in values for path in mask) else {}
    return common | own


def _bq(spec: ConnectionSpec, mask: Sequence[str]) -> Equivalent:
    body = patch_body(spec, mask)
    if spec.kind == "configuration" and spec.kind in body:
        return left_out("bq", _NO_BQ_CONNECTOR)
    if any(body.get(name) == "" for name in (*_COMMON, "kmsKeyName")):
        return left_out("bq", _NO_BQ_EMPTY)
    if spec.kind in body and spec.kind not in BQ_TYPES:
        return left_out("bq", f"bq has no connection type for {spec.kind}.")
    words = [shell.flag(flag, body[name]) for name, flag in _COMMON.items() if name in body]
    if "kmsKeyName" in body:
        words.append(shell.flag("kms_key_name", body["kmsKeyName"]))
    secret = None
    if spec.kind in body:
        words.append(f"--connection_type='{BQ_TYPES[spec.kind]}'")
        rest = {key: value for key, value in spec.properties.items() if key != "credential"}
        words.append("--properties=" + shell.json_word(rest))
        secret = spec.properties.get("credential")
    path = shell.quote(f"{spec.project}.{spec.location}.{spec.connection_id}")
    if secret is None:
        return equivalent("bq", shell.command("bq update", "--connection", *words, path))
    program = shell.jq_word('"--connection_credential=" + (', secret, " | tojson)")
    call = shell.command("bq update", "--connection", *words, "--flagfile=/dev/stdin", path)
    note = f"--connection_credential reaches bq through --flagfile. {shell.ASKS_NOTE}"
    return equivalent("bq", shell.asking_password(f"jq -nr {program} | {call}"), note)


def _address(spec: ConnectionSpec) -> tuple[str, ...]:
    return (
        *("v1", "projects", spec.project, "locations", spec.location),
        *("connections", spec.connection_id),
    )


def _rest(spec: ConnectionSpec, mask: Sequence[str]) -> Equivalent:
    address = shell.quote(shell.url(ENDPOINT, *_address(spec), query={"updateMask": ",".join(mask)}))
    body = patch_body(spec, mask)
    if not has_secret(body):
        data = "--data-binary " + shell.json_word(body)
        return equivalent("rest", shell.curl("-X PATCH", data, address), _MASK_NOTE)
    call = shell.curl("-X PATCH", "--data-binary @-", address)
    text = shell.asking_password(f"jq -n {shell.jq_word('', body)} | {call}")
    return equivalent("rest", text, f"{_MASK_NOTE} {shell.ASKS_NOTE}")


def _terraform(spec: ConnectionSpec) -> Equivalent:
    unknown = terraform.unknown_fields(spec.body)
    if unknown:
        fields = ", ".join(unknown)
        return left_out("terraform", f"google_bigquery_connection has no argument for {fields}.")
    text, note = terraform.connection(spec), _TERRAFORM_NOTE
    if has_secret(spec.body):
        text, note = hcl.PASSWORD_VARIABLE + "\n" + text, note + STATE_NOTE
    return equivalent("terraform", text, note.strip())


_PYTHON = """\
import google.auth
from google.auth.transport.requests import AuthorizedSession

credentials, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
response = AuthorizedSession(credentials).patch(
    {url},
    params={{"updateMask": {mask}}},
    json={body},
    timeout=60,
)
if not response.ok:
    raise SystemExit(response.text)
print(response.json()["name"])
"""


def _python(spec: ConnectionSpec, mask: Sequence[str]) -> Equivalent:
    body = patch_body(spec, mask)
    text = _PYTHON.format(
        url=python.string(shell.url(ENDPOINT, *_address(spec))),
        mask=python.string(",".join(mask)),
        body=python.value(body, "    "),
    )
    if has_secret(body):
        text = "from getpass import getpass\n\n" + text
    return equivalent("python", text, PYTHON_NOTE)
