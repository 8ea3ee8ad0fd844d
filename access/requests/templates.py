"""What somebody asks for again and again: kept under a name, and forgotten. Nobody else sees it."""

from __future__ import annotations

from access.models import RequestTemplate
from access.requests.asking import NewRequest
from portal.models import User


def keep(new: NewRequest, name: str, *, owner: User) -> RequestTemplate:
    """Keep what was asked for under `name`; what had this name before is replaced."""
    values = {
        "resource": new.resource,
        "principal": new.principal,
        "role": new.role,
        "reason": new.reason,
        "duration": new.duration,
    }
    kept, _ = RequestTemplate.objects.update_or_create(owner=owner, name=name, defaults=values)
    return kept


def forget(template: RequestTemplate) -> None:
    """Keep it no longer."""
    template.delete()
