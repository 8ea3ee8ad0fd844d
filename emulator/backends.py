"""The real databases behind instances."""

from dataclasses import dataclass

SUPERUSER = "postgres"


@dataclass(frozen=True)
class Backend:
    """Where a PostgreSQL listens (`host` is a folder for a Unix socket), and which databases an instance has.

    Several instances may share one server; no `databases` means all of it. The emulator itself administers
    it as `postgres`, without a password.
    """

    host: str
    port: int
    databases: tuple[str, ...] = ()

    def has(self, database: str) -> bool:
        """Whether the instance has this database."""
        return not self.databases or database in self.databases
