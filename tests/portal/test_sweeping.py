"""Sweeps: what cannot be done is logged and reported, and holds up nothing else."""

from __future__ import annotations

import logging

import pytest
from django.db import InterfaceError, OperationalError

from portal import sweeping


def halve(number: int) -> int:
    """Fails for odd numbers."""
    if number % 2:
        raise ValueError(number)
    return number // 2


def test_all_others_are_done(caplog: pytest.LogCaptureFixture) -> None:
    done: list[int] = []

    def act(number: int) -> int:
        done.append(halve(number))
        return done[-1]

    with caplog.at_level(logging.ERROR), pytest.raises(sweeping.UnfinishedError) as found:
        sweeping.each(range(6), act, "number {}".format)
    assert done == [0, 1, 2]
    assert found.value.failed == ["number 1", "number 3", "number 5"]
    assert str(found.value) == "3 not done: number 1, number 3, number 5"
    logged = [record for record in caplog.records if record.name == "portal.sweeping"]
    assert len(logged) == 3
    assert all(record.exc_info for record in logged), "with what was wrong"


def test_it_says_how_much_was_done() -> None:
    assert sweeping.each([2, 4, 6], halve) == 6
    assert sweeping.each([], halve) == 0


def test_many_are_not_all_named() -> None:
    with pytest.raises(sweeping.UnfinishedError, match="7 not done: 1, 3, 5, 7, 9 and 2 more"):
        sweeping.each(range(14), halve)


def test_each_part_has_its_turn() -> None:
    done = []

    def first() -> int:
        return sweeping.each([1, 3], halve)

    def second() -> int:
        raise ZeroDivisionError

    def third() -> int:
        done.append(3)
        return 3

    with pytest.raises(sweeping.UnfinishedError) as found:
        sweeping.all_of(first, second, third)
    assert found.value.failed == ["1", "3", "second"]
    assert done == [3]


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_without_the_database_nothing_goes_on(error: type[Exception]) -> None:
    asked = []

    def act(number: int) -> int:
        asked.append(number)
        raise error

    with pytest.raises(error):
        sweeping.each(range(3), act)
    assert asked == [0]
