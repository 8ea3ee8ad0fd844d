"""`manage.py verify_audit`: prove that nobody altered the audit trail."""

from __future__ import annotations

from errno import ENOENT
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal import audit, checkpoints


class Command(BaseCommand):
    """Exits with 1 and names the first bad event if the chain does not hold."""

    help = (
        "Walks the whole audit chain and compares it with signed checkpoints. For a proof that the portal's "
        "administrators cannot forge, name copies of the checkpoints and of the public key."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add where the checkpoints and the key are."""
        parser.add_argument(
            "--checkpoints",
            type=Path,
            metavar="PATH",
            help="copy of the signed checkpoints: a file, or a folder with .jsonl files",
        )
        parser.add_argument("--public-key", type=Path, metavar="FILE", help="copy of the public key (PEM)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify."""
        if options["public_key"] and not options["checkpoints"]:
            raise CommandError("--public-key needs --checkpoints.", returncode=2)
        known = _known(options["checkpoints"], options["public_key"])
        found = audit.verify(known)
        if not found.holds:
            raise CommandError(f"event {found.bad_position}: {found.problem}")
        self.stdout.write(f"{found.size} events hold. Head: {found.hash}")
        if known:
            self.stdout.write(f"{len(known)} signed checkpoints agree, the last at event {max(known)}.")
        else:
            self.stdout.write("No checkpoint was compared: a chain cut at its end would not be noticed.")


def _known(path: Path | None, public_key: Path | None) -> dict[int, str]:
    """Return the checkpoints to compare with; without a path the portal's own, if there are any."""
    own = settings.CHECKPOINT_FILE
    if path is None and not own.exists():
        return {}
    try:
        pem = public_key.read_bytes() if public_key else None
        return checkpoints.read(_lines(path or own), pem)
    except OSError as error:
        raise CommandError(f"{error.filename}: {error.strerror}", returncode=2) from error
    except ValueError as error:
        raise CommandError(f"{public_key} is not a public key: {error}", returncode=2) from error
    except checkpoints.BadCheckpointError as error:
        raise CommandError(f"{path or own}: {error}") from error


def _lines(path: Path) -> list[str]:
    """The checkpoints of a file, or of every .jsonl file of a folder. Raises OSError, also for none."""
    if not path.is_dir():
        return path.read_text().splitlines()
    if not (files := sorted(path.glob("*.jsonl"))):
        raise FileNotFoundError(ENOENT, "no .jsonl file in this folder", str(path))
    return [line for file in files for line in file.read_text().splitlines()]
