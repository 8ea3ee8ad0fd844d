"""The template tags, as the pages use them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.template import Context, Template
from django.test import RequestFactory

from portal import differences
from portal.templatetags import console, times


def render(source: str, **values: object) -> str:
    return Template(source).render(Context(values))


@pytest.mark.parametrize(
    ("distance", "text"),
    [
        (timedelta(seconds=-3), "just now"),
        (timedelta(seconds=30), "in a moment"),
        (timedelta(minutes=-1), "1 minute ago"),
        (timedelta(hours=-47), "1 day ago"),
        (timedelta(days=3), "in 3 days"),
        (timedelta(days=7) - timedelta(seconds=50), "in 7 days"),
        (timedelta(days=7) - timedelta(minutes=2), "in 6 days"),
        (timedelta(seconds=61), "in 2 minutes"),
        (timedelta(days=-800), "2 years ago"),
    ],
)
def test_relative_time(distance: timedelta, text: str) -> None:
    assert times.relative(distance) == text


def test_a_moment_has_its_exact_time_in_utc() -> None:
    when = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    html = render("{% moment when %}", when=when)
    assert 'datetime="2026-03-01T12:00:00+00:00"' in html
    assert 'title="2026-03-01 12:00:00 UTC"' in html
    assert render("{% ago None %}") == '<span class="none">Never</span>'


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.42, "0.4 s"), (12, "12 s"), (185, "3 min 5 s"), (7440, "2 h 4 min"), (-1, "0.0 s")],
)
def test_duration(seconds: float, text: str) -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    assert times.duration(start, start + timedelta(seconds=seconds)) == text


@pytest.mark.parametrize("status", console.STATUS_ICONS)
def test_a_chip_says_its_status_in_words_too(status: str) -> None:
    html = console.chip(status)
    assert f"chip-{status}" in html
    assert status.capitalize() in html


@pytest.mark.parametrize(
    ("member", "kind", "shown"),
    [
        ("user:ana@example.com", "User", "ana@<wbr>example.<wbr>com"),
        ("ana@example.com", "User", "ana@<wbr>example.<wbr>com"),
        ("serviceAccount:a@b.iam", "Service account", "a@<wbr>b.<wbr>iam"),
        ("allUsers", "", "Everyone on the internet"),
        ("deleted:group:g@example.com?uid=1", "Group", "(deleted)"),
    ],
)
def test_principals(member: str, kind: str, shown: str) -> None:
    html = console.principal(member)
    assert shown in html
    assert f'aria-label="{kind}"' in html or not kind


def test_hostile_text_is_escaped_everywhere() -> None:
    bad = "<script>x</script>"
    sources = (
        "{% principal bad %}{% chip bad %}{% copyable bad %}{% code_block bad bad bad %}",
        "{% fact bad copy=bad help=bad %}{{ bad }}{% endfact %}{% diff '' bad bad %}",
        "{% callout 'info' bad %}{{ bad }}{% endcallout %}{{ bad|breakable }}",
        "{% breadcrumbs bad bad bad %}{% icon bad label=bad %}",
    )
    for source in sources:
        assert bad not in render(source, bad=bad, request=None)


def test_an_empty_fact_says_so() -> None:
    assert "Not set" in render("{% fact 'Description' %}{{ value }}{% endfact %}", value="")


def test_diff_tells_added_and_removed_lines_without_colour() -> None:
    lines = list(differences.diff_lines("a\nb\n", "a\nc\n"))
    assert [(line.kind, line.sign, line.text) for line in lines[1:]] == [
        ("same", "", "a"),
        ("removed", "-", "b"),
        ("added", "+", "c"),
    ]
    assert "Nothing changes." in render("{% diff a a %}", a="same")


@pytest.mark.parametrize(
    ("query", "url", "direction"),
    [
        ("", "?sort=name", ""),
        ("?sort=name&page=3", "?sort=-name", "ascending"),
        ("?sort=-name", "?sort=name", "descending"),
    ],
)
def test_sorting_turns_round_and_begins_at_the_first_page(query: str, url: str, direction: str) -> None:
    request = RequestFactory().get(f"/{query}")
    html = render("{% sort_th 'name' 'Name' %}", request=request)
    assert f'href="{url}"' in html
    assert (f'aria-sort="{direction}"' in html) == bool(direction)
