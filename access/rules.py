"""Who may see and change access to one resource: predicates for portal.permissions.permitted.

They take a Resource, or anything with a `resource`, such as a connection.
"""

from __future__ import annotations

from typing import Any

from access.models import Resource
from portal.models import User
from portal.permissions import administrator, any_of, auditor


def owner(user: User, obj: Resource | Any) -> bool:
    """Whether the person is one of the owners named at the resource."""
    resource = obj if isinstance(obj, Resource) else obj.resource
    return user.is_active and user.pk in {person.pk for person in resource.owners.all()}


# Sharing, and taking away what was shared.
may_share = any_of(administrator, owner)
# Who has access, and what happened.
may_see_access = any_of(administrator, auditor, owner)
