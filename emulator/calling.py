"""One call of one method: what a handler gets, and what a method is."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from emulator import errors, services
from emulator.backends import Backend
from emulator.errors import JSON
from emulator.iam import access
from emulator.logins.authority import Authorities
from emulator.logins.roles import Roles
from emulator.model import Project, Token, World


@dataclass
class Runtime:
    """What is not part of the estate: settings, and the databases that stand behind instances.

    `agent_delay` is the time in seconds until a new service agent exists; `backends` and `addresses` (where
    the login endpoints listen) are keyed by the name of the instance with the project's number; `jobs` holds
    the queries by job id, `alerts` the log entries, `passes` what client certificates stand for by serial
    number, `endpoints` where the APIs for connectors are.
    """

    default_caller: str
    agent_delay: float = 3.0
    backends: dict[str, Backend] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    endpoints: dict[str, str] = field(default_factory=dict)
    jobs: dict[str, Any] = field(default_factory=dict)
    alerts: list[JSON] = field(default_factory=list)
    passes: dict[int, Token | None] = field(default_factory=dict)
    authorities: Authorities = field(default_factory=Authorities)
    roles: Roles = field(default_factory=Roles)


@dataclass
class Call:
    """A request after the front end has read it.

    `caller` is a member string; `moment` the time of the call in seconds since the epoch. Handlers change
    `world` last, after everything that can fail.
    """

    world: World
    runtime: Runtime
    caller: str
    moment: float
    params: Mapping[str, str]
    query: Mapping[str, list[str]]
    body: JSON
    service: str

    def argument(self, name: str, default: str = "") -> str:
        """A query parameter, the last if there are several."""
        values = self.query.get(name)
        return values[-1] if values else default

    def integer(self, name: str) -> int:
        """A query parameter of type int32; 0 when absent. Raises ApiError 400."""
        text = self.argument(name, "0")
        try:
            return int(text)
        except ValueError:
            raise errors.invalid(f"Invalid value at '{name}' (TYPE_INT32), \"{text}\"", field=name) from None

    def project(self) -> Project:
        """The project in the path, by id or number. Raises 403 if it does not exist or the API is off."""
        found = self.world.project(self.params["project"])
        if found is None:
            raise errors.unknown_project(self.params["project"])
        services.require(found, self.service, self.moment)
        return found

    def may(self, permission: str, resource: str) -> bool:
        """Whether the caller has the permission on the resource, whose name has the project's number."""
        return access.allowed(self.world, self.caller, permission, resource, self.moment)

    def require(self, permission: str, resource: str, *, shown: str | None = None) -> None:
        """Raise 403 unless the caller has the permission; `shown` is the resource's name in the message."""
        if not self.may(permission, resource):
            short = self.service.removesuffix(".googleapis.com")
            raise errors.permission_denied(permission, short, shown or resource)


Handler = Callable[[Call], JSON | Awaitable[JSON]]


@dataclass(frozen=True)
class Method:
    """A method of an API.

    `name` is the discovery document's, without the API and the collections that the path makes plain;
    `template` the path with `{parameter}` for one segment; `writes` tells whether it changes the estate;
    `query` the query parameters that it knows; `body` the request message and `body_field` the field of the
    request that it fills. `anybody` may call without being known; `form` says that a body holds query
    parameters.
    """

    name: str
    api: str
    verb: str
    template: str
    handler: Handler
    writes: bool = False
    query: tuple[str, ...] = ()
    body: str | None = None
    body_field: str = ""
    scopes: tuple[str, ...] = ()
    anybody: bool = False
    form: bool = False
