"""Lengths of time: what people type, what they read, and that both agree."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from access import durations

MINUTES = int(durations.LONGEST / durations.MINUTE)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("8 hours", timedelta(hours=8)),
        ("8h", timedelta(hours=8)),
        (" 1 Day 12 hours ", timedelta(days=1, hours=12)),
        ("1 day, 12 hrs", timedelta(days=1, hours=12)),
        ("2 weeks", timedelta(days=14)),
        ("90m", timedelta(minutes=90)),
        ("45 mins", timedelta(minutes=45)),
    ],
)
def test_what_people_type(text: str, length: timedelta) -> None:
    assert durations.parse(text) == length


@pytest.mark.parametrize(
    "text",
    ["", " ", "soon", "8", "8 months", "-1 day", "1.5 days", "0 hours", "9999 weeks", "8 hours!", "1" * 9],
)
def test_what_cannot_be(text: str) -> None:
    with pytest.raises(ValidationError):
        durations.parse(text)


@given(st.integers(1, MINUTES))
def test_what_is_read_can_be_typed(minutes: int) -> None:
    length = timedelta(minutes=minutes)
    assert durations.parse(durations.words(length)) == length


@given(st.text(max_size=40))
def test_any_text_is_a_length_or_a_refusal(text: str) -> None:
    try:
        found = durations.parse(text)
    except ValidationError:
        return
    assert timedelta() < found <= durations.LONGEST


@given(st.integers(1, MINUTES))
def test_what_is_offered_is_allowed_and_ends_with_the_longest(minutes: int) -> None:
    longest = timedelta(minutes=minutes)
    offered = durations.presets(longest)
    assert offered[-1] == longest
    assert offered == sorted(set(offered))


def test_words() -> None:
    assert durations.words(timedelta(days=1, hours=1, minutes=1)) == "1 day 1 hour 1 minute"
    assert durations.words(timedelta(days=90)) == "90 days"
    assert durations.words(timedelta(seconds=5)) == "0 minutes"
    assert durations.presets(None)[0] == timedelta(hours=1)
