"""System checks without a network: keys, and settings that do not go together.

What only Google can tell is asked by `manage.py check` alone (portal/management/commands/check.py).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

SECRET_KEY_LENGTH = 50
_UNSENT = ("filebased", "console")  # Django's e-mail backends that send nothing


@register(Tags.security)
def secret_key(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """The key that signs sessions is long enough."""
    if len(settings.SECRET_KEY) >= SECRET_KEY_LENGTH:
        return []
    return [
        Warning(
            f"SECRET_KEY is shorter than {SECRET_KEY_LENGTH} characters.",
            hint="Leave it unset: the portal makes one and keeps it in a private file.",
            id="portal.W001",
        )
    ]


@register(Tags.security)
def key_files(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """Nobody but the portal's user can read a key file."""
    paths = [
        settings.DATA_DIR / "keys" / "secret_key",
        settings.KEYSET_FILE,
        settings.CHECKPOINT_KEY_FILE,
    ]
    return [
        Warning(
            f"{path.name} can be read by others: its mode is {mode:04o}.",
            hint=f"chmod 600 {path}",
            id="portal.W002",
        )
        for path in paths
        if (mode := _mode(path)) & 0o077
    ]


@register(Tags.security, deploy=True)
def deployment(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """Settings that must not meet in production."""
    found: list[CheckMessage] = []
    if settings.DEMO and settings.HTTPS:
        found.append(_demo("an https address"))
    if settings.DEMO and not settings.GOOGLE_CLOUD_EMULATOR:
        found.append(_demo("real Google Cloud"))
    if not settings.HTTPS:
        found.append(
            Error(
                "PORTAL_BASE_URL does not begin with https://: passwords would travel in the clear.",
                hint="Set PORTAL_BASE_URL to the portal's public https address.",
                id="portal.E002",
            )
        )
    if settings.DEBUG:
        found.append(
            Error(
                "DEBUG is on: whoever causes an error sees the portal's inside.",
                hint="Unset DEBUG.",
                id="portal.E003",
            )
        )
    if not settings.REQUIRE_MFA:
        found.append(
            Warning(
                "Acts that change access do not ask for a second factor.",
                hint="Set PORTAL_REQUIRE_MFA=1.",
                id="portal.W003",
            )
        )
    if settings.EMAIL_BACKEND.split(".")[-2] in _UNSENT:
        found.append(
            Warning(
                "E-mail goes to files or to the log: invitations, new passwords and notices reach nobody.",
                hint="Set EMAIL_URL to your mail server: smtp+tls://user:password@host:587",
                id="portal.W004",
            )
        )
    return found


def _demo(what: str) -> Error:
    return Error(
        f"PORTAL_DEMO is on together with {what}: the demo's passwords are public.",
        hint="Unset PORTAL_DEMO.",
        id="portal.E001",
    )


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode & 0o777
    except OSError:  # not there (yet), or not ours to look at
        return 0
