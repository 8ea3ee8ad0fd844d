"""SAP HANA by way of SAP Datasphere, by BigQuery federation.

Google's "Connect to SAP Datasphere" (preview); Connection.configuration of the REST v1 API, connector
`saphana`, which takes an endpoint where others take an asset.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from connections.kinds import fields
from connections.kinds.base import Kind, Pick, Wire

HOST_PORT = re.compile(
    r"(?:\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?):(?P<port>[0-9]{1,5})"
)
ATTACHMENT = re.compile(
    rf"projects/(?P<project>{fields.OTHER_PROJECT})/regions/(?P<region>[a-z0-9-]+)"
    rf"/networkAttachments/[a-z]([a-z0-9-]{{0,61}}[a-z0-9])?"
)
SAMPLE_ATTACHMENT = "projects/PROJECT_ID/regions/REGION_ID/networkAttachments/NAME"


def _fields() -> dict[str, forms.Field]:
    return {
        "host_port": fields.resource(
            "Host:port",
            HOST_PORT,
            "host:port",
            help_text="As in the details of the Datasphere database user, for example "
            "SUBDOMAIN.hanacloud.ondemand.com:443",
        ),
        "network_attachment": fields.resource(
            "Network attachment",
            ATTACHMENT,
            SAMPLE_ATTACHMENT,
            required=False,
            help_text=f"For a private way to the host: {SAMPLE_ATTACHMENT}",
        ),
        "username": fields.username(
            256, "Username", "The Datasphere database user, for example MY_SPACE#BIGQUERY"
        ),
        "password": fields.password("Password"),
    }


def _clean(cleaned: dict[str, Any]) -> dict[str, str]:
    found = HOST_PORT.fullmatch(cleaned.get("host_port", ""))
    if found and not 0 < int(found["port"]) < 65536:
        return {"host_port": "A port is a number from 1 to 65535."}
    return {}


def _facts(about: Mapping[str, Any]) -> Iterable[str]:
    yield f"network {about['network']}" if about.get("network") else ""
    yield str(about.get("description", ""))


KIND = Kind(
    slug="sap_hana",
    label="SAP HANA",
    card_title="SAP HANA: BigQuery Federation",
    card_text="Query SAP Datasphere from BigQuery, without copying the data. Preview.",
    group="Business Applications",
    symbol="building",
    search_words=("sap datasphere", "database", "federation", "federated", "saphana"),
    docs_url="https://cloud.google.com/bigquery/docs/connect-to-sap-datasphere",
    fields=_fields,
    template="connections/kinds/sap_hana.html",
    section="SAP Datasphere",
    property_fields=("host_port", "network_attachment", "username"),
    listed=("host_port", ""),
    secret_field=fields.CREDENTIAL,
    clean=_clean,
    pickers=(
        Pick(
            field="network_attachment",
            asset_type="compute.googleapis.com/NetworkAttachment",
            noun="network attachments",
            heading="Network attachments",
            facts=_facts,
        ),
    ),
    location_label="Location type",
    takes_kms_key=True,
    wire=Wire(
        block="configuration",
        fixed={"configuration.connectorId": "saphana"},
        values={
            "host_port": "configuration.endpoint.hostPort",
            "network_attachment": "configuration.network.privateServiceConnect.networkAttachment",
            "username": "configuration.authentication.usernamePassword.username",
        },
        credential="configuration.authentication.usernamePassword.password.plaintext",
        identity="configuration.authentication.serviceAccount",
    ),
    # Not all of the authentication: connectors may have parameters of their own in it.
    credential_mask=("configuration.authentication.usernamePassword",),
    uses_agent=True,
    test_statement="SELECT 1 FROM DUMMY",
    caveat="A preview of Google's. Not documented: which data locations reach which hosts, and what an error "
    "of the host looks like. The test with a query shows whether it works.",
)
