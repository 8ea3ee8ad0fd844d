"""BigLake on AWS, via BigQuery Omni. Google's "Connect to Amazon S3"; Connection.aws.

Google makes an identity for the connection; the role at AWS has to trust it.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from django import forms

from connections.kinds import fields
from connections.kinds.base import GOOGLE_IDENTITY, Instruction, Kind, Wire

if TYPE_CHECKING:
    from connections.models import Connection

SAMPLE = "arn:aws:iam::AWS_ACCOUNT_ID:role/ROLE_NAME"
ROLE = re.compile(r"arn:aws(?:-[a-z]+)*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]{1,512}")


def _fields() -> dict[str, forms.Field]:
    return {
        "role_id": fields.resource(
            "AWS role id",
            ROLE,
            SAMPLE,
            help_text=f"The role with which BigQuery reads the bucket: {SAMPLE}",
        )
    }


def trust_policy(identity: str) -> str:
    """The trust policy of the role at AWS, for the identity that Google made."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": "accounts.google.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {"accounts.google.com:sub": identity}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)


def _instructions(connection: Connection) -> tuple[Instruction, ...]:
    if not connection.service_account:
        return ()
    role = str(connection.properties.get("role_id", "")).rpartition("/")[2]
    return (
        Instruction(
            "Let the AWS role trust this connection",
            f"In the AWS console, open IAM, Roles, {role}, Trust relationships, Edit trust policy, and paste "
            "this. Set the role's maximum session duration to 12 hours.",
            (("Trust policy", trust_policy(connection.service_account), "JSON"),),
        ),
    )


KIND = Kind(
    slug="aws",
    label="BigLake on AWS (via BigQuery Omni)",
    short_label="BigLake on AWS",
    card_title="BigLake on AWS: BigQuery Omni",
    card_text="Query files in Amazon S3 where they are, in AWS.",
    group="Data lakes / BigQuery Omni",
    symbol="cloud",
    search_words=("amazon s3", "simple storage service", "data lake"),
    docs_url="https://cloud.google.com/bigquery/docs/omni-aws-create-connection",
    fields=_fields,
    template="connections/kinds/aws.html",
    section="Amazon Web Services",
    property_fields=("role_id",),
    listed=("role_id", ""),
    location_label="Region",
    omni="aws-",
    wire=Wire(
        block="aws",
        values={"role_id": "aws.accessRole.iamRoleId"},
        identity="aws.accessRole.identity",
    ),
    identity_label=GOOGLE_IDENTITY,
    identity_help="The AWS role has to trust it.",
    instructions=_instructions,
    sample=(
        "CREATE EXTERNAL TABLE DATASET.TABLE\nWITH CONNECTION `{path}`\n"
        "OPTIONS (format = 'PARQUET', uris = ['s3://BUCKET/*']);"
    ),
)
