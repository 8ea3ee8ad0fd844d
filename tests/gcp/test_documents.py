"""Google's answers as documents: what no database takes and no page can show does not come in."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from portal.gcp import errors, transport


def read(content: bytes) -> dict[str, Any]:
    """The document of an answer with this body."""
    response = requests.Response()
    response.status_code, response._content = 200, content
    return transport.document(lambda: response, write=False)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (rb'{"title": "a\u0000b"}', "a\ufffdb"),
        (rb'{"title": "a\uD800b"}', "a\ufffdb"),
        (rb'{"title": "\udc00\ud800"}', "\ufffd\ufffd"),
        (b'{"title": "\xed\xa0\x80"}', "\ufffd"),
        (rb'{"title": "\ud83d\ude80"}', "\U0001f680"),
        ('{"title": "한국"}'.encode(), "한국"),
        (rb'{"title": "\\\\u0000"}', r"\\u0000"),
    ],
)
def test_half_a_sign_and_nul_are_replaced(content: bytes, text: str) -> None:
    assert read(content) == {"title": text}


def test_wherever_they_stand() -> None:
    assert read(rb'{"a\u0000": [{"b": ["\u0000", 1, null, true, 2.5]}]}') == {
        "a\ufffd": [{"b": ["\ufffd", 1, None, True, 2.5]}]
    }


@given(st.text(st.characters(), max_size=30))
def test_any_text_can_be_kept(text: str) -> None:
    for content in (json.dumps({"t": text}), json.dumps({"t": text}, ensure_ascii=False)):
        found = read(content.encode(errors="surrogatepass"))["t"]
        assert "\0" not in found.encode().decode()


def test_what_is_no_document_is_malformed() -> None:
    for content in (b"", b"\xff", b"[]", rb'"\u0000"', rb'{"a": "\u00"}', b"[" * 100_000):
        with pytest.raises(errors.Unavailable):
            read(content)
