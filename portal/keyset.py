"""The keyset that seals credentials: a Tink keyset in a private file, made at first use, rotatable."""

from __future__ import annotations

import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import tink
from django.conf import settings
from tink import aead as tink_aead
from tink import json_proto_keyset_format, secret_key_access

from portal import keyfiles

tink_aead.register()


def aead() -> tink_aead.Aead:
    """Return the AEAD of the present keyset; a rotated file is read anew by every process."""
    path: Path = settings.KEYSET_FILE
    if not path.exists():
        keyfiles.write_once(path, _new_keyset().encode())
    return _aead_of(path, path.stat().st_mtime_ns)


def rotate() -> int:
    """Add a new primary key to the keyset and return its id; older keys still open what they sealed."""
    aead()  # makes the file if this is the first use
    path: Path = settings.KEYSET_FILE
    keyset: dict[str, Any] = json.loads(path.read_text())
    fresh: dict[str, Any] = json.loads(_new_keyset())
    keyset["key"] += fresh["key"]
    keyset["primaryKeyId"] = fresh["primaryKeyId"]
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    keyfiles.write_once(draft, json.dumps(keyset).encode())
    os.replace(draft, path)
    return int(fresh["primaryKeyId"])


def _new_keyset() -> str:
    handle = tink.new_keyset_handle(tink_aead.aead_key_templates.AES256_GCM)
    return str(json_proto_keyset_format.serialize(handle, secret_key_access.TOKEN))


@lru_cache(maxsize=2)
def _aead_of(path: Path, _modified: int) -> tink_aead.Aead:
    handle = json_proto_keyset_format.parse(path.read_text(), secret_key_access.TOKEN)
    return handle.primitive(tink_aead.Aead)
