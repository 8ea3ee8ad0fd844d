"""A webhook's address is a secret: kept under seal, opened only by the worker that sends."""

from __future__ import annotations

from tink import TinkError

from portal import keyset
from portal.models import Delivery, NoticeChannel, NoticePreferences


class AddressGoneError(Exception):
    """There is no address to send to, or no key to open it with."""


def seal(url: str, owner: NoticePreferences | NoticeChannel) -> bytes:
    """Return `url` sealed for its owner and nobody else: moved to another row it does not open."""
    return keyset.seal(url.encode(), _purpose(owner))


def unseal(delivery: Delivery) -> tuple[str, str]:
    """Return the address that a delivery goes to, and the shape that is understood there.

    Raises AddressGoneError.
    """
    owner = delivery.channel or NoticePreferences.objects.filter(person=delivery.person_id).first()
    if owner is None or not owner.sealed_url:
        raise AddressGoneError("The webhook was removed.")
    try:
        return keyset.unseal(bytes(owner.sealed_url), _purpose(owner)).decode(), owner.shape
    except (keyset.KeysetError, TinkError) as error:
        raise AddressGoneError("The key that the webhook was sealed with is not there.") from error


def _purpose(owner: NoticePreferences | NoticeChannel) -> bytes:
    key = owner.person_id if isinstance(owner, NoticePreferences) else owner.pk
    return f"{type(owner).__name__}/{key}/sealed_url".encode()
