"""Words of connections for templates: {% load connection_words %}."""

from __future__ import annotations

from collections.abc import Mapping

from django import template

from access.models import CONNECTION_ROLES
from portal.models import Operation, User
from portal.permissions import requester_or_overseer

register = template.Library()


@register.filter
def role_name(role: str) -> str:
    """A role as the console calls it, short of what every role here begins with; or its own name."""
    label = CONNECTION_ROLES.get(role)
    return label.removeprefix("BigQuery ") if label else role.removeprefix("roles/")


@register.filter
def open_to(operation: Operation, user: User) -> bool:
    """Whether somebody may open an operation's page; for others it is not there."""
    return requester_or_overseer(user, operation)


@register.filter
def value_at(values: Mapping[str, str], name: str) -> str:
    """What stands under a name, "" if nothing does."""
    return values.get(name, "")


@register.filter
def last_part(name: str) -> str:
    """What a resource is called at the end of its full name."""
    return str(name).rstrip("/").rpartition("/")[2]
