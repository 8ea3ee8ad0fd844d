"""The keyset that seals credentials: a Tink keyset in a private file, made at first use, rotatable."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import tink
from django.conf import settings
from tink import TinkError, json_proto_keyset_format, secret_key_access
from tink import aead as tink_aead

from portal import keyfiles

tink_aead.register()
# What Tink seals begins with this byte and the four of the key's number (Tink's "Wire format").
_TINK, _PREFIX = 0x01, 5


class KeysetError(Exception):
    """What was sealed cannot be opened because a key is not there: the operator has to bring it back."""


def seal(plaintext: bytes, associated_data: bytes) -> bytes:
    """Return `plaintext` sealed with the newest key; the first time of all, the keyset is made."""
    path: Path = settings.KEYSET_FILE
    if not path.exists():
        keyfiles.write_once(path, _new_keyset().encode())
    sealed: bytes = _present(path).aead.encrypt(plaintext, associated_data)
    return sealed


def unseal(sealed: bytes, associated_data: bytes) -> bytes:
    """Open what `seal` returned.

    Raises KeysetError when the keyset is missing, unreadable or lacks the key, and TinkError when
    `sealed` was altered or sealed with other associated data.
    """
    keyset = _present(settings.KEYSET_FILE)
    number = int.from_bytes(sealed[1:_PREFIX], "big")
    if len(sealed) > _PREFIX and sealed[0] == _TINK and number not in keyset.numbers:
        raise KeysetError(f"the keyset {settings.KEYSET_FILE} lacks the key {number}")
    plaintext: bytes = keyset.aead.decrypt(sealed, associated_data)
    return plaintext


def rotate() -> int:
    """Add a new primary key to the keyset and return its id; older keys still open what they sealed.

    Several at once wait for each other, so that every key is kept.
    """
    path: Path = settings.KEYSET_FILE
    with keyfiles.locked(path):
        fresh: dict[str, Any] = json.loads(_new_keyset())
        keyset: dict[str, Any] = json.loads(keyfiles.write_once(path, _new_keyset().encode()))
        keyset["key"] += fresh["key"]
        keyset["primaryKeyId"] = fresh["primaryKeyId"]
        keyfiles.replace(path, json.dumps(keyset).encode())
    return int(fresh["primaryKeyId"])


def _new_keyset() -> str:
    handle = tink.new_keyset_handle(tink_aead.aead_key_templates.AES256_GCM)
    return str(json_proto_keyset_format.serialize(handle, secret_key_access.TOKEN))


@dataclass(frozen=True)
class _Keyset:
    aead: tink_aead.Aead
    numbers: frozenset[int]


def _present(path: Path) -> _Keyset:
    """Return the keyset as the file has it now; a rotated file is read anew by every process."""
    try:
        return _read(path, path.stat().st_mtime_ns)
    except (OSError, ValueError, TinkError) as error:
        raise KeysetError(f"the keyset {path} cannot be read ({type(error).__name__})") from error


@lru_cache(maxsize=2)
def _read(path: Path, _modified: int) -> _Keyset:
    text = path.read_text()
    handle = json_proto_keyset_format.parse(text, secret_key_access.TOKEN)
    numbers = frozenset(int(key["keyId"]) for key in json.loads(text)["key"])
    return _Keyset(handle.primitive(tink_aead.Aead), numbers)
