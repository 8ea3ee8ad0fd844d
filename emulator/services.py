"""The APIs that a project can switch on, and the service accounts that belong to a project."""

from emulator import errors
from emulator.model import Account, Project, World

TITLES = {
    "aiplatform.googleapis.com": "Vertex AI API",
    "alloydb.googleapis.com": "AlloyDB API",
    "bigquery.googleapis.com": "BigQuery API",
    "bigqueryconnection.googleapis.com": "BigQuery Connection API",
    "bigquerystorage.googleapis.com": "BigQuery Storage API",
    "cloudasset.googleapis.com": "Cloud Asset API",
    "cloudkms.googleapis.com": "Cloud Key Management Service (KMS) API",
    "cloudresourcemanager.googleapis.com": "Cloud Resource Manager API",
    "compute.googleapis.com": "Compute Engine API",
    "dataproc.googleapis.com": "Cloud Dataproc API",
    "iam.googleapis.com": "Identity and Access Management (IAM) API",
    "iamcredentials.googleapis.com": "IAM Service Account Credentials API",
    "logging.googleapis.com": "Cloud Logging API",
    "metastore.googleapis.com": "Dataproc Metastore API",
    "serviceusage.googleapis.com": "Service Usage API",
    "spanner.googleapis.com": "Cloud Spanner API",
    "sqladmin.googleapis.com": "Cloud SQL Admin API",
}

# Which agent generateServiceIdentity makes. BigQuery's own account is made at first use, not as an agent.
AGENT_DOMAINS = {
    "alloydb.googleapis.com": "gcp-sa-alloydb",
    "bigqueryconnection.googleapis.com": "gcp-sa-bigqueryconnection",
    "cloudkms.googleapis.com": "gcp-sa-cloudkms",
    "sqladmin.googleapis.com": "gcp-sa-cloud-sql",
}


def connection_agent(number: str) -> str:
    """The BigQuery Connection Service Agent of a project: Google's documentation, connect-to-alloydb."""
    return agent("bigqueryconnection.googleapis.com", number)


def agent(service: str, number: str) -> str:
    """The service agent of an API in a project."""
    return f"service-{number}@{AGENT_DOMAINS[service]}.iam.gserviceaccount.com"


def encryption_account(number: str) -> str:
    """The account with which BigQuery uses keys: Google's documentation, customer-managed keys."""
    return f"bq-{number}@bigquery-encryption.iam.gserviceaccount.com"


def enabled(project: Project, service: str, moment: float) -> bool:
    """Whether the API is on at `moment`."""
    return project.services.get(service, float("inf")) <= moment


def require(project: Project, service: str, moment: float) -> None:
    """Raise the 403 SERVICE_DISABLED when the API is off."""
    if not enabled(project, service, moment):
        raise errors.service_disabled(service, TITLES[service], project.number)


def ensure_account(world: World, email: str, exists_from: float) -> Account:
    """Make the account, to be seen from `exists_from` on; one that is there or under way stays as it is."""
    return world.accounts.setdefault(email, Account(email, exists_from))
