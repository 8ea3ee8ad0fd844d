"""Cloud Resource: a service account for models, remote functions and BigLake tables.

Google's "Create and set up a Cloud resource connection"; Connection.cloudResource, which has no fields.
The account has no permissions at first; what it needs depends on what it is used for, and where.
"""

from __future__ import annotations

from connections.kinds.base import Kind, Wire

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
    sample=(
        "CREATE MODEL DATASET.MODEL\nREMOTE WITH CONNECTION `{path}`\nOPTIONS (ENDPOINT = 'MODEL_NAME');\n\n"
        "CREATE EXTERNAL TABLE DATASET.TABLE\nWITH CONNECTION `{path}`\n"
        "OPTIONS (format = 'PARQUET', uris = ['gs://BUCKET/*']);"
    ),
)
