"""The words of a GoogleSQL statement.

Google's documentation, GoogleSQL lexical structure: identifiers, quoted and triple-quoted strings with their
escapes, raw strings, comments.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from emulator.errors import ApiError

_SKIPPED = re.compile(r"\s+|--[^\n]*|#[^\n]*|/\*.*?\*/", re.DOTALL)
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NUMBER = re.compile(r"\d+")
_QUOTED_NAME = re.compile(r"`((?:[^`\\\n]|\\.)+)`")
_STRING_START = re.compile(r"([rR]?)('''|\"\"\"|'|\")")
_ESCAPE = re.compile(
    r"\\(?:(?P<simple>[abfnrtv\\?\"'`])|[xX](?P<hex>[0-9A-Fa-f]{2})|u(?P<u>[0-9A-Fa-f]{4})"
    r"|U(?P<U>[0-9A-Fa-f]{8})|(?P<octal>[0-3][0-7]{2}))"
)
_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


@dataclass(frozen=True)
class Token:
    """`kind` is word, name, string, number, sign or end; `at` the offset in the statement."""

    kind: str
    text: str
    at: int


def position(statement: str, at: int) -> str:
    """An offset as BigQuery writes it: `[line:column]`, both from 1."""
    line = statement.count("\n", 0, at) + 1
    return f"[{line}:{at - statement.rfind(chr(10), 0, at)}]"


def syntax_error(statement: str, at: int, what: str) -> ApiError:
    """400 invalidQuery for a statement that is none."""
    return ApiError(400, f"Syntax error: {what} at {position(statement, at)}", reason="invalidQuery")


def _unescaped(statement: str, text: str, start: int) -> str:
    result, index = "", 0
    while index < len(text):
        if text[index] != "\\":
            result, index = result + text[index], index + 1
            continue
        match = _ESCAPE.match(text, index)
        if match is None:
            raise syntax_error(
                statement, start + index, f"Illegal escape sequence: {text[index : index + 2]}"
            )
        result += _character(match)
        index = match.end()
    return result


def _character(match: "re.Match[str]") -> str:
    found = match.groupdict()
    if found["simple"]:
        return _SIMPLE.get(found["simple"], found["simple"])
    digits, base = (found["octal"], 8) if found["octal"] else (found["hex"] or found["u"] or found["U"], 16)
    return chr(int(digits, base))


def _string(statement: str, at: int, raw: str, quote: str) -> tuple[Token, int]:
    start = at + len(raw) + len(quote)
    end = start
    while not statement.startswith(quote, end):
        end += 2 if statement.startswith("\\", end) else 1
        broken = len(quote) == 1 and "\n" in statement[end - 1 : end]
        if end >= len(statement) or broken:
            raise syntax_error(statement, at, "Unclosed string literal")
    text = statement[start:end]
    value = text if raw else _unescaped(statement, text, start)
    return Token("string", value, at), end + len(quote)


def _next(statement: str, at: int) -> tuple[Token, int]:
    started = _STRING_START.match(statement, at)
    if started:
        return _string(statement, at, started.group(1), started.group(2))
    for kind, pattern in (("word", _WORD), ("number", _NUMBER)):
        match = pattern.match(statement, at)
        if match:
            return Token(kind, match.group(), at), match.end()
    match = _QUOTED_NAME.match(statement, at)
    if match:
        return Token("name", _unescaped(statement, match.group(1), at + 1), at), match.end()
    if statement[at] in "(),;*.":
        return Token("sign", statement[at], at), at + 1
    raise syntax_error(statement, at, f'Unexpected "{statement[at]}"')


def tokens(statement: str) -> Iterator[Token]:
    """The tokens of a statement, ended by one of kind `end`. Raises ApiError 400."""
    at = 0
    while at < len(statement):
        skipped = _SKIPPED.match(statement, at)
        if skipped:
            at = skipped.end()
            continue
        token, at = _next(statement, at)
        yield token
    yield Token("end", "", len(statement))
