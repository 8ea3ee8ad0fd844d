"""The portal app."""

from typing import Any

from django.apps import AppConfig
from django.core.management import call_command
from django.db.models.signals import post_migrate


class PortalConfig(AppConfig):
    """Tells Django about the portal app, and makes the rows that must always be there."""

    name = "portal"

    def ready(self) -> None:
        """Connect the receivers and the checks."""
        from portal import (
            authority,
            checks,  # noqa: F401 (registers the checks)
            verifying,
        )
        from portal.people import receivers

        receivers.connect()
        authority.also_let(verifying.auditor_may)
        post_migrate.connect(ensure_rows, sender=self)
        post_migrate.connect(_ensure_cache, sender=self)


def ensure_rows(**_: Any) -> None:
    """Make the roles and the (empty) end of the audit chain, where they are not there yet."""
    from django.contrib.auth.models import Group

    from portal.audit import GENESIS
    from portal.models import ADMINISTRATOR, AUDITOR, AuditHead

    AuditHead.objects.get_or_create(pk=1, defaults={"hash": GENESIS})
    for role in (ADMINISTRATOR, AUDITOR):
        Group.objects.get_or_create(name=role)


def _ensure_cache(sender: AppConfig, **_: Any) -> None:
    """Make the table of the cache, which sign-ins need."""
    call_command("createcachetable", verbosity=0)
