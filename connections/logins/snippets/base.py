"""What every way to log in is made of: who logs in where, and the steps in between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from connections.logins.names import SERVICE_ACCOUNT_END
from connections.logins.products import RULES, Product

ADC: Final = "gcloud auth application-default login"


class Network(StrEnum):
    """Which of the instance's addresses is used."""

    PUBLIC = "public"
    PRIVATE = "private"
    PSC = "psc"


@dataclass(frozen=True, kw_only=True)
class Login:
    """Who logs in where: what a way is filled in with.

    Args:
        instance: AlloyDB `projects/P/locations/L/clusters/C/instances/I`, Cloud SQL
            `project:region:instance`.
        email: the address of the person or service account.
        user: the database user that the address is.
        addresses: the instance's addresses as far as they are known, by network.
        port: where the Auth Proxy listens on this machine.
        lazy: fetch certificates when they are needed, not by the clock.
        certificates_only: the instance lets in only who brings a client's certificate, as connectors do.
    """

    product: Product
    instance: str
    database: str
    email: str
    user: str
    network: Network
    addresses: Mapping[Network, str] = field(default_factory=dict)
    port: int
    lazy: bool = True
    certificates_only: bool = False

    @property
    def is_service_account(self) -> bool:
        """Whether a service account logs in, not a person."""
        return self.email.endswith(SERVICE_ACCOUNT_END)

    @property
    def is_alloydb(self) -> bool:
        """Whether the instance is AlloyDB's."""
        return self.product is Product.ALLOYDB

    @property
    def is_mysql(self) -> bool:
        """Whether the instance speaks MySQL."""
        return RULES[self.product].mysql

    def identity_note(self, what: str) -> str:
        """That the account of a proxy or program decides who one is in the database."""
        return f"The {what} must run as {self.email}: it logs in as {self.user}, and as nobody else."

    @property
    def address(self) -> str:
        """The address to connect to by hand; a word in capitals where it is not known."""
        return self.addresses.get(self.network) or "INSTANCE_ADDRESS"


_LANGUAGES = {"shell": "Shell", "go": "Go", "java": "Java", "python": "Python", "kotlin": "Gradle"}


@dataclass(frozen=True)
class Step:
    """One thing to do. `language` is shell, go, java or python; without code the note says it all."""

    title: str
    code: str
    language: str = "shell"
    note: str = ""

    @property
    def label(self) -> str:
        """The language's name for people."""
        return _LANGUAGES[self.language]


@dataclass(frozen=True)
class Way:
    """A way to log in. `unsuitable` says why this instance does not take it."""

    name: str
    title: str
    about: str
    steps: tuple[Step, ...]
    unsuitable: str = ""


def conninfo(**parameters: str) -> str:
    """A connection string of libpq and pgx: `user=ana@example.com dbname='my db'`."""
    return " ".join(f"{name}={_value(value)}" for name, value in parameters.items())


def _value(text: str) -> str:
    plain = text and all(char.isalnum() or char in "@._-:/" for char in text)
    return text if plain else "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
