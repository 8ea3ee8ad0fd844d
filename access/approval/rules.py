"""Who may see and change approval policies: predicates for portal.permissions.permitted."""

from __future__ import annotations

from access.approval.versions import project_default
from access.models import ApprovalPolicy, Resource
from access.rules import may_see_access, owner
from portal.models import User
from portal.permissions import administrator, auditor


def may_edit_policy(user: User, resource: Resource) -> bool:
    """Administrators may; owners may for what they own, if the project's policy lets them."""
    if user.is_administrator:
        return True
    if resource.kind == Resource.Kind.PROJECT or not owner(user, resource):
        return False
    return project_default(resource).document.owners_may_edit


def may_see_policy(user: User, obj: Resource | ApprovalPolicy) -> bool:
    """Administrators and auditors may; owners of a connection may see its policy."""
    resource = obj if isinstance(obj, Resource) else obj.resource
    if resource.kind == Resource.Kind.PROJECT:
        return administrator(user) or auditor(user)
    return may_see_access(user, resource)


may_set_labels = administrator
