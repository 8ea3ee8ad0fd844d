"""List pages by a size and an opaque `pageToken`."""

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from emulator import errors
from emulator.calling import Call

Item = TypeVar("Item")


def _offset(token: str) -> int:
    if not token:
        return 0
    try:
        kind, number = base64.urlsafe_b64decode(token.encode()).decode().split(":")
        if kind == "offset":
            return int(number)
    except (ValueError, binascii.Error):
        pass
    raise errors.invalid("Invalid page token.", field="page_token")


def cut(items: Sequence[Item], size: int, token: str, largest: int) -> tuple[Sequence[Item], str]:
    """One page of `items` and the token of the next page, empty on the last.

    Raises ApiError 400 for a negative size or a token that this server did not make.
    """
    if size < 0:
        raise errors.invalid("The page size must not be negative.", field="page_size")
    start = _offset(token)
    end = start + min(size or largest, largest)
    following = base64.urlsafe_b64encode(f"offset:{end}".encode()).decode() if end < len(items) else ""
    return items[start:end], following


def _refuse_filters(call: Call) -> None:
    """A list that ignored its filter would be a lie, so a filter is refused."""
    for name in ("filter", "orderBy"):
        if call.argument(name):
            raise errors.ApiError(501, f"The emulator does not evaluate '{name}'.", status="UNIMPLEMENTED")


def page(
    call: Call, items: Sequence[Item], largest: int = 1000, *, size: str = "pageSize"
) -> tuple[Sequence[Item], str]:
    """The page that the call's `pageToken` and size ask for; older APIs call the size `maxResults`.

    Raises ApiError 501 for filters.
    """
    _refuse_filters(call)
    return cut(items, call.integer(size), call.argument("pageToken"), largest)
