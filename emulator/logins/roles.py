"""The roles of IAM database users in the real PostgreSQL.

A new role may log in and nothing else: what it may read, an administrator grants. Its password is made anew
for each login and told to nobody, so that nobody passes as it but through the login endpoints.
"""

import asyncio
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from emulator.backends import SUPERUSER, Backend

# The groups that the products put such users into; pg_hba.conf knows them.
GROUPS = {
    "ALLOYDB_IAM_USER": "alloydbiamuser",
    "CLOUD_IAM_USER": "cloudsqliamuser",
    "CLOUD_IAM_SERVICE_ACCOUNT": "cloudsqliamserviceaccount",
}
_MEMBERS = """
    SELECT member.rolname, parent.rolname FROM pg_auth_members
    JOIN pg_roles AS member ON member.oid = pg_auth_members.member
    JOIN pg_roles AS parent ON parent.oid = pg_auth_members.roleid
    WHERE parent.rolname = ANY(%s)
"""

Role = tuple[str, str]  # name, group


class StillInUse(Exception):
    """The role owns something or was granted something; `args[0]` is PostgreSQL's detail."""


class Dropped(Exception):
    """Somebody dropped the role by hand."""


def _administer(backend: Backend, database: str = "postgres") -> "psycopg.Connection[tuple[str, ...]]":
    return psycopg.connect(
        host=backend.host, port=backend.port, user=SUPERUSER, dbname=database, autocommit=True
    )


def _execute(connection: "psycopg.Connection[tuple[str, ...]]", statement: str, *names: str) -> None:
    connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@dataclass
class Roles:
    """Makes roles and takes them away.

    `known` are those that a reconciliation left, until one changes; `turn` is held from a new password to its
    use.
    """

    known: set[Role] | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def admit(self, backend: Backend, name: str) -> str:
        """Give a role a new password, and return it. Raises Dropped."""
        password = secrets.token_hex(24)
        statement = sql.SQL("ALTER ROLE {} PASSWORD {}")
        with _administer(backend) as connection:
            try:
                connection.execute(statement.format(sql.Identifier(name), sql.Literal(password)))
            except psycopg.errors.UndefinedObject as error:
                raise Dropped(name) from error
        return password

    def create(self, backend: Backend, role: Role) -> None:
        """Make a role without privileges in its group, or put one that is there into it too."""
        name, group = role
        self.known = None
        with _administer(backend) as connection:
            there = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
            if there is None:
                _execute(connection, "CREATE ROLE {} LOGIN", name)
            _execute(connection, "GRANT {} TO {}", group, name)

    def drop(self, backend: Backend, role: Role) -> None:
        """Take a role out of its group, and away if it is in no other. Raises StillInUse."""
        name, group = role
        self.known = None
        with _administer(backend) as connection, connection.transaction():
            _execute(connection, "REVOKE {} FROM {}", group, name)
            if any(member == name for member, _group in connection.execute(_MEMBERS, [_all_groups()])):
                return
            try:
                _execute(connection, "DROP ROLE {}", name)
            except psycopg.errors.DependentObjectsStillExist as error:
                raise StillInUse(error.diag.message_detail or "") from error

    def reconcile(self, backend: Backend, databases: Iterable[str], wanted: set[Role]) -> None:
        """Make the roles be those that are `wanted`; others lose what they were granted, and go."""
        if self.known == wanted:
            return
        with _administer(backend) as connection:
            present = {(row[0], row[1]) for row in connection.execute(_MEMBERS, [_all_groups()])}
        for name in sorted({name for name, _group in present - wanted}):  # one role can be in two groups
            for database in databases:
                with _administer(backend, database) as connection:
                    _execute(connection, "DROP OWNED BY {}", name)
            # what belongs to the role in this moment is its membership
            with _administer(backend) as connection:
                _execute(connection, "DROP ROLE IF EXISTS {}", name)
        for role in sorted(wanted):
            self.create(backend, role)
        self.known = wanted


def _all_groups() -> list[str]:
    return sorted(GROUPS.values())
