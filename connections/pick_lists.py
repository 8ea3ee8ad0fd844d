"""Pick lists: what a project has, in the order in which it fits the data location that was chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from connections.kinds.base import Kind
from connections.models import Asset, Discovery
from connections.services.discover import STALE_AFTER
from portal import clock
from portal.gcp import regions
from portal.models import Project

INSTANCE_TYPES = {
    "PRIMARY": "Primary instance",
    "READ_POOL": "Read pool instance",
    "SECONDARY": "Secondary instance",
}
LONGEST_LIST = 200


@dataclass(frozen=True)
class Choice:
    """One thing to pick: `value` goes into the field, the rest is for people.

    `note` says why it does not fit the data location.
    """

    value: str
    title: str
    facts: tuple[str, ...]
    location: str
    note: str = ""

    @property
    def fits(self) -> bool:
        """Whether the chosen data location can use it."""
        return not self.note


@dataclass(frozen=True)
class PickList:
    """The choices for one form field, and how far they can be believed."""

    field: str
    noun: str
    project: Project
    location: str
    choices: list[Choice]
    looked_at: datetime | None = None
    problem: str = ""
    is_old: bool = False
    hidden: int = 0


def instances(kind: Kind, project: Project, location: str) -> PickList:
    """What the kind's instance field offers."""
    return _pick_list(
        project,
        location,
        _instance,
        field=kind.instance_field,
        noun="instances",
        asset_type=kind.asset_type,
    )


def keys(project: Project, location: str) -> PickList:
    """The customer-managed keys."""
    return _pick_list(
        project,
        location,
        _key,
        field="kms_key_name",
        noun="keys",
        asset_type=Asset.Type.CRYPTO_KEY,
    )


def _pick_list(
    project: Project,
    location: str,
    make: Callable[[Asset, str], Choice | None],
    *,
    field: str,
    noun: str,
    asset_type: str,
) -> PickList:
    assets = Asset.objects.filter(project=project, type=asset_type).order_by("name")
    made = [choice for asset in assets if (choice := make(asset, location)) is not None]
    ordered = sorted(made, key=lambda choice: not choice.fits)
    looked = Discovery.objects.filter(project=project, type=asset_type).first()
    return PickList(
        field=field,
        noun=noun,
        project=project,
        location=location,
        choices=ordered[:LONGEST_LIST],
        looked_at=looked.looked_at if looked else None,
        problem=looked.problem if looked else "",
        is_old=bool(looked and clock.now() - looked.looked_at > 2 * STALE_AFTER),
        hidden=max(len(ordered) - LONGEST_LIST, 0),
    )


def _instance(asset: Asset, location: str) -> Choice:
    about = asset.attributes
    ways = " or ".join(regions.normalise(place) for place in regions.locations_for(asset.location))
    reachable = not location or regions.can_query(location, asset.location)
    state = str(about.get("state", ""))
    facts = (
        INSTANCE_TYPES.get(str(about.get("instance_type", "")), str(about.get("instance_type", ""))),
        f"cluster {about['cluster']}" if about.get("cluster") else "",
        str(about.get("database_version", "")).replace("_", " ").title().replace("Postgres", "PostgreSQL"),
        "" if state in {"", "READY"} else state.lower(),
    )
    return Choice(
        value=asset.name,
        title=str(about.get("instance") or asset.name),
        facts=tuple(fact for fact in facts if fact),
        location=asset.location,
        note="" if reachable else f"needs data location {ways or asset.location}",
    )


def _key(asset: Asset, location: str) -> Choice | None:
    """A key that BigQuery could use somewhere; None for one of another purpose or that is switched off."""
    about = asset.attributes
    usable = {"purpose": {"", "ENCRYPT_DECRYPT"}, "state": {"", "ENABLED"}}
    if any(about.get(name, "") not in values for name, values in usable.items()):
        return None
    fits = not location or regions.key_location_fits(location, asset.location)
    places = " or ".join(regions.key_locations(location)) if location else ""
    return Choice(
        value=asset.name,
        title=str(about.get("key") or asset.name),
        facts=(f"key ring {about['ring']}",) if about.get("ring") else (),
        location=asset.location,
        note="" if fits else (f"a key in {places} is needed" if places else "no keys in this location"),
    )
