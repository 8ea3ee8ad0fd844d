"""Whether a person may have an operation carried out: asked at a retry, and again when it is carried out."""

from __future__ import annotations

from portal.models import Operation, User
from portal.runs import RefusedError


def may(user: User, operation: Operation) -> bool:
    """Administrators may; where the operation says so, present owners of what it changes may too."""
    return user.is_administrator or (operation.owners_may and _owns_target(user, operation))


def _owns_target(user: User, operation: Operation) -> bool:
    return user.is_active and user.owned_resources.filter(full_name=operation.target).exists()


def check(operation: Operation) -> None:
    """Raise RefusedError when whoever it is carried out for has lost the right since they asked for it."""
    if operation.on_behalf_of is None:  # the portal's own
        return
    person = User.objects.filter(pk=operation.on_behalf_of).first()
    if person is None or not may(person, operation):
        raise RefusedError(
            f"{person or operation.requested_by} may not do this any more.",
            "An administrator can retry it.",
        )
