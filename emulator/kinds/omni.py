"""BigLake on other clouds through BigQuery Omni: `aws` and `azure`."""

import re
import secrets
import uuid

from emulator import errors
from emulator.errors import JSON
from emulator.kinds.base import Kind, required

_AWS_ROLE = re.compile(r"^arn:aws(?:-[a-z]+)*:iam::\d{12}:role/[\w+=,.@/-]+$")


def _check_aws(block: JSON, _location: str) -> None:
    role = block.get("accessRole", {})
    required(role, "iamRoleId", path="aws.access_role")
    if not _AWS_ROLE.match(role["iamRoleId"]):
        raise errors.invalid(
            "AWS IAM role id must have the form 'arn:aws:iam::ACCOUNT:role/NAME'.",
            field="aws.access_role.iam_role_id",
        )


def _aws_identity(_number: str, _location: str) -> JSON:
    digits = "".join(secrets.choice("0123456789") for _ in range(21))
    return {"accessRole": {"identity": digits}}


def _check_azure(block: JSON, _location: str) -> None:
    required(block, "customerTenantId", path="azure")


def _azure_identity(number: str, _location: str) -> JSON:
    digits = "".join(secrets.choice("0123456789") for _ in range(21))
    return {
        "application": f"BigQuery Omni {number}",
        "clientId": str(uuid.uuid4()),
        "objectId": str(uuid.uuid4()),
        "identity": digits,
    }


AWS = Kind(name="aws", check=_check_aws, identity=_aws_identity, omni_only="aws-")
AZURE = Kind(name="azure", check=_check_azure, identity=_azure_identity, omni_only="azure-")
