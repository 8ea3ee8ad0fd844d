"""What the pages about logging in to one instance know at the start: databases, addresses, defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from connections.logins.names import SERVICE_ACCOUNT_END, NoSuchUserError, login_of
from connections.logins.products import RULES
from connections.logins.snippets import Login, Network
from connections.models import Asset, Connection, DatabaseInstance

CERTIFICATES_ONLY = "TRUSTED_CLIENT_CERTIFICATE_REQUIRED"
_USUAL_DATABASE = "postgres"


@dataclass(frozen=True)
class Surroundings:
    """An instance with what discovery and connections tell of it. Two queries."""

    instance: DatabaseInstance

    @cached_property
    def _about(self) -> Mapping[str, object]:
        found = Asset.objects.filter(project=self.instance.project_id, name=self.instance.source_name).first()
        return dict(found.attributes) if found else {}

    @cached_property
    def databases(self) -> list[str]:
        """The databases that are known: those that connections use, then those of the pick lists."""
        rows = Connection.objects.filter(
            project=self.instance.project_id, properties__instance=self.instance.source_name
        )
        used = [
            str(properties.get("database", "")) for properties in rows.values_list("properties", flat=True)
        ]
        listed = self._about.get("databases")
        names = [*used, *(listed if isinstance(listed, list) else [])]
        return [name for name in dict.fromkeys(names) if name]

    @property
    def database(self) -> str:
        """The database to begin with."""
        usual = "" if RULES[self.instance.kind].mysql else _USUAL_DATABASE
        return next(iter(self.databases), usual)

    @cached_property
    def addresses(self) -> dict[Network, str]:
        """The instance's addresses by network, as last seen."""
        seen = self._about.get("addresses")
        told = seen if isinstance(seen, dict) else {}
        return {network: str(told[network.upper()]) for network in Network if told.get(network.upper())}

    @property
    def networks(self) -> list[Network]:
        """The networks to choose from: those with an address, or all where none is known."""
        return list(self.addresses) or list(Network)

    @property
    def certificates_only(self) -> bool:
        """Whether the instance lets in only who brings a client's certificate."""
        return self._about.get("ssl_mode") == CERTIFICATES_ONLY or bool(self._about.get("connectors_only"))

    @property
    def port(self) -> int:
        """The port at which a client looks for such a database."""
        return 3306 if RULES[self.instance.kind].mysql else 5432

    def user_of(self, email: str) -> str:
        """The database user of a person or service account. Raises NoSuchUserError."""
        return login_of(member(email), self.instance.kind).name

    def user_or_nobody(self, email: str) -> str:
        """The database user of an address, "" for one that cannot log in."""
        try:
            return self.user_of(email)
        except NoSuchUserError:
            return ""

    def login(self, email: str, database: str, network: Network, port: int, *, lazy: bool) -> Login:
        """What the ways are filled in with. Raises NoSuchUserError."""
        kind = self.instance.kind
        full_name = self.instance.resource.full_name
        return Login(
            product=kind,
            instance=full_name if self.instance.cluster else self.instance.source_name,
            database=database,
            email=email.lower(),
            user=self.user_of(email),
            network=network,
            addresses=self.addresses,
            port=port,
            lazy=lazy,
            certificates_only=self.certificates_only,
        )


def member(email: str) -> str:
    """The IAM member of a person's or service account's address."""
    kind = "serviceAccount" if email.lower().endswith(SERVICE_ACCOUNT_END) else "user"
    return f"{kind}:{email}"
