"""From properties to Google and back: nothing is lost, nothing is invented, what is not known is kept."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connections import about, commands, kinds
from connections.kinds.base import Kind
from connections.kinds.wire import merged
from connections.models import Connection
from portal.gcp import connections as google
from portal.models import Project
from tests.connections.kinds.samples import SAMPLES, SLUGS, properties
from tests.support.emulated import Emulator
from tests.support.examples import examples
from tests.support.factories import PROJECT, make_connection

TEXT = st.text(max_size=40) | st.sampled_from(["0", "False", "null", "{}", "a.b", "\0", "\u202e", "💥" * 9])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
OFTEN = examples(60)


def drawn(kind: Kind, data: st.DataObject) -> dict[str, Any]:
    """Properties of a kind with whatever text."""
    given: dict[str, Any] = {name: data.draw(TEXT, name) for name in kind.wire.values}
    given |= {name: data.draw(st.booleans(), name) for name in kind.wire.flags}
    there = {name: bool(given[_source(kind, path)]) for name, path in kind.wire.presence.items()}
    return given | there


def _source(kind: Kind, path: str) -> str:
    return next(name for name, own in kind.wire.values.items() if own == path)


@pytest.mark.parametrize("slug", SLUGS)
@OFTEN
@given(data=st.data())
def test_what_is_written_is_read_back(slug: str, data: st.DataObject) -> None:
    kind = kinds.get(slug)
    asked = drawn(kind, data)
    body = kind.body(asked, "secret")
    assert kind.read(body) == asked
    assert kinds.of(body) is kind
    assert len(body) == 1


@pytest.mark.parametrize("slug", SLUGS)
@OFTEN
@given(body=st.dictionaries(TEXT | st.sampled_from(["configuration", "cloudSql", "aws", "spark"]), JSON))
def test_whatever_google_sends_can_be_read(slug: str, body: dict[str, Any]) -> None:
    kind = kinds.get(slug)
    assert set(kind.read(body)) == set(kind.property_fields)
    assert kinds.of(body) in [None, *kinds.all_kinds()]


@pytest.mark.django_db
@OFTEN
@given(extra=st.dictionaries(st.from_regex(r"[a-z]{3,9}Of[A-Z][a-z]{2,9}", fullmatch=True), JSON, max_size=3))
def test_what_is_not_known_is_shown(extra: dict[str, Any]) -> None:
    for slug in SLUGS:
        kind = kinds.get(slug)
        body = kind.body(properties(slug), "")
        block = body[kind.wire.block] | extra
        shown = about.other_properties(Connection(kind=slug, body={**body, kind.wire.block: block, **extra}))
        paths = {fact.label for fact in shown}
        for name, value in extra.items():
            if isinstance(value, str) and value:
                assert {name, f"{kind.wire.block}.{name}"} <= paths
        assert not any(path in kind.wire.known for path in paths)


@pytest.fixture
def quiet(emulator: Emulator, project: Project) -> Emulator:
    """Google as it is at the beginning."""
    return emulator


@pytest.mark.parametrize("slug", SLUGS)
def test_the_same_comes_back_from_google(quiet: Emulator, slug: str) -> None:
    kind, asked = kinds.get(slug), properties(slug)
    made = google.create(PROJECT, SAMPLES[slug].location, f"a_{slug}", kind.body(asked, "secret"))
    read = google.get(made.name)
    for info in (made, read):
        assert kind.seen(asked, info.body) == asked
        assert kinds.of(info.body) is kind
    bare = {name: False if isinstance(value, bool) else "" for name, value in asked.items()}
    assert set(kind.read(read.body)) == set(bare)


@pytest.mark.parametrize("slug", SLUGS)
def test_fields_of_tomorrow_are_kept_and_shown(project: Project, slug: str) -> None:
    kind = kinds.get(slug)
    body = kind.body(properties(slug), "")
    body[kind.wire.block] |= {"maxParallelism": 7, "ofTomorrow": {"deep": [1, {"x": "y"}]}}
    connection = make_connection(project, kind=slug, properties=properties(slug), body=body, location="us")
    connection.refresh_from_db()
    shown = {fact.label: fact.value for fact in about.other_properties(connection)}
    block = kind.wire.block
    assert shown[f"{block}.maxParallelism"] == "7"
    assert shown[f"{block}.ofTomorrow.deep[1].x"] == "y"
    assert connection.body == body


NAMES = st.from_regex(r"[a-z]{3,9}Of[A-Z][a-z]{2,9}", fullmatch=True)
THERE = st.recursive(
    st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, min_size=1, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("slug", SLUGS)
@OFTEN
@given(extra=st.dictionaries(NAMES, THERE, max_size=3))
def test_what_is_beyond_the_form_is_taken_apart_and_put_together(slug: str, extra: dict[str, Any]) -> None:
    kind = kinds.get(slug)
    own = kind.body(properties(slug), "")
    body = merged(own, {kind.wire.block: extra})
    beyond = kind.wire.beyond(body)
    assert beyond == ({kind.wire.block: extra} if extra else {})
    assert merged(own, beyond) == body


@pytest.mark.parametrize("slug", SLUGS)
@OFTEN
@given(block=JSON)
def test_a_command_of_whatever_google_sends_has_no_secret(slug: str, block: Any) -> None:
    """And can be written: the page is there whatever comes."""
    kind = kinds.get(slug)
    secret = {"list": [{"password": "x"}, "y"], "inner": {"plaintext": "x", "secretType": "PLAINTEXT"}}
    for value in (block, {"extra": block, **secret}):
        connection = Connection(project=Project(project_id=PROJECT), location="us", connection_id="a")
        connection.kind, connection.properties = slug, properties(slug)
        connection.body = {kind.wire.block: value}
        found = commands.acts(connection, [], [])[0]
        assert not any("PLAINTEXT" in one.text or '"x"' in one.text for one in found.commands if block != "x")
