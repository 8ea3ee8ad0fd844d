"""`manage.py rotate_keyset`: seal new credentials with a new key."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from portal import keyset


class Command(BaseCommand):
    """Running processes take the new key up by themselves; the old ones still open what they sealed."""

    help = (
        "Adds a new key to the keyset that seals passwords, second factors and webhooks, and seals with it "
        "from now on. What is sealed already opens with its old key: keep the whole file, and back it up."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Rotate."""
        self.stdout.write(f"New credentials are sealed with key {keyset.rotate()}.")
