"""Credentials under seal: a password comes in, waits at most 15 minutes, and is destroyed when used.

Tink AEAD (AES256-GCM). The associated data names table, row, operation and field, so that a
ciphertext moved to another row does not open. The keyset is a file of its own, independent of
SECRET_KEY, and rotates (see portal/keyset.py).
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from tink import TinkError

from portal import clock, keyset
from portal.models import Operation, SealedCredential


class CredentialGoneError(Exception):
    """There is no credential to use any more; it must be asked for again."""


def seal(plaintext: str, *, operation: Operation, table: str, row: str, field: str) -> None:
    """Keep `plaintext` sealed for `operation` until destroyed, at most CREDENTIAL_SECONDS.

    Replaces what was kept for the operation. Raises ValueError for an empty credential: an empty
    password is never sent to Google.
    """
    if not plaintext:
        raise ValueError("an empty credential is never sealed")
    ciphertext = keyset.aead().encrypt(plaintext.encode(), _associated_data(operation, table, row, field))
    SealedCredential.objects.update_or_create(
        operation=operation,
        defaults={
            "table": table,
            "row": row,
            "field": field,
            "ciphertext": ciphertext,
            "expires_at": clock.now() + timedelta(seconds=settings.CREDENTIAL_SECONDS),
        },
    )


def open_sealed(*, operation: Operation, table: str, row: str, field: str) -> str:
    """Return the credential kept for `operation`. Only a worker calls this, at the moment of the call.

    Raises CredentialGoneError when it was destroyed, has expired, or was sealed for something else.
    """
    sealed = SealedCredential.objects.filter(operation=operation, expires_at__gt=clock.now()).first()
    if sealed is None:
        raise CredentialGoneError
    try:
        plaintext: bytes = keyset.aead().decrypt(
            bytes(sealed.ciphertext), _associated_data(operation, table, row, field)
        )
    except TinkError as error:
        raise CredentialGoneError from error
    return plaintext.decode()


def is_kept(operation: Operation) -> bool:
    """Whether a credential still waits for `operation`."""
    return SealedCredential.objects.filter(operation=operation, expires_at__gt=clock.now()).exists()


def destroy(operation: Operation) -> None:
    """Delete what was kept for `operation`; call it in the transaction that records the outcome."""
    SealedCredential.objects.filter(operation=operation).delete()


def destroy_expired() -> int:
    """Delete every credential whose time is over; return how many."""
    deleted, _ = SealedCredential.objects.filter(expires_at__lte=clock.now()).delete()
    return deleted


def _associated_data(operation: Operation, table: str, row: str, field: str) -> bytes:
    return "/".join((table, row, str(operation.pk), field)).encode()
