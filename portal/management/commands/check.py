"""`manage.py check`: Django's checks, then what only Google can tell.

Other commands run Django's checks too, but never these: they use the network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.core.checks import CheckMessage, Error, Info, Warning
from django.core.checks.registry import registry
from django.core.management.base import CommandParser
from django.core.management.commands.check import Command as DjangoCommand
from django.db import DatabaseError

from portal import requirements
from portal.gcp.errors import CredentialsMissing, GoogleError
from portal.gcp.session import session
from portal.models import Project

TAG = "google"


class Command(DjangoCommand):
    """Asks Google which APIs and permissions are missing in each registered project."""

    help = (
        "Checks the settings, then asks Google which APIs and permissions are missing in each registered "
        "project. --no-google leaves Google out; so does naming apps or other tags."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add which projects, and whether to ask at all."""
        super().add_arguments(parser)
        parser.add_argument(
            "--project", action="append", default=[], metavar="ID", help="Ask about this project instead."
        )
        parser.add_argument("--no-google", action="store_true", help="Use no network.")

    def handle(self, *app_labels: Any, **options: Any) -> None:
        """Run the checks as Django does, with Google's among them."""
        tags = options["tags"] or [TAG]
        if options["no_google"] or app_labels or TAG not in tags:
            super().handle(*app_labels, **options)
            return
        check = google_check(options["project"])
        registry.register(check, TAG)
        try:
            super().handle(*app_labels, **options)
        finally:
            registry.registered_checks.discard(check)


def google_check(project_ids: list[str]) -> Callable[..., list[CheckMessage]]:
    """Return a check, as Django's registry wants it, of these projects or of every registered one."""

    def check(app_configs: Any, **_: Any) -> list[CheckMessage]:
        return list(_ask_google(project_ids))

    return check


def _ask_google(project_ids: list[str]) -> Iterator[CheckMessage]:
    try:
        session()
    except CredentialsMissing as error:
        yield _no_credentials(error)
        return
    names = project_ids or _registered()
    if not names:
        yield Info(
            "No project is registered, so nothing was asked of Google.",
            hint="Register one on the Projects page, or name one: manage.py check --project ID",
            id="portal.I101",
        )
    for name in names:
        try:
            yield from _missing(name)
        except CredentialsMissing as error:
            yield _no_credentials(error)
            return
        except GoogleError as error:
            yield Warning(
                f"{name}: Google did not answer: {error.message}",
                hint="Check that this machine reaches googleapis.com, then run this again.",
                id="portal.W104",
            )
            return  # the next project would wait as long


def _missing(project_id: str) -> Iterator[CheckMessage]:
    """Yield a warning for each thing that is missing, with the command that mends it."""
    refusals: set[str] = set()
    for finding in requirements.look(project_id):
        if finding["present"] or finding["optional"] or finding["note"] in refusals:
            continue
        if finding["note"]:  # Google refused to say: once, not once a row
            refusals.add(finding["note"])
            yield Warning(
                f"{project_id}: Google refuses to say what is missing: {finding['note']}",
                hint="Check the project ID, and grant the portal's service account roles/browser there.",
                id="portal.W103",
            )
        elif finding["kind"] == "api":
            yield Warning(
                f"{project_id}: the API {finding['name']} is off. It is needed to {finding['purpose']}.",
                hint=finding["command"],
                id="portal.W101",
            )
        else:
            yield Warning(
                f"{project_id}: the portal lacks {finding['name']}. It is needed to {finding['purpose']}.",
                hint=finding["command"],
                id="portal.W102",
            )


def _registered() -> list[str]:
    try:
        return list(Project.objects.order_by("project_id").values_list("project_id", flat=True))
    except DatabaseError:  # before the first migrate
        return []


def _no_credentials(error: CredentialsMissing) -> Error:
    return Error(
        f"No usable Google credentials: {error.message}",
        hint="Run as a service account, or: gcloud auth application-default login",
        id="portal.E101",
    )
