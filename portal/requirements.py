"""What the portal needs from a Google Cloud project, and what of it is missing.

The list is the portal's own: one row an API or permission that some page or worker uses.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings

from portal.gcp import projects, services
from portal.gcp.errors import GoogleError
from portal.gcp.session import own_account

PLACEHOLDER = "PORTAL_SERVICE_ACCOUNT"


@dataclass(frozen=True)
class Requirement:
    """An API to be enabled, or a permission to be granted by `role`, and what for.

    An optional one serves kinds of connection that not every project has: nobody has to mend it.
    """

    kind: str  # "api" or "permission"
    name: str
    purpose: str
    role: str = ""
    optional: bool = False


def _optional(kind: str, name: str, purpose: str, role: str = "") -> Requirement:
    return Requirement(kind, name, purpose, role, optional=True)


APIS = (
    Requirement("api", "bigqueryconnection.googleapis.com", "make and share connections"),
    Requirement("api", "bigquery.googleapis.com", "test a connection with a query"),
    Requirement("api", "cloudresourcemanager.googleapis.com", "grant the service agent its role"),
    Requirement("api", "iam.googleapis.com", "look roles up"),
    Requirement("api", "alloydb.googleapis.com", "list AlloyDB instances"),
    Requirement("api", "cloudkms.googleapis.com", "list customer-managed keys"),
    _optional("api", "sqladmin.googleapis.com", "list Cloud SQL instances"),
    _optional("api", "spanner.googleapis.com", "list Spanner databases"),
    _optional("api", "metastore.googleapis.com", "list Dataproc Metastore services"),
    _optional("api", "dataproc.googleapis.com", "list Dataproc clusters"),
    _optional("api", "compute.googleapis.com", "list network attachments"),
    _optional("api", "logging.googleapis.com", "see when access was last used"),
)
_ADMIN, _IAM = "roles/bigquery.connectionAdmin", "roles/resourcemanager.projectIamAdmin"
PERMISSIONS = (
    Requirement("permission", "bigquery.connections.create", "create connections", _ADMIN),
    Requirement("permission", "bigquery.connections.get", "read connections back", _ADMIN),
    Requirement(
        "permission",
        "bigquery.connections.list",
        "find connections; see who else needs a role before it is taken back",
        _ADMIN,
    ),
    Requirement("permission", "bigquery.connections.update", "edit connections", _ADMIN),
    Requirement("permission", "bigquery.connections.delete", "delete connections", _ADMIN),
    Requirement("permission", "bigquery.connections.getIamPolicy", "see who has access", _ADMIN),
    Requirement("permission", "bigquery.connections.setIamPolicy", "share connections", _ADMIN),
    Requirement("permission", "bigquery.connections.use", "test with a query", _ADMIN),
    Requirement("permission", "bigquery.jobs.create", "test with a query", "roles/bigquery.jobUser"),
    Requirement("permission", "resourcemanager.projects.get", "look the number up", "roles/browser"),
    Requirement("permission", "resourcemanager.projects.getIamPolicy", "read the policy", _IAM),
    Requirement("permission", "resourcemanager.projects.setIamPolicy", "grant the service agent", _IAM),
    Requirement(
        "permission",
        "serviceusage.services.get",
        "see which APIs are on",
        "roles/serviceusage.serviceUsageViewer",
    ),
    Requirement("permission", "alloydb.instances.list", "list AlloyDB instances", "roles/alloydb.viewer"),
    Requirement("permission", "alloydb.clusters.list", "list AlloyDB clusters", "roles/alloydb.viewer"),
    Requirement("permission", "cloudkms.keyRings.list", "list keys", "roles/cloudkms.viewer"),
    Requirement("permission", "cloudkms.cryptoKeys.list", "list keys", "roles/cloudkms.viewer"),
    _optional("permission", "cloudsql.instances.list", "list Cloud SQL instances", "roles/cloudsql.viewer"),
    _optional("permission", "cloudsql.databases.list", "list their databases", "roles/cloudsql.viewer"),
    _optional("permission", "spanner.instances.list", "list Spanner instances", "roles/spanner.viewer"),
    _optional("permission", "spanner.databases.list", "list Spanner databases", "roles/spanner.viewer"),
    _optional("permission", "metastore.services.list", "list metastore services", "roles/metastore.viewer"),
    _optional("permission", "dataproc.clusters.list", "list Dataproc clusters", "roles/dataproc.viewer"),
    _optional(
        "permission",
        "compute.networkAttachments.list",
        "list network attachments",
        "roles/compute.networkViewer",
    ),
    _optional(
        "permission",
        "logging.privateLogEntries.list",
        "see when access was last used",
        "roles/logging.privateLogViewer",
    ),
    *(
        _optional("permission", f"{api}.users.{verb}", purpose, f"roles/{api}.admin")
        for api, product in (("alloydb", "AlloyDB"), ("cloudsql", "Cloud SQL"))
        for verb, purpose in (
            ("list", f"see who logs in to {product}"),
            ("create", f"let people log in to {product}"),
            ("delete", f"end logins to {product}"),
        )
    ),
    _optional("permission", "iam.roles.get", "see what a custom role contains", "roles/iam.roleViewer"),
    _optional(
        "permission",
        "cloudkms.cryptoKeys.getIamPolicy",
        "see who may use a key",
        "roles/iam.securityReviewer",
    ),
    _optional(
        "permission", "cloudkms.cryptoKeys.setIamPolicy", "let BigQuery use a key", "roles/cloudkms.admin"
    ),
)


def look(project_id: str) -> list[dict[str, Any]]:
    """Ask Google which requirements a project meets: a row each, with the command that mends it.

    A row's `present` is None when Google would not say; `note` tells why. Raises GoogleError only when
    Google cannot be reached at all.
    """
    return [*_look_at_apis(project_id), *_look_at_permissions(project_id)]


def _look_at_apis(project_id: str) -> list[dict[str, Any]]:
    try:
        enabled = services.enabled(project_id, [requirement.name for requirement in APIS])
    except GoogleError as error:
        if error.retryable:
            raise
        return [_finding(project_id, requirement, False, error.message) for requirement in APIS]
    return [_finding(project_id, requirement, requirement.name in enabled) for requirement in APIS]


def _look_at_permissions(project_id: str) -> list[dict[str, Any]]:
    try:
        held = projects.test_permissions(project_id, [requirement.name for requirement in PERMISSIONS])
    except GoogleError as error:
        if error.retryable:
            raise
        return [_finding(project_id, requirement, False, error.message) for requirement in PERMISSIONS]
    return [_finding(project_id, requirement, requirement.name in held) for requirement in PERMISSIONS]


def _finding(project_id: str, requirement: Requirement, present: bool, note: str = "") -> dict[str, Any]:
    return asdict(requirement) | {
        "present": present,
        "note": note,
        "command": "" if present else command(project_id, requirement),
    }


def command(project_id: str, requirement: Requirement) -> str:
    """Return the command that mends a missing requirement."""
    if requirement.kind == "api":
        return f"gcloud services enable {requirement.name} --project={project_id}"
    return (
        f"gcloud projects add-iam-policy-binding {project_id} "
        f"--member=serviceAccount:{_own_account()} --role={requirement.role}"
    )


def _own_account() -> str:
    """Whom the portal runs as: what the settings say, else what its credentials do, else a placeholder."""
    if settings.SERVICE_ACCOUNT:
        return str(settings.SERVICE_ACCOUNT)
    try:
        return own_account() or PLACEHOLDER
    except GoogleError:
        return PLACEHOLDER
