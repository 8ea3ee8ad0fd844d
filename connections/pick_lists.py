"""Pick lists: what a project has, in the order in which it fits the data location that was chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from connections import kinds
from connections.kinds.base import Pick
from connections.models import Asset, Discovery
from connections.services.discover import STALE_AFTER
from portal import clock
from portal.gcp import regions
from portal.models import Project

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


@dataclass(frozen=True, kw_only=True)
class PickList:
    """The choices for one form field, and how far they can be believed.

    `inside` is the field in which something has to be chosen first, `within` what was.
    """

    field: str
    noun: str
    heading: str
    project: Project
    location: str
    choices: list[Choice]
    looked_at: datetime | None = None
    problem: str = ""
    is_old: bool = False
    hidden: int = 0
    inside: str = ""
    within: str = ""

    @property
    def waits(self) -> bool:
        """Whether something has to be chosen first."""
        return bool(self.inside and not self.within)


class Known:
    """What a project has and when it was looked for, of all types at once: for pages with many lists."""

    def __init__(self, project: Project, *, asset_type: str = "") -> None:
        only = {"type": asset_type} if asset_type else {}
        self.looks = {look.type: look for look in Discovery.objects.filter(project=project, **only)}
        self._assets: dict[str, list[Asset]] = {}
        for asset in Asset.objects.filter(project=project, **only).order_by("name"):
            self._assets.setdefault(asset.type, []).append(asset)

    def assets(self, asset_type: str) -> list[Asset]:
        """Return those of a type, by name."""
        return self._assets.get(asset_type, [])


def of(
    pick: Pick, project: Project, location: str, within: str = "", *, known: Known | None = None
) -> PickList:
    """What a kind's field offers; `within` is what stands in the field that `pick.inside` names.

    `known` is what was read for several lists.
    """
    make = partial(_members, pick, within) if pick.inside else partial(_asset, pick)
    return _pick_list(
        project,
        location,
        make,
        field=pick.field,
        noun=pick.noun,
        heading=pick.heading,
        asset_type=pick.asset_type,
        inside=pick.inside,
        within=within if pick.inside else "",
        known=known,
    )


def keys(project: Project, location: str, *, known: Known | None = None) -> PickList:
    """The customer-managed keys."""
    return _pick_list(
        project,
        location,
        _key,
        field="kms_key_name",
        noun="keys",
        heading="Customer-managed keys",
        asset_type=Asset.Type.CRYPTO_KEY,
        known=known,
    )


def everything(project: Project) -> list[PickList]:
    """Whatever any kind of connection could use."""
    picks = [pick for kind in kinds.all_kinds() for pick in kind.pickers if not pick.inside]
    known = Known(project)
    return [*(of(pick, project, "", known=known) for pick in picks), keys(project, "", known=known)]


def _pick_list(
    project: Project,
    location: str,
    make: Callable[[Asset, str], Iterable[Choice]],
    *,
    field: str,
    noun: str,
    heading: str,
    asset_type: str,
    inside: str = "",
    within: str = "",
    known: Known | None = None,
) -> PickList:
    known = known or Known(project, asset_type=asset_type)
    made = [choice for asset in known.assets(asset_type) for choice in make(asset, location)]
    ordered = sorted(made, key=lambda choice: not choice.fits)
    looked = known.looks.get(asset_type)
    return PickList(
        field=field,
        noun=noun,
        heading=heading,
        project=project,
        location=location,
        choices=ordered[:LONGEST_LIST],
        looked_at=looked.looked_at if looked else None,
        problem=looked.problem if looked else "",
        is_old=bool(looked and clock.now() - looked.looked_at > 2 * STALE_AFTER),
        hidden=max(len(ordered) - LONGEST_LIST, 0),
        inside=inside,
        within=within,
    )


def _asset(pick: Pick, asset: Asset, location: str) -> Iterable[Choice]:
    about = asset.attributes
    if not pick.offered(about):
        return
    fits = not (location and pick.reached) or regions.can_query(location, asset.location)
    ways = " or ".join(regions.normalise(place) for place in regions.locations_for(asset.location))
    yield Choice(
        value=asset.name,
        title=str(about.get(pick.title) or asset.name),
        facts=tuple(fact for fact in pick.facts(about) if fact),
        location=asset.location,
        note="" if fits else f"needs data location {ways or asset.location}",
    )


def _members(pick: Pick, within: str, asset: Asset, _: str) -> Iterable[Choice]:
    if asset.name != within or not pick.offered(asset.attributes):
        return
    for name in asset.attributes.get(pick.members) or []:
        yield Choice(value=str(name), title=str(name), facts=(), location="")


def _key(asset: Asset, location: str) -> Iterable[Choice]:
    """A key that BigQuery could use somewhere; nothing for one of another purpose or that is switched off."""
    about = asset.attributes
    usable = {"purpose": {"", "ENCRYPT_DECRYPT"}, "state": {"", "ENABLED"}}
    if any(about.get(name, "") not in values for name, values in usable.items()):
        return
    fits = not location or regions.key_location_fits(location, asset.location)
    places = " or ".join(regions.key_locations(location)) if location else ""
    yield Choice(
        value=asset.name,
        title=str(about.get("key") or asset.name),
        facts=(f"key ring {about['ring']}",) if about.get("ring") else (),
        location=asset.location,
        note="" if fits else (f"a key in {places} is needed" if places else "no keys in this location"),
    )
