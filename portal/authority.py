"""Whether a person may have an operation carried out: asked at a retry, and again when it is carried out.

Other apps know more reasons for it and against it: they say so with also_let() and also_check() when they are
ready.
"""

from __future__ import annotations

from collections.abc import Callable

from portal.models import Operation, User
from portal.runs import RefusedError

# Whether a person has a right to an operation for a reason of its own.
Right = Callable[[User, Operation], bool]
# Raises RefusedError when what an operation rests on holds no more.
Check = Callable[[Operation], None]

_rights: list[Right] = []
_checks: list[Check] = []


def also_let(right: Right) -> None:
    """Let those in for whom `right` says yes; the same one twice is one."""
    if right not in _rights:
        _rights.append(right)


def also_check(check: Check) -> None:
    """Ask `check` before each operation is carried out; the same one twice is one."""
    if check not in _checks:
        _checks.append(check)


def may(user: User, operation: Operation) -> bool:
    """Administrators may; where the operation says so, present owners of what it changes may too."""
    if user.is_administrator or (operation.owners_may and _owns_target(user, operation)):
        return True
    return any(right(user, operation) for right in _rights)


def _owns_target(user: User, operation: Operation) -> bool:
    return user.is_active and user.owned_resources.filter(full_name=operation.target).exists()


def check(operation: Operation) -> None:
    """Raise RefusedError when whoever it is carried out for has lost the right since they asked for it.

    Also when it rests on something else that holds no more.
    """
    for other in _checks:
        other(operation)
    if operation.on_behalf_of is None:  # the portal's own
        return
    person = User.objects.filter(pk=operation.on_behalf_of).first()
    if person is None or not may(person, operation):
        raise RefusedError(
            f"{person or operation.requested_by} may not do this any more.",
            "An administrator can retry it.",
        )
