"""Credentials under seal: a password comes in, waits at most 15 minutes, and is destroyed when used.

Tink AEAD (AES256-GCM). The associated data names table, row, operation and field, so that a
ciphertext moved to another row does not open. The keyset is a file of its own, independent of
SECRET_KEY, and rotates (see portal/keyset.py).
"""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings
from tink import TinkError

from portal import clock, keyset
from portal.models import Operation, SealedCredential
from portal.runs import RefusedError

logger = logging.getLogger(__name__)
NO_KEY = "The key that the password was sealed with is not there."
MEND_KEY = (
    "The portal's operator has to restore the keyset file (PORTAL_KEYSET_FILE) from its backup; the log says "
    "what is missing. Then enter the password again."
)


class CredentialGoneError(Exception):
    """There is no credential to use any more; it must be asked for again."""


def seal(plaintext: str, *, operation: Operation, table: str, row: str, field: str) -> None:
    """Keep `plaintext` sealed for `operation` until destroyed, at most CREDENTIAL_SECONDS.

    Replaces what was kept for the operation. Raises ValueError for an empty credential: an empty
    password is never sent to Google. What has expired is deleted on the way, should nobody else do it.
    """
    if not plaintext:
        raise ValueError("an empty credential is never sealed")
    ciphertext = keyset.seal(plaintext.encode(), _associated_data(operation, table, row, field))
    destroy_expired()
    sealed = SealedCredential(
        operation=operation,
        table=table,
        row=row,
        field=field,
        ciphertext=ciphertext,
        expires_at=clock.now() + timedelta(seconds=settings.CREDENTIAL_SECONDS),
    )
    replaced = ["table", "row", "field", "ciphertext", "expires_at"]
    SealedCredential.objects.bulk_create(
        [sealed], update_conflicts=True, unique_fields=["operation"], update_fields=replaced
    )


def open_sealed(*, operation: Operation, table: str, row: str, field: str) -> str:
    """Return the credential kept for `operation`. Only a worker calls this, at the moment of the call.

    Raises CredentialGoneError when it was destroyed, has expired, or was sealed for something else, and
    RefusedError when the keyset or the key is not there any more: the operator's to mend.
    """
    sealed = SealedCredential.objects.filter(operation=operation, expires_at__gt=clock.Now()).first()
    if sealed is None:
        raise CredentialGoneError
    try:
        plaintext = keyset.unseal(bytes(sealed.ciphertext), _associated_data(operation, table, row, field))
    except keyset.KeysetError as error:
        logger.error("a sealed password cannot be opened: %s", error)
        raise RefusedError(NO_KEY, MEND_KEY, needs_credential=True) from error
    except TinkError as error:
        raise CredentialGoneError from error
    return plaintext.decode()


def destroy(operation: Operation) -> None:
    """Delete what was kept for `operation`; call it in the transaction that records the outcome."""
    SealedCredential.objects.filter(operation=operation).delete()


def destroy_expired() -> int:
    """Delete every credential whose time is over; return how many."""
    deleted, _ = SealedCredential.objects.filter(expires_at__lte=clock.Now()).delete()
    return deleted


def _associated_data(operation: Operation, table: str, row: str, field: str) -> bytes:
    return "/".join((table, row, str(operation.pk), field)).encode()
