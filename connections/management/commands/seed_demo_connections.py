"""Give the demo two connections to look at, made by its workers like any other. Runs again without harm."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from access.models import CONNECTION_USER
from connections.models import Connection
from connections.services.create import NewConnection, request_create
from portal.models import Project, User

PROJECT = "acme-analytics"
# The demo's own databases, whose passwords are public.
CRM_PASSWORD = "crm-demo-password"  # noqa: S105 (the demo's, made by the emulator)


class Command(BaseCommand):
    """Two of the demo company's connections; refuses outside of demo mode."""

    help = "Ask for the demo's connections (demo mode only); the workers make them."

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask for what is not there, and was not deleted by a visitor either."""
        if not settings.DEMO:
            raise CommandError("These passwords are public: set PORTAL_DEMO=1 if this is a demo.")
        project = Project.objects.get(project_id=PROJECT)
        admin = User.objects.get(email="admin@example.com")
        owner = User.objects.get(email="owner@example.com")
        if Connection.objects.filter(project=project).exists():
            return
        crm = NewConnection(
            project=project,
            location="us",
            connection_id="crm",
            kind="cloud_sql_postgresql",
            properties={
                "instance": f"{PROJECT}:us-central1:crm",
                "database": "crm",
                "username": "crm_reader",
            },
            friendly_name="Customers",
            description="Accounts and contacts, as the sales teams keep them.",
            share=(("group:sales@example.com", CONNECTION_USER),),
            owners=(owner,),
        )
        request_create(crm, CRM_PASSWORD, by=admin)
        models = NewConnection(
            project=project,
            location="us",
            connection_id="models",
            kind="cloud_resource",
            properties={},
            friendly_name="Remote models",
            description="For models and functions outside BigQuery.",
            owners=(owner,),
            test_query=False,
        )
        request_create(models, by=admin)
