"""Signed checkpoints of the audit trail, kept outside the database.

A chain that was cut at its end still verifies by itself. A checkpoint - size, head and time under an
Ed25519 signature, one JSON line each in CHECKPOINT_FILE - shows the cut. Copy the file and the public
key to a place that the portal's administrators cannot write.
"""

from __future__ import annotations

import base64
import json
import logging
import os
from collections.abc import Iterable
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

from portal import clock, keyfiles
from portal.models import AuditEvent, AuditHead

logger = logging.getLogger(__name__)


class BadCheckpointError(Exception):
    """A checkpoint that cannot be trusted, or a trail that does not agree with one."""


def write() -> dict[str, Any] | None:
    """Append a signed checkpoint unless the chain has not grown; return it.

    Raises BadCheckpointError, and signs nothing, when the trail does not hold what the last checkpoint
    says: a signature would make the rewritten chain look true.
    """
    head = AuditHead.objects.get()
    last = latest()
    if last:
        _agrees(last, head)
        if last["size"] == head.size:
            return None
    statement = {"size": head.size, "hash": head.hash, "time": clock.now().isoformat()}
    signature = base64.b64encode(_private_key().sign(_canonical(statement))).decode()
    checkpoint = statement | {"signature": signature}
    _append(json.dumps(checkpoint))
    return checkpoint


def _agrees(last: dict[str, Any], head: AuditHead) -> None:
    """The event at the last checkpoint has its hash; where the trail ends there, so has the head."""
    size, expected = last["size"], last["hash"]
    hashes = AuditEvent.objects.filter(position=size).values_list("hash", flat=True)
    found = {*hashes, head.hash} if size == head.size else {*hashes}
    if size and found != {expected}:
        message = f"event {size} is not the one that the last checkpoint signed: nothing more is signed"
        logger.error("the audit trail was altered: %s; run manage.py verify_audit", message)
        raise BadCheckpointError(message)


def _append(line: str) -> None:
    """Write a line of its own, also when the machine died in the middle of the one before."""
    keyfiles.private_folder(settings.CHECKPOINT_FILE.parent)
    descriptor = os.open(settings.CHECKPOINT_FILE, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+b", buffering=0) as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(max(0, end - 1))
        begin = b"" if file.read(1) in (b"", b"\n") else b"\n"
        file.write(begin + line.encode() + b"\n")
        os.fsync(file.fileno())


def latest() -> dict[str, Any] | None:
    """Return the last checkpoint written, or None. Its signature is not checked here."""
    if not settings.CHECKPOINT_FILE.exists():
        return None
    with settings.CHECKPOINT_FILE.open("rb") as file:
        file.seek(max(0, settings.CHECKPOINT_FILE.stat().st_size - 4096))
        lines = file.read().splitlines()
    for line in reversed(lines):
        if (checkpoint := _parsed(line)) is not None:
            return checkpoint
    return None


def unsigned_seconds() -> float:
    """Return how many seconds the oldest event without a checkpoint has waited, 0 if there is none."""
    last = latest()
    waiting = AuditEvent.objects.filter(position__gt=last["size"] if last else 0).order_by("position")
    since = waiting.values_list("time", flat=True).first()
    return (clock.now() - since).total_seconds() if since else 0.0


def read(lines: Iterable[str], public_key_pem: bytes | None = None) -> dict[int, str]:
    """Return {size: hash} of signed checkpoint lines. Raises BadCheckpointError at the first bad one.

    A line that was written in part (the machine died) is left out with a warning: it says nothing.
    """
    key = _public_key(public_key_pem)
    known: dict[int, str] = {}
    for number, line in enumerate(lines, start=1):
        checkpoint = _parsed(line)
        if checkpoint is None:
            logger.warning("checkpoints, line %d cannot be read and is left out", number)
            continue
        size, signed = _verified(checkpoint, key, number)
        if known.setdefault(size, signed) != signed:
            raise BadCheckpointError(f"line {number}: another checkpoint of {size} events has another hash")
    return {size: value for size, value in known.items() if size > 0}


def _parsed(line: str | bytes) -> dict[str, Any] | None:
    """Return what the line says, or None if it was not written to its end."""
    try:
        checkpoint = json.loads(line)
    except ValueError:
        return None
    return checkpoint if isinstance(checkpoint, dict) else None


def _verified(checkpoint: dict[str, Any], key: Ed25519PublicKey, number: int) -> tuple[int, str]:
    try:
        signature = base64.b64decode(checkpoint.pop("signature"))
        key.verify(signature, _canonical(checkpoint))
        return int(checkpoint["size"]), str(checkpoint["hash"])
    except (InvalidSignature, ValueError, KeyError, TypeError) as error:
        raise BadCheckpointError(f"line {number}: the signature does not hold") from error


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
