"""What runs at intervals over many rows: one row that cannot be done holds up no other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

from django.db import InterfaceError, OperationalError

logger = logging.getLogger(__name__)

T = TypeVar("T")
NAMED = 5


class UnfinishedError(Exception):
    """Some of a sweep could not be done; all the rest is. `failed` names what, the log says why."""

    def __init__(self, failed: list[str]) -> None:
        self.failed = failed
        more = f" and {len(failed) - NAMED} more" if len(failed) > NAMED else ""
        super().__init__(f"{len(failed)} not done: {', '.join(failed[:NAMED])}{more}")


def each(items: Iterable[T], act: Callable[[T], int], name: Callable[[T], str] = str) -> int:
    """Do `act` on each item, in a transaction of its own; return the sum of what it returned.

    One that fails is logged with its traceback, under its `name`, and the others go on. Raises
    UnfinishedError at the end, so that whoever watches the workers is told each time. Where the database
    itself is away or busy nothing else would pass: that goes on up at once.
    """
    done, failed = 0, []
    for item in items:
        try:
            done += act(item)
        except (OperationalError, InterfaceError):
            raise
        except UnfinishedError as error:
            failed += error.failed
        except Exception:
            logger.exception("%s could not be done; the sweep goes on with the others", name(item))
            failed.append(name(item))
    if failed:
        raise UnfinishedError(failed)
    return done


def all_of(*parts: Callable[[], int]) -> int:
    """Do each part of a sweep, whatever became of those before it; as each()."""
    return each(parts, lambda part: part(), lambda part: part.__name__)
