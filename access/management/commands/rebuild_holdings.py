"""`manage.py rebuild_holdings`: make what pages read quickly anew from the audit trail."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from access import holdings
from portal import audit, subjects


class Command(BaseCommand):
    """The trail is the record; who held what, and what each event speaks of, are read from it."""

    help = (
        "Makes the tables of who held what, and of what each event speaks of, anew from the audit trail. "
        "Nothing is recorded meanwhile: with a million events that is about a minute."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the mode that only looks."""
        parser.add_argument(
            "--check",
            action="store_true",
            help="change nothing; exit with 1 if who held what differs from the trail",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Rebuild or compare, with the end of the trail held."""
        with audit.appending():
            if options["check"]:
                if differing := holdings.differences():
                    raise CommandError(f"{differing} holdings are not as the audit trail tells of them.")
                self.stdout.write("Who held what is as the audit trail tells of it.")
                return
            held, entries = holdings.rebuild(), subjects.rebuild()
        self.stdout.write(f"{held} holdings and {entries} subjects, read from the trail.")
