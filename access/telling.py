"""What people are told about access itself, inside the caller's transaction; nothing twice."""

from __future__ import annotations

from collections.abc import Iterable

from access.models import Grant, Resource
from access.requests.granting import noun, role_label
from portal import notices
from portal.models import ADMINISTRATOR, User


def ending(grant: Grant) -> None:
    """Tell who has the access that it ends soon."""
    _tell(
        notices.Kind.ACCESS_ENDING,
        grant,
        to=holders(grant),
        subject=f"{noun(grant.resource).capitalize()} to {grant.resource.title} ends soon",
        text=f"{_access(grant)} ends on {_moment(grant)}. Extend it before then if it is still needed.",
        key=f"ending:{_moment(grant)}:{grant.reminded_days}",
    )


def ended(grant: Grant) -> None:
    """Tell who had the access that its time is over."""
    _tell(
        notices.Kind.ACCESS_ENDED,
        grant,
        to=holders(grant),
        subject=f"{noun(grant.resource).capitalize()} to {grant.resource.title} has ended",
        text=f"{_access(grant)} ended on {_moment(grant)}. It can be asked for again.",
        key="ended",
    )


def overdue(grant: Grant) -> None:
    """Tell those who answer for it that Google still has what should be gone."""
    _tell(
        notices.Kind.ACCESS_OVERDUE,
        grant,
        to=responsible(grant.resource),
        subject=f"Overdue: {noun(grant.resource)} to {grant.resource.title} should be gone",
        text=f"{_access(grant)} should have ended, and Google still has it. The portal keeps trying; look at "
        f"the operations of the {grant.resource.get_kind_display().lower()}.",
        key="overdue",
    )


def glass_broken(grant: Grant) -> None:
    """Tell owners and administrators that somebody gave access at once, and why."""
    _tell(
        notices.Kind.BREAK_GLASS,
        grant,
        to=responsible(grant.resource),
        subject=f"Break glass: {grant.granted_by} gave access to {grant.resource.title}",
        text=f"{_access(grant)} until {_moment(grant)}.\nReason: {grant.reason}",
        key="break_glass",
    )


def holders(grant: Grant) -> set[User]:
    """The people behind a claim: whoever has its address, and who asked for it."""
    kind, _, address = grant.principal.partition(":")
    people = set(User.objects.filter(email=address.lower())) if kind == "user" else set()
    return people | ({grant.request.requester} if grant.request else set())


def responsible(resource: Resource) -> set[User]:
    """Owners and administrators."""
    administrators = User.objects.filter(groups__name=ADMINISTRATOR, is_active=True)
    return set(resource.owners.all()) | set(administrators)


def _access(grant: Grant) -> str:
    return f"{role_label(grant.role)} on {grant.resource.title} for {grant.principal}"


def _moment(grant: Grant) -> str:
    return f"{grant.expires_at:%Y-%m-%d %H:%M} UTC" if grant.expires_at else "no day"


def _tell(kind: str, grant: Grant, *, to: Iterable[User], subject: str, text: str, key: str) -> None:
    notices.tell(
        kind,
        about=grant.resource.url or "/",
        to=to,
        subject=subject,
        text=text,
        key=f"grant:{grant.pk}:{key}",
        target=grant.resource.full_name,
    )
