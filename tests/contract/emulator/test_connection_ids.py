"""Connection ids: letters, digits, underscores, dashes, and nothing else."""

from __future__ import annotations

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.connections import lookup
from emulator.errors import ApiError
from tests.contract.emulator.traffic import Google
from tests.support.examples import examples

GOOD = string.ascii_letters + string.digits + "_-"


@given(st.text(GOOD, min_size=1, max_size=1024))
@settings(deadline=None)
def test_good_ids_pass(connection_id: str) -> None:
    lookup.check_id(connection_id)


@given(st.text(min_size=0, max_size=40).filter(lambda text: not text or set(text) - set(GOOD)))
@examples(300)
def test_anything_else_is_refused(connection_id: str) -> None:
    with pytest.raises(ApiError) as caught:
        lookup.check_id(connection_id)
    assert caught.value.code == 400


def test_too_long_ids_are_refused() -> None:
    with pytest.raises(ApiError):
        lookup.check_id("x" * 1025)


@pytest.mark.parametrize("connection_id", ["with space", "dot.dot", "näme", "a/b", "x\n"])
def test_refused_over_http_too(api: Google, connection_id: str) -> None:
    assert api.create(connection_id, {"cloudResource": {}}).status == 400
