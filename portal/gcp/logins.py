"""Logging in to a database with a token, through Google's own connectors, which are used as they are.

The connectors fetch the instance's address and a client's certificate with one set of credentials (`api`)
and log in with another (`login`): AlloyDB's has an option for the second, Cloud SQL's asks its credentials
for ones of the login scope. Read in cloud-sql-python-connector 1.23.0, google-cloud-alloydb-connector 1.14.1.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

import requests
from django.conf import settings
from django.views.decorators.debug import sensitive_variables
from google.auth.credentials import Credentials, Scoped

from portal.gcp import errors
from portal.gcp.transport import HIDDEN, time_limits

# gRPC reads this once in a process, before its first connection.
GRPC_ROOTS = "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"
STATEMENT = "SELECT current_user"
NO_ENDPOINTS = "The emulator was started without login endpoints (--logins): nobody can log in there."


class Stage(IntEnum):
    """How far a login came."""

    CERTIFICATE = 1
    TLS = 2
    LOGIN = 3
    QUERY = 4


class LoginFailed(Exception):
    """A login that did not come about: at which stage, and in whose words. No token is in it."""

    def __init__(self, stage: Stage, message: str) -> None:
        super().__init__(message)
        self.stage = stage
        self.message = message


@dataclass(frozen=True, slots=True)
class Door:
    """Where to log in. `alloydb` tells the product; `network` is PUBLIC, PRIVATE or PSC.

    `instance` is what the connector takes: `projects/.../instances/I`, or `project:region:instance`.
    """

    alloydb: bool
    instance: str
    database: str
    user: str
    network: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """With what: `api` for the address and the certificate, `login` for the database. Both are secrets."""

    api: str = field(repr=False)
    login: str = field(repr=False)
    expires_at: datetime


class _Bearer(Credentials):
    """Credentials that are one token, which no refresh changes."""

    def __init__(self, token: str, expires_at: datetime) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.token = token
        self.expiry = expires_at.astimezone(UTC).replace(tzinfo=None)  # as google-auth keeps it

    def refresh(self, _request: Any) -> None:
        """There is no other token to get."""


class _Pair(_Bearer, Scoped):
    """The token for the API, which gives the one for the database when asked for other scopes."""

    def __init__(self, tokens: Tokens) -> None:
        super().__init__(tokens.api, tokens.expires_at)
        self._login = _Bearer(tokens.login, tokens.expires_at)

    @property
    def requires_scopes(self) -> bool:
        """The token has its scopes already."""
        return False

    def with_scopes(self, scopes: Sequence[str], default_scopes: Sequence[str] | None = None) -> Credentials:
        """The token for the database."""
        return self._login


@sensitive_variables()
def log_in(door: Door, tokens: Tokens) -> str:
    """Log in and ask who one is there; return PostgreSQL's answer.

    Raises:
        LoginFailed: at the stage that it tells.
        errors.GoogleError: the emulator could not be asked for its endpoints.
    """
    options = _endpoints() if settings.GOOGLE_CLOUD_EMULATOR else {}
    found: list[str] = []
    failures: list[LoginFailed] = []

    def attempt() -> None:
        try:
            found.append(_ask(door, tokens, options))
        except Exception as error:
            failures.append(_failure(error, tokens))

    # A thread, because a connector waits for an address without a path to it as long as the kernel does.
    thread = threading.Thread(target=attempt, name="database login", daemon=True)
    thread.start()
    seconds = sum(time_limits())
    thread.join(seconds)
    if found:
        return found[0]
    # Raised out here: what the connector raised has the token in its frames.
    raise (
        failures[0]
        if failures
        else LoginFailed(Stage.TLS, f"The instance did not answer in {seconds:.0f} s.")
    )


@sensitive_variables()
def _ask(door: Door, tokens: Tokens, options: dict[str, str]) -> str:
    connect = _alloydb if door.alloydb else _cloud_sql
    with connect(door, tokens, options) as connector:
        connection = connector.connect(door.instance, "pg8000", user=door.user, db=door.database)
        try:
            return _current_user(connection)
        finally:
            connection.close()


def _current_user(connection: Any) -> str:
    try:
        cursor = connection.cursor()
        cursor.execute(STATEMENT)
        return str(cursor.fetchone()[0])
    except Exception as error:
        raise LoginFailed(Stage.QUERY, str(error)) from None


@sensitive_variables()
def _alloydb(door: Door, tokens: Tokens, options: dict[str, str]) -> Any:
    if options:
        os.environ[GRPC_ROOTS] = options["roots"]
    from google.cloud.alloydbconnector import Connector  # noqa: PLC0415 (gRPC, which a fork must not inherit)

    more: dict[str, Any] = {"alloydb_api_endpoint": options["alloydb_api_endpoint"]} if options else {}
    return Connector(
        credentials=_Bearer(tokens.api, tokens.expires_at),
        db_credentials=_Bearer(tokens.login, tokens.expires_at),
        enable_iam_auth=True,
        ip_type=door.network,
        refresh_strategy="LAZY",
        **more,
    )


@sensitive_variables()
def _cloud_sql(door: Door, tokens: Tokens, options: dict[str, str]) -> Any:
    from google.cloud.sql.connector import Connector  # noqa: PLC0415 (only a worker that checks logins pays)

    more: dict[str, Any] = {"sqladmin_api_endpoint": options["sqladmin_api_endpoint"]} if options else {}
    return Connector(
        credentials=_Pair(tokens),
        enable_iam_auth=True,
        ip_type=door.network,
        refresh_strategy="LAZY",
        timeout=int(time_limits()[1]),
        **more,
    )


def _endpoints() -> dict[str, str]:
    """The options that send the connectors to the emulator. Raises LoginFailed where it has no endpoints."""
    emulator = str(settings.GOOGLE_CLOUD_EMULATOR)
    try:
        with requests.Session() as asking:
            asking.trust_env = False
            told = asking.get(f"{emulator}/_emulator/logins", timeout=time_limits()).json()
    except (requests.RequestException, ValueError):
        raise errors.malformed(write=False) from None
    if not told.get("alloydb_api_endpoint"):
        raise LoginFailed(Stage.CERTIFICATE, NO_ENDPOINTS)
    return {
        "alloydb_api_endpoint": str(told["alloydb_api_endpoint"]),
        "roots": str(told["roots"]),
        "sqladmin_api_endpoint": f"{emulator}/sqladmin",
    }


@sensitive_variables()
def _failure(error: Exception, tokens: Tokens) -> LoginFailed:
    """At which stage the connector failed, in words without a token."""
    if isinstance(error, LoginFailed):
        stage, said = error.stage, error.message
    else:
        stage, said = next((stage, say(error)) for stage, is_it, say in _STAGES if is_it(error))
    for secret in (tokens.api, tokens.login):
        said = said.replace(secret, HIDDEN)
    return LoginFailed(stage, said)


def _is_database(error: Exception) -> bool:
    return type(error).__module__.startswith("pg8000")


def _of_database(error: Exception) -> str:
    """PostgreSQL's message with its detail, which is where the log's sentence stands."""
    fields = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
    said = list(dict.fromkeys(str(fields[key]) for key in ("M", "D") if fields.get(key)))
    return f"FATAL: {'; '.join(said)}" if said else str(error)


def _of_google(error: Exception) -> str:
    return str(getattr(error, "message", "") or error)


_STAGES: tuple[tuple[Stage, Callable[[Exception], bool], Callable[[Exception], str]], ...] = (
    (Stage.LOGIN, _is_database, _of_database),
    (Stage.LOGIN, lambda error: "metadata exchange" in str(error).lower(), str),
    (Stage.CERTIFICATE, lambda error: type(error).__module__.startswith("aiohttp"), _of_google),
    (Stage.TLS, lambda error: isinstance(error, OSError), str),  # ssl.SSLError is one
    (Stage.CERTIFICATE, lambda _: True, _of_google),
)
