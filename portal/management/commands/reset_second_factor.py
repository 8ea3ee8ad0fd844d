"""`manage.py reset_second_factor`: let somebody in again who lost their phone, key and recovery codes."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.people import services


class Command(BaseCommand):
    """The password stays; acts that change access ask for a new second factor first."""

    help = (
        "Takes away every second factor of a person and ends their sessions. They sign in with what is left, "
        "and set up another. Make sure that it is they who ask: the audit trail names nobody but the system."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add who."""
        parser.add_argument("email", help="address of whoever lost it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Take them away."""
        try:
            taken = services.forget_factors(options["email"])
        except services.RefusedChangeError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Taken away: {taken}. {options['email']} signs in with a password or with Google.")
