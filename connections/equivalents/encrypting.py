"""Letting BigQuery encrypt with a customer-managed key.

Sources: "Customer-managed Cloud KMS keys" of BigQuery (gcloud kms keys add-iam-policy-binding), the REST
reference of Cloud KMS v1 (cryptoKeys.getIamPolicy, a GET, and setIamPolicy), google_kms_crypto_key_iam_member
of the Terraform provider hashicorp/google.
"""

from __future__ import annotations

from connections.equivalents import hcl, policies, shell
from connections.equivalents.base import Equivalent, equivalent, left_out
from portal.gcp.kms import KEY_ROLE

ENDPOINT = "https://cloudkms.googleapis.com"
_NO_BQ = "bq sets the policies of BigQuery's own resources only: gcloud sets a key's."


def encrypting(key: str, member: str) -> list[Equivalent]:
    """The grant of the role on `key`, by its full name, to BigQuery's encryption account `member`.

    Raises:
        ValueError: not the full name of a key.
    """
    _, project, _, location, _, ring, _, name = parts = key.split("/")
    if parts[::2] != ["projects", "locations", "keyRings", "cryptoKeys"]:
        raise ValueError(f"not the full name of a Cloud KMS key: {key!r}")
    change = policies.Change([(member, KEY_ROLE)])
    words = (
        shell.quote(name),
        shell.flag("keyring", ring),
        shell.flag("location", location),
        shell.flag("project", project),
        shell.flag("member", member),
        shell.flag("role", KEY_ROLE),
    )
    content = {"crypto_key_id": key, "role": KEY_ROLE, "member": member}
    return [
        left_out("bq", _NO_BQ),
        equivalent("gcloud", shell.command("gcloud kms keys add-iam-policy-binding", *words)),
        equivalent(
            "rest",
            policies.rest_by_get(shell.url(ENDPOINT, "v1", *parts), change),
            f"{policies.CONFLICT_NOTE} Needs jq.",
        ),
        equivalent(
            "terraform",
            hcl.resource("google_kms_crypto_key_iam_member", hcl.identifier(f"bigquery_{name}"), content),
        ),
        equivalent(
            "python",
            policies.python_text("kms_v1", "KeyManagementServiceClient", key, change, conditions=True),
            "Needs google-cloud-kms.",
        ),
    ]
