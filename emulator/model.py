"""What the stand-in remembers: plain, frozen rows in tables.

Rows are replaced, never changed in place, so that a copy of the tables is a picture of a moment: stale reads
are answered from such a picture.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

JSON = dict[str, Any]


@dataclass(frozen=True)
class Project:
    """A project. `services` maps an enabled API's full name to the moment from which it is on."""

    project_id: str
    number: str
    display_name: str
    created: float
    parent: str = "organizations/301948576120"
    services: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Binding:
    """One role for some members, under one condition or none."""

    role: str
    members: tuple[str, ...]
    condition: Mapping[str, str] | None = None

    def key(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """Bindings with the same key are one binding to Google."""
        return (self.role, tuple(sorted((self.condition or {}).items())))


@dataclass(frozen=True)
class Policy:
    """A resource's IAM policy. The etag of a policy that was never set is Google's `ACAB`."""

    bindings: tuple[Binding, ...] = ()
    etag: str = "ACAB"
    audit_configs: tuple[JSON, ...] = ()

    def conditional(self) -> bool:
        """Whether any binding has a condition."""
        return any(binding.condition for binding in self.bindings)


@dataclass(frozen=True)
class Connection:
    """A connection: what was given without its secrets, what Google added, and the credential.

    `body` holds the given fields, `identity` the output-only ones of the properties block in the same shape,
    `credential` the `username` and `password` if there are any.
    """

    name: str
    kind: str
    body: JSON
    identity: JSON
    credential: Mapping[str, str] | None
    created: float
    modified: float


@dataclass(frozen=True)
class Named:
    """A resource without rules of its own (cluster, key, database, user ...): its name and JSON."""

    name: str
    body: JSON


@dataclass(frozen=True)
class CustomRole:
    """A role that a project defined for itself."""

    name: str
    title: str
    permissions: tuple[str, ...]
    etag: str


@dataclass(frozen=True)
class Account:
    """A service account, and the moment from which IAM knows it."""

    email: str
    exists_from: float


@dataclass(frozen=True)
class Token:
    """An access token: whose it is, what it is good for, and until when (seconds since the epoch)."""

    token: str
    email: str
    scopes: tuple[str, ...]
    expires: float


@dataclass(frozen=True)
class Operation:
    """A long-running operation: done from `ready_at` on, with `response`."""

    name: str
    ready_at: float
    response: JSON
    metadata: JSON


@dataclass
class World:
    """All tables. Keys are names as Google writes them, with the project's number.

    `resources` is keyed by full resource names, `//SERVICE/NAME`.
    """

    projects: dict[str, Project] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)
    connections: dict[str, Connection] = field(default_factory=dict)
    clusters: dict[str, Named] = field(default_factory=dict)
    instances: dict[str, Named] = field(default_factory=dict)
    key_rings: dict[str, Named] = field(default_factory=dict)
    keys: dict[str, Named] = field(default_factory=dict)
    custom_roles: dict[str, CustomRole] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    operations: dict[str, Operation] = field(default_factory=dict)
    resources: dict[str, Named] = field(default_factory=dict)

    def copy(self) -> "World":
        """A picture of this moment; cheap, because rows are shared."""
        return World(**{table.name: dict(getattr(self, table.name)) for table in fields(self)})

    def project(self, reference: str) -> Project | None:
        """The project of that number or id."""
        if reference in self.projects:
            return self.projects[reference]
        return next((p for p in self.projects.values() if p.project_id == reference), None)

    def policy(self, resource: str) -> Policy:
        """The policy of a resource, empty if none was ever set."""
        return self.policies.get(resource, Policy())
