"""`manage.py audit_public_key`: the key by which signed checkpoints are verified elsewhere."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from portal import checkpoints


class Command(BaseCommand):
    """Prints PEM."""

    help = "Prints the public key of the audit trail's signed checkpoints."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print it."""
        self.stdout.write(checkpoints.public_key_pem().decode(), ending="")
