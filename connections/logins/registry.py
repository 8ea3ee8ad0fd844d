"""Which instances there are: those that discovery lists, each with a Resource on which logins are claimed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from access.models import Resource
from connections.kinds.alloydb import PREFIX, URI
from connections.kinds.cloud_sql import NAME
from connections.logins.products import Product, of_version
from connections.models import Asset, DatabaseInstance
from portal import clock
from portal.models import Project


def note_found(project: Project, assets: Iterable[Asset]) -> None:
    """Write down the instances among the assets that were just listed. Inside the caller's transaction.

    A row stays when its instance is gone: who could log in there stays told.
    """
    for asset in assets:
        if described := _described(asset):
            _write(project, asset, described)


@dataclass(frozen=True)
class _Described:
    full_name: str
    product: Product
    home: str
    instance_id: str


def _described(asset: Asset) -> _Described | None:
    """What an asset's name says; None for what nobody logs in to with IAM."""
    if asset.type == Asset.Type.ALLOYDB_INSTANCE:
        found = URI.fullmatch(asset.name)
        name = asset.name.removeprefix(PREFIX)
        home = name.rpartition("/instances/")[0]
        return _Described(name, Product.ALLOYDB, home, found["instance"]) if found else None
    if asset.type == Asset.Type.CLOUD_SQL_INSTANCE:
        found = NAME.fullmatch(asset.name)
        product = of_version(str(asset.attributes.get("database_version", "")))
        if found and product:
            name = f"projects/{found['project']}/instances/{found['instance']}"
            return _Described(name, product, name, found["instance"])
    return None


def _write(project: Project, asset: Asset, described: _Described) -> None:
    about = asset.attributes
    seen: dict[str, Any] = {
        "product": described.product,
        "location": asset.location,
        "instance_type": str(about.get("instance_type", "")),
        "database_version": str(about.get("database_version", "")),
        "state": str(about.get("state", "")),
        "flags": dict(about.get("flags") or {}),
    }
    known = DatabaseInstance.objects.filter(source_name=asset.name)
    if known.update(**seen):
        return
    resource, _ = Resource.objects.get_or_create(
        full_name=described.full_name,
        defaults={
            "kind": Resource.Kind.INSTANCE,
            "project_id": project.project_id,
            "title": described.instance_id,
        },
    )
    made = DatabaseInstance.objects.create(
        project=project,
        resource=resource,
        source_name=asset.name,
        home=described.home,
        instance_id=described.instance_id,
        found_at=clock.now(),
        **seen,
    )
    Resource.objects.filter(pk=resource.pk).update(url=made.get_absolute_url())
