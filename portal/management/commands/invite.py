"""`manage.py invite`: ask somebody in from the command line, the first administrator for instance."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from portal.models import ADMINISTRATOR, AUDITOR
from portal.people import services


class Command(BaseCommand):
    """Prints the link, which is kept nowhere."""

    help = "Invites somebody, sends them the link by which they join, and prints it: it works once."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add who, and as what."""
        parser.add_argument("email", help="address of whoever is to join")
        parser.add_argument("--administrator", action="store_true", help="with the role administrator")
        parser.add_argument("--auditor", action="store_true", help="with the role auditor")

    def handle(self, *args: Any, **options: Any) -> None:
        """Invite."""
        roles = [role for role in (ADMINISTRATOR, AUDITOR) if options[role]]
        try:
            validate_email(options["email"])
            invitation, link = services.invite(options["email"], roles, by=None)
        except ValidationError as error:
            raise CommandError(f"{options['email']} is not an e-mail address.") from error
        except services.RefusedChangeError as error:
            raise CommandError(str(error)) from error
        until = invitation.expires_at.strftime("%Y-%m-%d %H:%M UTC")
        self.stderr.write(f"{invitation.email} can join once, until {until}, at:")
        self.stdout.write(link)
