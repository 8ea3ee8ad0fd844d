"""Cloud SQL instances and their databases.

Google's documentation, Cloud SQL Admin API; the discovery document sqladmin v1.
"""

import hashlib
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from emulator.api import catalog
from emulator.calling import Call
from emulator.clock import rfc3339
from emulator.cloudsql import errors
from emulator.errors import JSON
from emulator.furniture import CLOUD_SQL
from emulator.logins.authority import pem
from emulator.model import Project
from emulator.paging import page

_LARGEST_PAGE = 500


@dataclass(frozen=True)
class Found:
    """An instance that a call is about; `name` has the project's number."""

    project: Project
    name: str
    body: JSON

    @property
    def key(self) -> str:
        """Its full resource name."""
        return f"//{CLOUD_SQL}/{self.name}"

    @property
    def mysql(self) -> bool:
        """Whether it is MySQL."""
        return str(self.body["databaseVersion"]).startswith("MYSQL")


def authorized(call: Call, permission: str, resource: str) -> Project:
    """The project in the path, if its API is on and the caller has the permission."""
    project = call.project()
    if not call.may(permission, f"projects/{project.number}"):
        raise errors.not_authorized(permission, resource)
    return project


def find(call: Call, permission: str) -> Found:
    """The instance in the path. Raises 403 without the permission, 404 if there is none."""
    instance = call.params["instance"]
    project = authorized(call, permission, f"instances/{instance}")
    name = f"projects/{project.number}/instances/{instance}"
    found = call.world.resources.get(f"//{CLOUD_SQL}/{name}")
    if found is None:
        raise errors.no_instance()
    return Found(project, name, found.body)


def certificate(made: x509.Certificate, instance: str) -> JSON:
    """An SslCert."""
    return {
        "kind": "sql#sslCert",
        "cert": pem(made),
        "certSerialNumber": str(made.serial_number),
        "commonName": made.subject.rfc4514_string(),
        "createTime": rfc3339(made.not_valid_before_utc.timestamp()),
        "expirationTime": rfc3339(made.not_valid_after_utc.timestamp()),
        "instance": instance,
        "sha1Fingerprint": made.fingerprint(hashes.SHA1()).hex(),  # noqa: S303 -- the field's name
    }


def addresses(call: Call, name: str, body: JSON) -> list[JSON]:
    """Where the instance is reached: at its login endpoint if it has one."""
    own = call.runtime.addresses.get(name)
    return [{**item, "ipAddress": own or item["ipAddress"]} for item in body["ipAddresses"]]


def rendered(call: Call, name: str, body: JSON) -> JSON:
    """The instance with what depends on the running server."""
    authority = call.runtime.authorities.of(name).certificate
    more = {"ipAddresses": addresses(call, name, body), "serverCaCert": certificate(authority, body["name"])}
    return {**body, **more}


def get(call: Call) -> JSON:
    """One instance."""
    found = find(call, "cloudsql.instances.get")
    return rendered(call, found.name, found.body)


def listed(call: Call) -> JSON:
    """The instances of a project."""
    permission = "cloudsql.instances.list"
    project = authorized(call, permission, f"projects/{call.params['project']}")
    parent = f"projects/{project.number}/instances"
    rows = catalog.matching(call.world, f"//{CLOUD_SQL}/{parent}/-")
    part, following = page(call, rows, _LARGEST_PAGE, size="maxResults")
    answer: JSON = {"kind": "sql#instancesList"}
    if part:
        answer["items"] = [rendered(call, f"{parent}/{body['name']}", body) for body in part]
    return {**answer, "nextPageToken": following} if following else answer


def list_databases(call: Call) -> JSON:
    """The databases of an instance, all in one answer."""
    found = find(call, "cloudsql.databases.list")
    rows = catalog.matching(call.world, f"{found.key}/databases/-")
    return {"kind": "sql#databasesList", "items": rows}


def get_database(call: Call) -> JSON:
    """One database."""
    found = find(call, "cloudsql.databases.get")
    database = call.world.resources.get(f"{found.key}/databases/{call.params['database']}")
    if database is None:
        raise errors.missing("Not found: database")
    return database.body


def etag(*parts: str) -> str:
    """An etag over what may change."""
    return hashlib.sha256("/".join(parts).encode()).hexdigest()[:32]
