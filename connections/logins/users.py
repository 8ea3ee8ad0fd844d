"""The IAM database user of a login: added once, and known as the portal's own even after a crash."""

from __future__ import annotations

from datetime import datetime

from access.models import Grant
from connections.logins import at_google, looking
from connections.logins.at_google import SeenUser
from connections.logins.names import DatabaseLogin, collision
from connections.models import DatabaseInstance, DatabaseUser
from portal import clock
from portal.gcp.errors import AlreadyExists, GoogleError
from portal.runs import RefusedError, Run, WaitError

ENDED = "This login was ended before it was granted."


def still_wanted(grant: Grant) -> None:
    """Raise RefusedError when the login was ended meanwhile."""
    if not Grant.objects.filter(pk=grant.pk, desired=Grant.Presence.PRESENT).exists():
        raise RefusedError(ENDED, "Ask for it again if it is needed.")


def add(login: DatabaseLogin, grant: Grant, run: Run) -> SeenUser:
    """Look, then create; recognise a user that an earlier try made.

    Raises RefusedError when the name is another's.
    """
    instance = looking.of(run)
    if (found := at_google.find(instance, login.name)) is not None:
        return _own(found, login, instance)
    earlier = _intention(instance, login)
    _intend(instance, login, grant, run)
    try:
        at_google.create(instance, login)
    except AlreadyExists:
        _take_back_intention(instance, login, earlier, run)
    except (GoogleError, RefusedError) as error:
        if not (isinstance(error, GoogleError) and error.outcome_unknown):
            _take_back_intention(instance, login, earlier, run)
            raise
    made = at_google.find(instance, login.name)
    if made is None:
        raise WaitError("Google has taken the database user, but does not list it yet.", 1.0)
    return _own(made, login, instance)


def _own(found: SeenUser, login: DatabaseLogin, instance: DatabaseInstance) -> SeenUser:
    if found.type != login.type or found.principal != login.principal:
        raise RefusedError(
            collision(login, found.principal, instance.kind),
            "End the other one's login first, or log in to another instance.",
        )
    return found


def _intention(instance: DatabaseInstance, login: DatabaseLogin) -> datetime | None:
    found = DatabaseUser.objects.filter(home=instance.home, name=login.name).first()
    return found.intended_at if found else None


def _intend(instance: DatabaseInstance, login: DatabaseLogin, grant: Grant, run: Run) -> None:
    """Note, before the call, that a user of this name is the portal's: after a crash nobody could tell."""
    with run.fenced():
        still_wanted(grant)
        now = clock.now()
        DatabaseUser.objects.update_or_create(
            home=instance.home,
            name=login.name,
            defaults={
                "type": login.type,
                "principal": login.principal,
                "observed": DatabaseUser.Presence.ABSENT,
                "seen_at": now,
                "intended_at": now,
            },
        )


def _take_back_intention(
    instance: DatabaseInstance, login: DatabaseLogin, earlier: datetime | None, run: Run
) -> None:
    """Google's answer says that this call made nothing."""
    with run.fenced():
        rows = DatabaseUser.objects.filter(home=instance.home, name=login.name)
        rows.update(intended_at=earlier)


def record(instance: DatabaseInstance, login: DatabaseLogin, seen: SeenUser, since: datetime) -> str:
    """Write down that the user is there, in the transaction that marks the step as done."""
    now = clock.now()
    row, _ = DatabaseUser.objects.update_or_create(
        home=instance.home,
        name=login.name,
        defaults={
            "type": seen.type,
            "principal": seen.principal,
            "observed": DatabaseUser.Presence.PRESENT,
            "seen_at": now,
        },
    )
    made = row.intended_at is not None and row.intended_at >= since
    return f"{login.name} {'was added' if made else 'is there'}. It may log in and read nothing yet."
