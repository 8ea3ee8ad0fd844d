"""What AlloyDB and Cloud SQL ask of somebody who logs in with IAM, and their words when they refuse.

Google's documentation, "Connect using an IAM account" (AlloyDB, troubleshooting: the four messages) and "Log
in using IAM database authentication" (Cloud SQL). Unverified, and kept here: the order in which conditions
are looked at, what the client is told of AlloyDB's four (the documentation quotes the log), what follows each
of the four sentences, and the words for an instance whose flag is off.
"""

from dataclasses import dataclass

from emulator.logins import principals

INVALID = (
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other "
    "valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."
)
SCOPES = "Request had insufficient scopes."
MISMATCH = "IAM principal does not match database user."
FLAG_OFF = "IAM authentication is not enabled for the instance."


@dataclass(frozen=True)
class Need:
    """A permission, and the role to grant for it."""

    permission: str
    role: str

    def sentence(self, project_id: str) -> str:
        """What an administrator reads in the log; the sentence after the first names what is missing."""
        return (
            f"Caller does not have required permission to use project. Grant the caller the {self.role} "
            f"role, or a custom role with the {self.permission} permission, on project {project_id}."
        )


@dataclass(frozen=True)
class Product:
    """One product's rules. `types` are the IAM user types whose users log in by themselves."""

    name: str
    flag: str
    scope: str
    needs: tuple[Need, ...]
    types: tuple[str, ...]

    @property
    def scopes(self) -> frozenset[str]:
        """A token needs one of these."""
        return frozenset(f"https://www.googleapis.com/auth/{name}" for name in (self.scope, "cloud-platform"))

    def fatal(self, user: str) -> str:
        """What PostgreSQL tells a client whose identity is not accepted."""
        kind = "service account" if principals.is_service_account(user) else "user"
        return f'{self.name} IAM {kind} authentication failed for user "{user}"'


ALLOYDB = Product(
    name="AlloyDB",
    flag="alloydb.iam_authentication",
    scope="alloydb.login",
    needs=(
        Need("serviceusage.services.use", "roles/serviceusage.serviceUsageConsumer"),
        Need("alloydb.users.login", "roles/alloydb.databaseUser"),
    ),
    types=("ALLOYDB_IAM_USER",),
)
CLOUD_SQL = Product(
    name="Cloud SQL",
    flag="cloudsql.iam_authentication",
    scope="sqlservice.login",
    needs=(Need("cloudsql.instances.login", "roles/cloudsql.instanceUser"),),
    types=("CLOUD_IAM_USER", "CLOUD_IAM_SERVICE_ACCOUNT"),
)
# Whoever comes through a proxy or a connector may connect at all.
ALLOYDB_CONNECT = Need("alloydb.instances.connect", "roles/alloydb.client")
