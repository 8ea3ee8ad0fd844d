"""Signed checkpoints of the audit trail, kept outside the database.

A chain that was cut at its end still verifies by itself. A checkpoint - size, head and time under an
Ed25519 signature, one JSON line each in CHECKPOINT_FILE - shows the cut. Copy the file and the public
key to a place that the portal's administrators cannot write.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterable
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

from portal import clock, keyfiles
from portal.models import AuditHead


class BadCheckpointError(Exception):
    """A checkpoint whose signature does not hold, or that cannot be read."""


def write() -> dict[str, Any] | None:
    """Append a signed checkpoint unless the chain has not grown; return it."""
    head = AuditHead.objects.get()
    last = latest()
    if last and last["size"] == head.size:
        return None
    statement = {"size": head.size, "hash": head.hash, "time": clock.now().isoformat()}
    signature = base64.b64encode(_private_key().sign(_canonical(statement))).decode()
    checkpoint = statement | {"signature": signature}
    keyfiles.private_folder(settings.CHECKPOINT_FILE.parent)
    line = json.dumps(checkpoint) + "\n"
    descriptor = os.open(settings.CHECKPOINT_FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(line)
    return checkpoint


def latest() -> dict[str, Any] | None:
    """Return the last checkpoint written, or None. Its signature is not checked here."""
    if not settings.CHECKPOINT_FILE.exists():
        return None
    with settings.CHECKPOINT_FILE.open("rb") as file:
        file.seek(max(0, settings.CHECKPOINT_FILE.stat().st_size - 4096))
        lines = file.read().splitlines()
    for line in reversed(lines):
        try:
            checkpoint: dict[str, Any] = json.loads(line)
        except ValueError:  # the machine died while it was written
            continue
        return checkpoint
    return None


def read(lines: Iterable[str], public_key_pem: bytes | None = None) -> dict[int, str]:
    """Return {size: hash} of signed checkpoint lines. Raises BadCheckpointError at the first bad one."""
    key = _public_key(public_key_pem)
    known: dict[int, str] = {}
    for number, line in enumerate(lines, start=1):
        try:
            checkpoint = json.loads(line)
            signature = base64.b64decode(checkpoint.pop("signature"))
            key.verify(signature, _canonical(checkpoint))
            known[int(checkpoint["size"])] = str(checkpoint["hash"])
        except (InvalidSignature, ValueError, KeyError, TypeError) as error:
            raise BadCheckpointError(f"line {number}: the signature does not hold") from error
    return {size: value for size, value in known.items() if size > 0}


def public_key_pem() -> bytes:
    """Return the public half of the signing key, to be kept with the copies of the checkpoints."""
    return (
        _private_key()
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def _canonical(statement: dict[str, Any]) -> bytes:
    return json.dumps(statement, sort_keys=True, separators=(",", ":")).encode()


def _private_key() -> Ed25519PrivateKey:
    path = settings.CHECKPOINT_KEY_FILE
    if not path.exists():
        keyfiles.write_once(
            path,
            Ed25519PrivateKey.generate().private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ),
        )
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, Ed25519PrivateKey):
        raise BadCheckpointError(f"{path.name} is not an Ed25519 key")
    return key


def _public_key(pem: bytes | None) -> Ed25519PublicKey:
    if pem is None:
        return _private_key().public_key()
    key = serialization.load_pem_public_key(pem)
    if not isinstance(key, Ed25519PublicKey):
        raise BadCheckpointError("the public key is not an Ed25519 key")
    return key
