"""Cloud Resource: a service account for models, remote functions and BigLake tables.

Google's "Create and set up a Cloud resource connection"; Connection.cloudResource, which has no fields.
The account has no permissions at first; what it needs depends on what it is used for, and where.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connections.equivalents import shell
from connections.kinds.base import Instruction, Kind, Wire

if TYPE_CHECKING:
    from connections.models import Connection

# What it is used for, the role that this needs, and the command that gives it where it is needed.
_USES = (
    ("Models of Vertex AI", "roles/aiplatform.user", "gcloud projects add-iam-policy-binding {project}"),
    (
        "Remote functions on Cloud Run",
        "roles/run.invoker",
        "gcloud run services add-iam-policy-binding SERVICE --region=REGION --project={project}",
    ),
    (
        "BigLake and object tables in Cloud Storage",
        "roles/storage.objectViewer",
        "gcloud storage buckets add-iam-policy-binding gs://BUCKET",
    ),
    (
        "Spanner external datasets",
        "roles/spanner.databaseReader",
        "gcloud spanner databases add-iam-policy-binding DATABASE --instance=INSTANCE --project={project}",
    ),
)


def _instructions(connection: Connection) -> tuple[Instruction, ...]:
    if not connection.service_account:
        return ()
    member = shell.flag("member", f"serviceAccount:{connection.service_account}")
    project = shell.quote(connection.project.project_id)
    return (
        Instruction(
            "Grant the account what its use needs",
            "Take what applies, and put in the names that are in capitals.",
            tuple(
                (use, shell.command(head.format(project=project), member, f"--role={role}"), "gcloud")
                for use, role, head in _USES
            ),
        ),
    )


KIND = Kind(
    slug="cloud_resource",
    label="Vertex AI remote models, remote functions, BigLake and Spanner (Cloud Resource)",
    short_label="Cloud Resource",
    card_title="Vertex AI remote models, remote functions, BigLake and Spanner",
    card_text="A service account with which BigQuery reaches models, functions, files and databases.",
    group="AI and remote functions",
    symbol="robot",
    search_words=("cloud resource", "cloud run", "cloud storage", "object table", "gemini", "delegate"),
    docs_url="https://cloud.google.com/bigquery/docs/create-cloud-resource-connection",
    location_label="Location type",
    wire=Wire(block="cloudResource", identity="cloudResource.serviceAccountId"),
    identity_help="It has no permissions at first. Grant it what its use needs, where it is needed: "
    "Vertex AI User for models, Cloud Run Invoker for remote functions, Storage Object Viewer for BigLake.",
    instructions=_instructions,
    sample=(
        "CREATE MODEL DATASET.MODEL\nREMOTE WITH CONNECTION `{path}`\nOPTIONS (ENDPOINT = 'MODEL_NAME');\n\n"
        "CREATE EXTERNAL TABLE DATASET.TABLE\nWITH CONNECTION `{path}`\n"
        "OPTIONS (format = 'PARQUET', uris = ['gs://BUCKET/*']);"
    ),
)
