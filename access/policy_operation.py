"""The operation by which a worker brings a policy in line with its claims."""

from __future__ import annotations

from access.models import Resource
from portal import operations
from portal.models import Operation, User

TASK = "access.share"
WRITE = "write_policy"


def enqueue(resource: Resource, *, title: str, by: User | None, owners_may: bool = True) -> Operation:
    """Have a worker write the pending claims of `resource`; inside the transaction that makes or ends them.

    `by` None is the portal itself; `owners_may` as for operations.enqueue().
    """
    return operations.enqueue(
        TASK,
        title=title,
        target=resource.full_name,
        target_url=resource.url,
        by=by,
        owners_may=owners_may,
        steps=[(WRITE, "Change the policy and read it back")],
    )
