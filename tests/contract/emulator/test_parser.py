"""The words and the form of a GoogleSQL statement."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.errors import ApiError
from emulator.queries import parser


def escaped(text: str) -> str:
    """The text inside a triple-quoted string."""
    return text.replace("\\", "\\\\").replace("'", "\\'")


@given(st.text())
@settings(deadline=None)
def test_any_text_survives_being_quoted(text: str) -> None:
    statement = parser.parse(f"SELECT * FROM EXTERNAL_QUERY('p.us.c', '''{escaped(text)}''')")
    assert statement.inner == text


@given(st.text(max_size=60))
@settings(deadline=None)
def test_any_statement_is_parsed_or_refused(text: str) -> None:
    for statement in (text, f"SELECT * FROM EXTERNAL_QUERY({text})", f"SELECT * FROM EXTERNAL_QUERY('{text}"):
        with suppress(ApiError):
            parser.parse(statement)


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("'a'", "a"),
        ('"a\'b"', "a'b"),
        ("'''a\nb'''", "a\nb"),
        ('"""say "yes" """', 'say "yes" '),
        (r"r'\d+'", r"\d+"),
        (r"R'''\'''", None),
        (r"'\x41\u00e4\U0001F600\101\n\\'", "Aä😀A\n\\"),
    ],
)
def test_every_form_of_a_string(literal: str, value: str | None) -> None:
    text = f"SELECT * FROM EXTERNAL_QUERY('p.us.c', {literal})"
    if value is None:
        with pytest.raises(ApiError):
            parser.parse(text)
    else:
        assert parser.parse(text).inner == value


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Expected keyword SELECT but got end of script at [1:1]"),
        ("DROP TABLE x", 'Expected keyword SELECT but got "DROP" at [1:1]'),
        ("SELECT *\nFROM orders", 'Expected keyword EXTERNAL_QUERY but got "orders" at [2:6]'),
        ("SELECT * FROM EXTERNAL_QUERY('c', 'a\nb')", "Unclosed string literal at [1:35]"),
        ("SELECT * FROM EXTERNAL_QUERY('c', '\\q')", "Illegal escape sequence: \\q at [1:36]"),
        ("SELECT * FROM EXTERNAL_QUERY('c')", "Number of arguments does not match"),
        ("SELECT * FROM EXTERNAL_QUERY('c', 'q') WHERE x", "Expected end of input"),
        ("SELECT * FROM EXTERNAL_QUERY('c', @q)", 'Unexpected "@" at [1:35]'),
    ],
)
def test_what_is_refused_and_where(text: str, sentence: str) -> None:
    with pytest.raises(ApiError) as caught:
        parser.parse(text)
    assert sentence in caught.value.message
    assert caught.value.reason == "invalidQuery"


def test_comments_and_options() -> None:
    options = '{"query_execution_priority":"high"}'
    text = f"/* a */ select a b, c # x\nfrom external_query('c', 'q', '{options}') -- end"
    statement = parser.parse(text)
    assert [(column.name, column.alias) for column in statement.columns or ()] == [("a", "b"), ("c", "c")]
    assert statement.options == options
    assert statement.at == "[2:6]"
