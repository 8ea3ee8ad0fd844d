"""What the database keeps of second factors: under seal, for this purpose and no other."""

from __future__ import annotations

import base64

from portal import keyset

# A password sealed for a connection does not open as a second factor, nor the other way round.
_PURPOSE = b"mfa_authenticator"


def seal(text: str) -> str:
    """Return `text` sealed, in letters."""
    return base64.b64encode(keyset.seal(text.encode(), _PURPOSE)).decode()


def unseal(sealed: str) -> str:
    """Open what `seal` returned. Raises KeysetError without the key, TinkError for anything else."""
    return keyset.unseal(base64.b64decode(sealed), _PURPOSE).decode()
