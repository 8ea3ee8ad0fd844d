"""What the two kinds of Cloud SQL share. Google's "Connect to Cloud SQL"; Connection.cloudSql of REST v1."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from django import forms

from connections.kinds import fields
from connections.kinds.base import Kind, Pick, Properties, RoleNeeded, Wire, on_project

SAMPLE_NAME = "project-id:location-id:instance-id"
# A project id may itself hold one colon (domain-scoped projects).
NAME = re.compile(
    rf"(?P<project>{fields.OTHER_PROJECT}):(?P<region>[a-z0-9-]+):(?P<instance>[a-z][a-z0-9-]{{0,97}})"
)
CLIENT = RoleNeeded(
    role="roles/cloudsql.client",
    label="Cloud SQL Client",
    permission="cloudsql.instances.connect",
    api="sqladmin.googleapis.com",
)
ASSET = "sqladmin.googleapis.com/Instance"
_VERSION = re.compile(r"(?P<engine>[A-Z]+)_(?P<version>[0-9_]+)")
_ENGINES = {"POSTGRES": "PostgreSQL", "MYSQL": "MySQL"}


def make(engine: str, product: str, *, name_limit: int, user_limit: int, **own: Any) -> Kind:
    """The kind for one engine (DatabaseType of the REST API); the limits are the server's, in bytes."""
    return Kind(
        label=f"Cloud SQL for {product}",
        card_title=f"{product}: BigQuery Federation",
        card_text=f"Query Cloud SQL for {product} from BigQuery, without copying the data.",
        group="Databases",
        docs_url="https://cloud.google.com/bigquery/docs/connect-to-sql",
        fields=partial(_fields, name_limit, user_limit),
        template="connections/kinds/cloud_sql.html",
        property_fields=("instance", "database", "username"),
        listed=("database", "instance"),
        secret_field=fields.CREDENTIAL,
        pickers=_pickers(_of_engine(engine), product),
        takes_kms_key=True,
        wire=Wire(
            block="cloudSql",
            fixed={"cloudSql.type": engine},
            values={
                "instance": "cloudSql.instanceId",
                "database": "cloudSql.database",
                "username": "cloudSql.credential.username",
            },
            credential="cloudSql.credential.password",
            identity="cloudSql.serviceAccountId",
        ),
        credential_mask=("cloudSql.credential",),
        write_only=("username",),
        regions=_regions,
        uses_agent=True,
        identity_help="BigQuery reaches the database as this account.",
        needs=CLIENT,
        roles_for=_roles,
        test_statement="SELECT 1",
        **own,
    )


def _fields(name_limit: int, user_limit: int) -> dict[str, forms.Field]:
    return {
        "instance": fields.resource(
            "Cloud SQL connection name",
            NAME,
            SAMPLE_NAME,
            help_text=f"{SAMPLE_NAME}, with a public IP address, or a private one and the private path on.",
        ),
        "database": fields.database(name_limit),
        "username": fields.username(user_limit),
        "password": fields.password(),
    }


def _pickers(offered: Callable[[Mapping[str, Any]], bool], product: str) -> tuple[Pick, ...]:
    instances = Pick(
        field="instance",
        asset_type=ASSET,
        noun="instances",
        heading=f"Cloud SQL for {product} instances",
        title="instance",
        facts=_facts,
        offered=offered,
    )
    databases = Pick(
        field="database",
        asset_type=ASSET,
        noun="databases",
        heading=f"Databases of Cloud SQL for {product}",
        offered=offered,
        inside="instance",
        members="databases",
    )
    return instances, databases


def _of_engine(engine: str) -> Callable[[Mapping[str, Any]], bool]:
    return lambda about: str(about.get("database_version", "")).startswith(f"{engine}_")


def _regions(properties: Properties) -> dict[str, str]:
    found = NAME.fullmatch(str(properties.get("instance", "")))
    return {"instance": found["region"]} if found else {}


def _roles(properties: Properties) -> tuple[RoleNeeded, ...]:
    found = NAME.fullmatch(str(properties.get("instance", "")))
    return (on_project(CLIENT, found["project"] if found else "", "instance"),)


def _facts(about: Mapping[str, Any]) -> Iterable[str]:
    found = _VERSION.fullmatch(str(about.get("database_version", "")))
    if found:
        yield f"{_ENGINES.get(found['engine'], found['engine'])} {found['version'].replace('_', '.')}"
    state = str(about.get("state", ""))
    yield "" if state in {"", "RUNNABLE"} else state.replace("_", " ").lower()
