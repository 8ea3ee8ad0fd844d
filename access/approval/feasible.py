"""Whether a policy can be met: are there enough people who may say yes?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from access.approval.crowd import Crowd, gather
from access.approval.document import PolicyDocument
from access.approval.parts import Approvers
from access.approval.scope import followers
from access.models import CONNECTION_ADMIN, Resource

NAMED = 5
REMEDY = "Name more people, or ask for fewer approvals."
_ENOUGH_OWNERS = frozenset(f"owner {number}" for number in range(100))


@dataclass
class Feasibility:
    """What speaks against a policy: mistakes refuse it, warnings want to be confirmed."""

    mistakes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def look(document: PolicyDocument, resource: Resource) -> Feasibility:
    """Return what speaks against `document` at this resource, with the people that there are now."""
    is_default = resource.kind == Resource.Kind.PROJECT
    places = dict(followers(resource).values_list("pk", "title")) if is_default else {resource.pk: ""}
    crowd = gather(followers(resource).values("pk") if is_default else [resource.pk])
    found = Feasibility()
    _unknown_names(document, crowd, found)
    if is_default:
        _check_default(document, crowd, places, found)
    else:
        _check_one(document, crowd, resource.pk, found)
    if document.owners_may_edit and not is_default:
        found.mistakes.append("Whether owners may edit is said in the project's policy, not here.")
    if document.without_approval and CONNECTION_ADMIN in document.roles:
        found.warnings.append(
            "BigQuery Connection Admin may be asked for, and some of that needs no approval at all."
        )
    return found


def _check_one(document: PolicyDocument, crowd: Crowd, resource: int, found: Feasibility) -> None:
    if not can_be_met(document, crowd, resource, escalated=True):
        found.mistakes.append(f"This can never be met: {_shortage(document, crowd, resource)}. {REMEDY}")
        return
    if not can_be_met(document, crowd, resource):
        found.warnings.append(
            f"Only those who are asked next can complete it: {_shortage(document, crowd, resource)}."
        )
        return
    if stuck := _stuck(document, crowd, resource):
        found.warnings.append(
            f"What {_listed(stuck)} asks for cannot be approved: nobody decides their own request, and "
            "there are not enough others."
        )


def _check_default(
    document: PolicyDocument, crowd: Crowd, places: dict[int, str], found: Feasibility
) -> None:
    ideal = Crowd(crowd.active, crowd.groups, {0: _ENOUGH_OWNERS})
    if not can_be_met(document, ideal, 0, escalated=True):
        found.mistakes.append(f"This can never be met: {_shortage(document, ideal, 0)}. {REMEDY}")
        return
    met = {
        owners: can_be_met(document, Crowd(crowd.active, crowd.groups, {0: owners}), 0, escalated=True)
        for owners in {crowd.owners.get(key, frozenset()) for key in places}
    }
    short = [title for key, title in places.items() if not met[crowd.owners.get(key, frozenset())]]
    if short:
        found.warnings.append(f"Too few people could decide at {_listed(short)}: name more owners there.")


def _unknown_names(document: PolicyDocument, crowd: Crowd, found: Feasibility) -> None:
    asked = [step.approvers for step in document.steps]
    asked += [document.asked_next.approvers] if document.asked_next else []
    exempt = document.without_approval
    groups = {name for approvers in asked for name in approvers.groups} | set(exempt.groups)
    if unknown := sorted(groups - set(crowd.groups)):
        found.mistakes.append(
            f"The portal has no group {_listed(unknown)}; it has {', '.join(crowd.groups)}."
        )
    people = {name for approvers in asked for name in approvers.people} | set(exempt.people)
    if absent := sorted(people - crowd.active):
        found.warnings.append(f"Nobody with the address {_listed(absent)} can sign in here.")


def can_be_met(
    document: PolicyDocument,
    crowd: Crowd,
    resource: int,
    parties: frozenset[str] = frozenset(),
    *,
    escalated: bool = False,
) -> bool:
    """Whether each step finds as many people as it needs, nobody at two of them."""
    following = document.asked_next.approvers if document.asked_next and escalated else Approvers()
    places = [
        crowd.meant(step.approvers | following, resource, parties)
        for step in document.steps
        for _ in range(step.needed)
    ]
    return _all_seated(places)


def _all_seated(places: Sequence[frozenset[str]]) -> bool:
    """Whether each place gets a person of its own out of those who fit it (augmenting paths)."""
    seat_of: dict[str, int] = {}

    def seat(place: int, tried: set[str]) -> bool:
        for person in places[place] - tried:
            tried.add(person)
            if person not in seat_of or seat(seat_of[person], tried):
                seat_of[person] = place
                return True
        return False

    return all(seat(place, set()) for place in range(len(places)))


def _stuck(document: PolicyDocument, crowd: Crowd, resource: int) -> list[str]:
    """Return who could not get anything approved, should they ask."""
    likely: set[str] = set()
    for step in document.steps:
        likely |= crowd.meant(step.approvers, resource, frozenset())
    return [
        person
        for person in sorted(likely)
        if not can_be_met(document, crowd, resource, frozenset({person}), escalated=True)
    ]


def _shortage(document: PolicyDocument, crowd: Crowd, resource: int) -> str:
    """Say where people are missing."""
    for number, step in enumerate(document.steps, 1):
        there = len(crowd.meant(step.approvers, resource, frozenset()))
        if there < step.needed:
            where = f"step {number}" if len(document.steps) > 1 else "it"
            people = "1 person" if step.needed == 1 else f"{step.needed} people"
            return f"{where} needs {people}, and {there or 'nobody'} could decide"
    return "nobody counts at two steps, and together the steps need more people than there are"


def _listed(names: Iterable[str]) -> str:
    shown = list(names)
    more = len(shown) - NAMED
    return ", ".join(shown[:NAMED]) + (f" and {more} more" if more > 0 else "")
