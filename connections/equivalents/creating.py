"""Creating a connection.

Sources: "Connect to AlloyDB for PostgreSQL" (bq mk with --connector_configuration, its flags and JSON),
the bq reference (bq mk: --connection_type, --properties, --connection_credential, --iam_role_id,
--tenant_id, --federated_azure, --display_name, --description, --kms_key_name; global flag --flagfile), the
REST reference of projects.locations.connections.create, and google_bigquery_connection of the Terraform
provider hashicorp/google.
"""

from __future__ import annotations

import re
from typing import Any

from connections.equivalents import hcl, python, shell, terraform
from connections.equivalents.base import (
    ConnectionSpec,
    Equivalent,
    equivalent,
    has_secret,
    left_out,
    snake_names,
)

ENDPOINT = "https://bigqueryconnection.googleapis.com"

# The values of --connection_type, by the property that they stand for.
BQ_TYPES = {
    "cloudSql": "CLOUD_SQL",
    "cloudSpanner": "CLOUD_SPANNER",
    "cloudResource": "CLOUD_RESOURCE",
    "spark": "SPARK",
    "aws": "AWS",
    "azure": "Azure",
}
_OWN_FLAGS = re.compile(r"[A-Za-z0-9:/_+=,.@-]+")

_NO_GCLOUD = "gcloud has no command that creates BigQuery connections: bq has it."
_BQ_HYPHEN = "bq takes an ID that begins with a hyphen for a flag: use another tool for this one."
STATE_NOTE = (
    "The password comes from the variable: set TF_VAR_database_password in the environment, typed and not "
    "written: IFS= read -rs TF_VAR_database_password && export TF_VAR_database_password. Terraform keeps it "
    "in its state in plain text: store that safely."
)
PYTHON_NOTE = (
    "Speaks REST, because the typed client (google-cloud-bigquery-connection) knows neither connector "
    "configurations nor customer-managed keys. Needs google-auth and requests."
)


def creating(spec: ConnectionSpec) -> list[Equivalent]:
    """The connection's creation, by each tool that can."""
    return [_bq(spec), left_out("gcloud", _NO_GCLOUD), _rest(spec), _terraform(spec), _python(spec)]


def _bq(spec: ConnectionSpec) -> Equivalent:
    if spec.kind != "configuration" and spec.kind not in BQ_TYPES:
        return left_out("bq", f"bq has no connection type for {spec.kind}.")
    if spec.connection_id.startswith("-"):
        return left_out("bq", _BQ_HYPHEN)
    common = [
        "--connection",
        shell.flag("location", spec.location),
        shell.flag("project_id", spec.project),
        *_optional_flags(spec),
    ]
    identifier = shell.quote(spec.connection_id)
    shown, name, secret = _bq_properties(spec)
    if secret is None:
        return equivalent("bq", shell.command("bq mk", *common, *shown, identifier))
    program = shell.jq_word(f'"--{name}=" + (', secret, " | tojson)")
    call = shell.command("bq mk", *common, *shown, "--flagfile=/dev/stdin", identifier)
    note = f"--{name} reaches bq through --flagfile. " + shell.ASKS_NOTE
    return equivalent("bq", shell.asking_password(f"jq -nr {program} | {call}"), note)


def _optional_flags(spec: ConnectionSpec) -> list[str]:
    values = {
        "display_name": spec.friendly_name,
        "description": spec.description,
        "kms_key_name": spec.kms_key_name,
    }
    return [shell.flag(name, value) for name, value in values.items() if value]


def _bq_properties(spec: ConnectionSpec) -> tuple[list[str], str, Any]:
    """What the connection connects to: flags to show, and name and value of the one with the password."""
    if spec.kind == "configuration":
        value = snake_names(spec.properties)
        if has_secret(value):
            return [], "connector_configuration", value
        return ["--connector_configuration " + shell.json_word(value)], "", None
    flags = [f"--connection_type='{BQ_TYPES[spec.kind]}'"]
    own = _own_flags(spec)
    if own:
        return [*flags, *own], "", None
    # bq itself puts --connection_credential into the property as its field `credential`.
    rest = {key: value for key, value in spec.properties.items() if key != "credential"}
    if rest or spec.kind not in ("cloudResource", "spark"):
        flags.append("--properties=" + shell.json_word(rest))
    return flags, "connection_credential", spec.properties.get("credential")


def _own_flags(spec: ConnectionSpec) -> list[str]:
    """The flags that the documents of BigQuery Omni use; bq pastes their values into JSON unescaped."""
    match spec.kind, spec.properties:
        case "aws", {"accessRole": {"iamRoleId": str(role), **more}, **others} if not more and not others:
            flags = {"iam_role_id": role}
        case "azure", {
            "customerTenantId": str(tenant),
            "federatedApplicationClientId": str(client),
            **others,
        } if not others:
            flags = {"tenant_id": tenant, "federated_azure": "true", "federated_app_client_id": client}
        case _:
            return []
    if not all(_OWN_FLAGS.fullmatch(value) for value in flags.values()):
        return []
    return [shell.flag(name, value) for name, value in flags.items()]


def _rest(spec: ConnectionSpec) -> Equivalent:
    address = shell.url(
        ENDPOINT,
        *("v1", "projects", spec.project, "locations", spec.location, "connections"),
        query={"connectionId": spec.connection_id},
    )
    if not has_secret(spec.body):
        data = "--data-binary " + shell.json_word(spec.full_body)
        return equivalent("rest", shell.curl(data, shell.quote(address)))
    call = shell.curl("--data-binary @-", shell.quote(address))
    text = shell.asking_password(f"jq -n {shell.jq_word('', spec.full_body)} | {call}")
    return equivalent("rest", text, shell.ASKS_NOTE)


def _terraform(spec: ConnectionSpec) -> Equivalent:
    unknown = terraform.unknown_fields(spec.body)
    if unknown:
        fields = ", ".join(unknown)
        return left_out("terraform", f"google_bigquery_connection has no argument for {fields}.")
    text = terraform.connection(spec)
    notes = []
    if spec.kind == "configuration":
        notes.append(f"Needs the provider hashicorp/google {terraform.CONFIGURATION_SINCE} or newer.")
    if has_secret(spec.body):
        text = hcl.PASSWORD_VARIABLE + "\n" + text
        notes.append(STATE_NOTE)
    return equivalent("terraform", text, " ".join(notes))


_PYTHON = """\
import google.auth
from google.auth.transport.requests import AuthorizedSession

credentials, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
response = AuthorizedSession(credentials).post(
    {url},
    params={{"connectionId": {connection_id}}},
    json={body},
    timeout=60,
)
if not response.ok:
    raise SystemExit(response.text)
print(response.json()["name"])
"""


def _python(spec: ConnectionSpec) -> Equivalent:
    address = shell.url(ENDPOINT, "v1", "projects", spec.project, "locations", spec.location, "connections")
    text = _PYTHON.format(
        url=python.string(address),
        connection_id=python.string(spec.connection_id),
        body=python.value(spec.full_body, "    "),
    )
    if has_secret(spec.body):
        text = "from getpass import getpass\n\n" + text
    return equivalent("python", text, PYTHON_NOTE)
