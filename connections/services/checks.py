"""The causes of a failing federated query, each asked of Google, in the order in which they come.

Sources: "Connect to AlloyDB" and "Introduction to federated queries" (BigQuery documentation); the messages
are those of portal.gcp.diagnosis.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings

from access.models import Grant
from connections.kinds.base import RoleNeeded
from connections.models import Connection
from connections.services import living
from portal import clock
from portal.gcp import connections as google
from portal.gcp import kms, projects, regions, roles
from portal.gcp import services as google_services
from portal.gcp.diagnosis import Diagnosis
from portal.gcp.errors import GoogleError, NotFound
from portal.gcp.policies import Policy, member_key
from portal.models import Project

PASSED, FAILED, UNSURE = "passed", "failed", "unsure"
# What mends a cause: names of buttons on the page.
GRANT, GRANT_KEY, ROTATE, EDIT, LOOK = "grant", "grant_key", "rotate", "edit", "look"
KEY_PERMISSION = "cloudkms.cryptoKeyVersions.useToEncrypt"
# The database itself said so: everything before it stands.
_ANSWERED = frozenset({"wrong-password", "table-denied", "mysql-plugin", "database-missing"})
_CALLER = frozenset({"connection-use-denied", "jobs-create-denied"})


@dataclass(frozen=True)
class Check:
    """One cause looked at: `state` is passed, failed or unsure; `action` names what mends it."""

    code: str
    title: str
    state: str
    message: str
    remedy: str = ""
    action: str = ""

    def as_json(self) -> dict[str, Any]:
        """The check as a row's JSON holds it."""
        return asdict(self)


@dataclass(frozen=True)
class Subject:
    """What is looked at: the connection, what Google says of it, and why the query failed."""

    connection: Connection
    info: google.ConnectionInfo
    message: str
    diagnosis: Diagnosis | None

    @property
    def code(self) -> str:
        """The code of the diagnosis, "" for a message that is not known."""
        return self.diagnosis.code if self.diagnosis else ""

    @property
    def properties(self) -> dict[str, Any]:
        """The kind's own values as Google has them."""
        kind = living.known_kind(self.connection)
        return kind.seen(self.connection.properties, self.info.body)

    @property
    def account(self) -> str:
        """Who reaches the database."""
        number = self.connection.project.number or 0
        return self.info.service_account or google_services.service_agent(number)


def walk(connection: Connection, message: str, diagnosis: Diagnosis | None) -> list[Check]:
    """Look at every cause in order. Raises GoogleError only when Google cannot be reached."""
    try:
        info = google.get(connection.full_name)
    except NotFound:
        gone = "Google has no connection of this name in this location."
        return [Check("exists", "The connection exists", FAILED, gone, living.GONE_REMEDY, LOOK)]
    except GoogleError as error:
        if error.retryable:
            raise
        return [Check("exists", "The connection exists", UNSURE, error.message)]
    subject = Subject(connection, info, message, diagnosis)
    there = Check("exists", "The connection exists", PASSED, f"In {connection.location}.")
    found = [check for ask in _ASKED for check in ask(subject)]
    return [there, *found, *_unexplained(subject, found)]


def _caller(subject: Subject) -> list[Check]:
    title = "The portal may query through it"
    if subject.code in _CALLER and subject.diagnosis:
        return [Check("caller", title, FAILED, subject.message, subject.diagnosis.fix)]
    return [Check("caller", title, PASSED, "BigQuery accepted the query.")]


def _credential(subject: Subject) -> list[Check]:
    if not living.known_kind(subject.connection).secret_field:
        return []
    title = "BigQuery holds a credential"
    if subject.info.has_credential:
        return [Check("credential", title, PASSED, "It holds a username and a password.")]
    remedy = "Enter the password: the portal gives it to BigQuery."
    lost = "It holds none: Google forgets it when a connection's properties are changed without it."
    return [Check("credential", title, FAILED, lost, remedy, ROTATE)]


def _roles(subject: Subject) -> list[Check]:
    kind = living.known_kind(subject.connection)
    return [_role(subject, needed, kind.identity_word) for needed in kind.roles(subject.properties)]


def _role(subject: Subject, needed: RoleNeeded, word: str) -> Check:
    """Whether the account has the role, or another one that contains the permission."""
    project = needed.project or subject.connection.project.project_id
    title = f"The {word} is there and has {needed.label}"
    try:
        policy = projects.get_policy(project)
    except GoogleError as error:
        if error.retryable:
            raise
        return Check("agent", title, UNSURE, f"The policy of {project} cannot be read: {error.message}")
    member = f"serviceAccount:{subject.account}"
    if policy.has(needed.role, member):
        return Check("agent", title, *_fresh(subject, needed, project))
    if other := other_role(policy, member, needed.permission):
        said = f"{subject.account} has {other} on {project}, which contains {needed.permission}."
        return Check("agent", title, PASSED, said)
    if policy.has_conditional(needed.role, member):
        return Check("agent", title, UNSURE, f"It has the role on {project} under a condition.")
    remedy = f"Grant {needed.role} to {subject.account} on {project}."
    lacking = f"{subject.account} has no role on {project} with {needed.permission}."
    return Check("agent", title, FAILED, lacking, remedy, GRANT)


