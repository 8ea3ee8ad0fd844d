"""Whether the database instance that a connection names is there, asked of Google.

A mistyped name looks to BigQuery like a role that does not act yet: nobody should wait minutes to learn it.
"""

from __future__ import annotations

from collections.abc import Callable

from connections import kinds
from connections.models import Asset, Connection
from portal.gcp import alloydb, cloudsql
from portal.gcp.errors import GoogleError, NotFound


def missing(connection: Connection) -> str:
    """Say that there is no such instance; "" if it is there, or if the portal cannot see it."""
    kind = kinds.get(connection.kind)
    type_ = next((pick.asset_type for pick in kind.pickers if pick.field == kind.instance_field), "")
    look = _LOOKS.get(type_)
    return look(str(connection.properties[kind.instance_field])) if look else ""


def _alloydb(uri: str) -> str:
    name = uri.removeprefix("//alloydb.googleapis.com/")
    return _said(lambda: alloydb.get_instance(name), name)


def _cloud_sql(name: str) -> str:
    project, _, instance = name.rsplit(":", 2)
    return _said(lambda: cloudsql.get_instance(project, instance), name)


def _said(look: Callable[[], object], name: str) -> str:
    try:
        look()
    except NotFound:
        return f"There is no instance {name}."
    except (GoogleError, ValueError):
        return ""
    return ""


_LOOKS: dict[str, Callable[[str], str]] = {
    Asset.Type.ALLOYDB_INSTANCE: _alloydb,
    Asset.Type.CLOUD_SQL_INSTANCE: _cloud_sql,
}
