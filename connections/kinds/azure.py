"""BigLake on Azure, via BigQuery Omni. Google's "Connect to Blob Storage"; Connection.azure.

With federated identity an application of the customer's own trusts the connection; without it BigQuery
brings an application, which somebody in the tenant has to give consent to.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms

from connections.kinds import fields
from connections.kinds.base import GOOGLE_IDENTITY, Instruction, Kind, Wire
from connections.kinds.wire import at

if TYPE_CHECKING:
    from connections.models import Connection

ISSUER = "https://accounts.google.com"
SAMPLE = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_STORAGE = (
    "In the storage account, open Access control (IAM) and give the application Storage Blob Data Reader, "
    "or Storage Blob Data Contributor for exports."
)


def _fields() -> dict[str, forms.Field]:
    return {
        "tenant_id": fields.resource(
            "Azure tenant id", UUID, SAMPLE, help_text="The directory (tenant) ID in Microsoft Entra ID."
        ),
        "federated": forms.BooleanField(
            label="Use federated identity",
            required=False,
            initial=True,
            help_text="An application of your own trusts this connection; no secret is shared.",
        ),
        "client_id": fields.resource(
            "Client ID",
            UUID,
            SAMPLE,
            required=False,
            field=fields.ConditionalField,
            help_text="The application (client) ID of the registered application.",
        ),
    }


def _clean(cleaned: dict[str, Any]) -> dict[str, str]:
    if not cleaned.get("federated"):
        cleaned["client_id"] = ""
        return {}
    if "client_id" in cleaned and not cleaned["client_id"]:
        return {"client_id": "Enter the application's client ID, or do without federated identity."}
    return {}


def _instructions(connection: Connection) -> tuple[Instruction, ...]:
    if not connection.service_account:
        return ()
    if connection.properties.get("client_id"):
        return (
            Instruction(
                "Let the Azure application trust this connection",
                "In the Azure portal, open App registrations, the application, Certificates & secrets, "
                "Federated credentials, Add credential, Other issuer.",
                (
                    ("Issuer", ISSUER, ""),
                    ("Subject identifier", connection.service_account, ""),
                ),
            ),
            Instruction("Give the application the data", _STORAGE),
        )
    application, client = at(connection.body, "azure.application"), at(connection.body, "azure.clientId")
    given = (("Application", application, ""), ("Client ID", client, ""))
    return (
        Instruction(
            "Give BigQuery's application consent",
            "An administrator of the tenant adds this application to it (Enterprise applications).",
            tuple((label, str(value), language) for label, value, language in given if value),
        ),
        Instruction("Give the application the data", _STORAGE),
    )


KIND = Kind(
    slug="azure",
    label="BigLake on Azure (via BigQuery Omni)",
    short_label="BigLake on Azure",
    card_title="BigLake on Azure: BigQuery Omni",
    card_text="Query files in Azure Blob Storage where they are, in Azure.",
    group="Data lakes / BigQuery Omni",
    symbol="cloud",
    search_words=("microsoft", "blob storage", "data lake", "entra"),
    docs_url="https://cloud.google.com/bigquery/docs/omni-azure-create-connection",
    fields=_fields,
    template="connections/kinds/azure.html",
    section="Microsoft Azure",
    property_fields=("tenant_id", "federated", "client_id"),
    listed=("tenant_id", ""),
    clean=_clean,
    location_label="Region",
    omni="azure-",
    wire=Wire(
        block="azure",
        values={"tenant_id": "azure.customerTenantId", "client_id": "azure.federatedApplicationClientId"},
        presence={"federated": "azure.federatedApplicationClientId"},
        identity="azure.identity",
        told=("azure.application", "azure.clientId", "azure.objectId"),
    ),
    identity_label=GOOGLE_IDENTITY,
    identity_help="The subject that the Azure application has to trust.",
    instructions=_instructions,
    sample=(
        "CREATE EXTERNAL TABLE DATASET.TABLE\nWITH CONNECTION `{path}`\n"
        "OPTIONS (format = 'PARQUET', uris = ['azure://ACCOUNT.blob.core.windows.net/CONTAINER/*']);"
    ),
)