def _fresh(subject: Subject, needed: RoleNeeded, project: str) -> tuple[str, str]:
    """A role that was granted a moment ago may not act yet."""
    since = clock.now() - timedelta(seconds=settings.PROPAGATION_SECONDS)
    fresh = Grant.objects.filter(
        purpose=subject.connection.full_name, role=needed.role, intended_at__gte=since
    )
    said = f"{subject.account} has {needed.role} on {project}."
    if fresh.exists() and subject.code not in _ANSWERED:
        return (
            UNSURE,
            f"{said} It was granted a moment ago: it takes about 2 minutes to act, at times 7 or more.",
        )
    return PASSED, said


def other_role(policy: Policy, member: str, permission: str) -> str:
    """Return a role, custom ones included, that gives the member the permission unconditionally; "" for none.

    Groups that the member may be in are not looked into, and roles that the portal may not read count as
    without it.
    """
    key = member_key(member)
    held = {
        binding.role
        for binding in policy.bindings
        if binding.condition is None and key in map(member_key, binding.members)
    }
    for role in sorted(held):
        try:
            if permission in roles.included_permissions(role):
                return role
        except (GoogleError, ValueError) as error:
            if isinstance(error, GoogleError) and error.retryable:
                raise
    return ""


def _region(subject: Subject) -> list[Check]:
    region = living.known_kind(subject.connection).region(subject.properties)
    location = subject.connection.location
    if not region:
        return []
    title = "BigQuery reaches the region of the database"
    if regions.can_query(location, region):
        said = f"{regions.normalise(location)} reaches {region}."
        return [Check("region", title, PASSED, said)]
    ways = " or ".join(regions.normalise(place) for place in regions.locations_for(region)) or region
    remedy = f"Point the connection at an instance within reach, or create it again in {ways}."
    far = f"BigQuery in {regions.normalise(location)} does not reach {region}."
    return [Check("region", title, FAILED, far, remedy, EDIT)]


def _key(subject: Subject) -> list[Check]:
    key = subject.info.kms_key_name
    if not key:
        return []
    return [key_check(subject.connection.project, key, denied=subject.code == "kms-denied")]


def key_check(project: Project, key: str, *, denied: bool = False) -> Check:
    """Whether BigQuery's encryption account may use the key; `denied` when BigQuery said that it may not.

    A role that comes from the key ring, a folder or the organization cannot be seen here.
    """
    title = "BigQuery may use the customer-managed key"
    account = google_services.encryption_agent(project.number or 0)
    member = f"serviceAccount:{account}"
    remedy = f"Grant {kms.KEY_ROLE} on the key to {account}."
    unreadable = ""
    readers: list[Callable[[], Policy]] = [
        lambda: kms.get_policy(key),
        lambda: projects.get_policy(key.split("/")[1]),
    ]
    for read in readers:
        try:
            policy = read()
        except NotFound as error:
            return Check("key", title, FAILED, error.message, "Choose a key that exists, in its full name.")
        except (GoogleError, ValueError) as error:
            if isinstance(error, GoogleError) and error.retryable:
                raise
            unreadable = unreadable or str(error)
            continue
        if policy.has(kms.KEY_ROLE, member) or other_role(policy, member, KEY_PERMISSION):
            return Check("key", title, PASSED, f"{account} may encrypt with it.")
    if denied:
        return Check("key", title, FAILED, f"{account} may not use {key}.", remedy, GRANT_KEY)
    said = f"Neither the key nor its project gives {account} a role; it may come from the key ring or above."
    return Check("key", title, UNSURE, unreadable or said, remedy, GRANT_KEY)


def _password(subject: Subject) -> list[Check]:
    if not living.known_kind(subject.connection).secret_field:
        return []
    title = "The database accepts the password"
    if subject.code == "wrong-password":
        remedy = "Rotate the password: enter the one that the database has."
        return [Check("password", title, FAILED, subject.message, remedy, ROTATE)]
    if subject.code in _ANSWERED:
        return [Check("password", title, PASSED, "The database answered, so it was reached.")]
    return [Check("password", title, UNSURE, "The query did not come as far as the password.")]


def _database(subject: Subject) -> list[Check]:
    title = "The database is there and can be reached"
    if subject.code == "database-missing" and subject.diagnosis:
        return [Check("database", title, FAILED, subject.message, subject.diagnosis.fix, EDIT)]
    if subject.code == "mysql-plugin" and subject.diagnosis:
        return [Check("database", title, FAILED, subject.message, subject.diagnosis.fix)]
    if subject.code in _ANSWERED:
        return [Check("database", title, PASSED, "It answered.")]
    return []


def _unexplained(subject: Subject, found: list[Check]) -> list[Check]:
    """What is left when every other cause is ruled out: the database itself, or a message unknown here."""
    if any(check.state == FAILED or check.code == "database" for check in found):
        return []
    title = "The database is there and can be reached"
    fix = (
        subject.diagnosis.fix
        if subject.diagnosis
        else "Look the message up, mend the cause, then test again."
    )
    return [Check("database", title, FAILED, subject.message, fix, EDIT)]


_ASKED: tuple[Callable[[Subject], list[Check]], ...] = (
    _caller,
    _credential,
    _roles,
    _region,
    _key,
    _password,
    _database,
)
