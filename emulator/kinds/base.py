"""What every kind of connection says about itself."""

import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass

from emulator import errors
from emulator.errors import JSON
from emulator.proto.masks import Path

Check = Callable[[JSON, str], None]
Identity = Callable[[str, str], JSON]


def no_check(_block: JSON, _location: str) -> None:
    """For kinds without rules of their own."""


def no_identity(_number: str, _location: str) -> JSON:
    """For kinds that have no identity."""
    return {}


@dataclass(frozen=True)
class Kind:
    """One properties block of the Connection message.

    `check(block, location)` raises ApiError for what Google refuses; `identity(number, location)` gives the
    output-only fields in the block's shape; `username` and `password` are the paths, from the connection
    down, of the credential; `hides_username` when reading gives no part of it back; `uses_agent` when the
    first such connection makes the BigQuery Connection Service Agent; `immutable` paths cannot be patched.
    """

    name: str
    check: Check = no_check
    identity: Identity = no_identity
    username: Path = ()
    password: Path = ()
    hides_username: bool = False
    uses_agent: bool = False
    omni_only: str = ""
    immutable: tuple[Path, ...] = ()


def required(block: JSON, *names: str, path: str) -> None:
    """Raise the 400 for the first field of `names` that is empty."""
    for name in names:
        if not block.get(name):
            raise errors.invalid(
                f"Required field '{path}.{name}' is missing or empty.", field=f"{path}.{name}"
            )


def token(length: int = 4) -> str:
    """Some lower-case letters and digits, as in generated account names."""
    alphabet = string.ascii_lowercase + string.digits
    return "".join(secrets.choice(alphabet) for _ in range(length))
