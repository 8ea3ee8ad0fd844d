"""What IAM database authentication is called and asks for, product by product. Pure.

Sources: "Connect using an IAM account" (AlloyDB) and "Log in using IAM database authentication" (Cloud SQL).
The roles, flags and types that these leave out are Google's "Manage IAM authentication" pages'.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

ON = "on"


class Product(StrEnum):
    """What stands behind an instance."""

    ALLOYDB = "alloydb"
    POSTGRESQL = "cloud_sql_postgresql"
    MYSQL = "cloud_sql_mysql"


class Kind(StrEnum):
    """Who can be an IAM database user."""

    PERSON = "user"
    SERVICE_ACCOUNT = "serviceAccount"
    GROUP = "group"


@dataclass(frozen=True)
class Rules:
    """One product's rules. `types` are its API's words for the kinds of database users; a kind without one
    cannot be a database user there. `longest` is how long a user's name may be, in characters."""

    label: str
    flag: str
    types: Mapping[Kind, str]
    longest: int
    mysql: bool = False


# What a PostgreSQL role's name may hold (NAMEDATALEN), and a MySQL user's.
_POSTGRESQL_NAME, _MYSQL_NAME = 63, 32
_CLOUD_SQL_TYPES = {
    Kind.PERSON: "CLOUD_IAM_USER",
    Kind.SERVICE_ACCOUNT: "CLOUD_IAM_SERVICE_ACCOUNT",
    Kind.GROUP: "CLOUD_IAM_GROUP",
}
RULES: Mapping[Product, Rules] = {
    Product.ALLOYDB: Rules(
        label="AlloyDB for PostgreSQL",
        flag="alloydb.iam_authentication",
        types={
            Kind.PERSON: "ALLOYDB_IAM_USER",
            Kind.SERVICE_ACCOUNT: "ALLOYDB_IAM_USER",
            Kind.GROUP: "ALLOYDB_IAM_GROUP",
        },
        longest=_POSTGRESQL_NAME,
    ),
    Product.POSTGRESQL: Rules(
        label="Cloud SQL for PostgreSQL",
        flag="cloudsql.iam_authentication",
        types=_CLOUD_SQL_TYPES,
        longest=_POSTGRESQL_NAME,
    ),
    Product.MYSQL: Rules(
        label="Cloud SQL for MySQL",
        flag="cloudsql_iam_authentication",
        types=_CLOUD_SQL_TYPES,
        longest=_MYSQL_NAME,
        mysql=True,
    ),
}


def of_version(database_version: str) -> Product | None:
    """The product of a Cloud SQL instance; None for an engine without IAM authentication."""
    if database_version.startswith("POSTGRES"):
        return Product.POSTGRESQL
    return Product.MYSQL if database_version.startswith("MYSQL") else None


def is_on(product: Product, flags: Mapping[str, str]) -> bool:
    """Whether IAM authentication is switched on by these flags."""
    return flags.get(RULES[product].flag, "").lower() == ON


def turn_on_command(
    product: Product,
    flags: Mapping[str, str],
    *,
    project_id: str,
    instance: str,
    cluster: str = "",
    region: str = "",
) -> str:
    """The command that switches IAM authentication on.

    gcloud replaces all flags of the instance by those it is given, so those that it has stand there too.
    """
    wanted = {**flags, RULES[product].flag: ON}
    listed = _flag_list([f"{name}={value}" for name, value in sorted(wanted.items())])
    where = f"--project={shlex.quote(project_id)} --database-flags={listed}"
    if product is Product.ALLOYDB:
        place = f"--cluster={shlex.quote(cluster)} --region={shlex.quote(region)}"
        return f"gcloud alloydb instances update {shlex.quote(instance)} {place} {where}"
    return f"gcloud sql instances patch {shlex.quote(instance)} {where}"


def _flag_list(pairs: list[str]) -> str:
    """The value of --database-flags; where a flag has commas, with a delimiter of its own (gcloud topic
    escaping)."""
    if not any("," in pair for pair in pairs):
        return shlex.quote(",".join(pairs))
    signs = ":;|#~!%@"
    delimiter = next((sign for sign in signs if not any(sign in pair for pair in pairs)), signs[0])
    return shlex.quote(f"^{delimiter}^{delimiter.join(pairs)}")
