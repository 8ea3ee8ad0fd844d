"""Fill an empty portal with the demo's people and project. Runs again without harm."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from portal import audit, projects
from portal.models import ADMINISTRATOR, AUDITOR, Project, User

PASSWORD = "portal-demo"  # noqa: S105 (the demo's accounts are public)
PEOPLE = {
    "admin@example.com": [ADMINISTRATOR],
    "owner@example.com": [],
    "analyst@example.com": [],
    "auditor@example.com": [AUDITOR],
}
PROJECT = "acme-analytics"


class Command(BaseCommand):
    """The demo's accounts and project; refuses outside of demo mode."""

    help = "Make the demo accounts and register the demo project (demo mode only)."

    def handle(self, *args: Any, **options: Any) -> None:
        """Make what is not there yet."""
        if not settings.DEMO:
            raise CommandError("Demo accounts have a public password: set PORTAL_DEMO=1 if this is a demo.")
        for email, roles in PEOPLE.items():
            if not User.objects.filter(email=email).exists():
                _make_person(email, roles)
        if not Project.objects.filter(project_id=PROJECT).exists():
            projects.request_register(PROJECT, by=User.objects.get(email="admin@example.com"))


@transaction.atomic
def _make_person(email: str, roles: list[str]) -> None:
    user = User.objects.create_user(email, PASSWORD, first_name=email.partition("@")[0].title())
    user.groups.set(Group.objects.filter(name__in=roles))
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    audit.record(
        "person.join",
        by=None,
        target=email,
        outcome=audit.Outcome.SUCCEEDED,
        reason="demo account",
        detail={"roles": roles},
    )
