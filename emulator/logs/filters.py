"""The Logging query language, as far as the stand-in understands it.

Understood: comparisons of one field with one value, joined by AND, new lines or nothing. Operators are `=`
(equal), `!=`, `:` (contains), `<`, `<=`, `>`, `>=`; severities and times have an order. Google's
documentation, Logging query language. Anything else is refused: a filter that guessed would lie.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from emulator import clock
from emulator.errors import JSON, ApiError

SEVERITIES = ("DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY")
_TERM = re.compile(
    r"""\s*(?:AND\s+)?(?P<field>[A-Za-z_][\w.]*)\s*(?P<operator><=|>=|!=|=(?!~)|:|<|>)\s*"""
    r"""(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^\s()"]+))\s*"""
)
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda have, want: bool(have == want),
    "!=": lambda have, want: bool(have != want),
    "<": lambda have, want: bool(have < want),
    "<=": lambda have, want: bool(have <= want),
    ">": lambda have, want: bool(have > want),
    ">=": lambda have, want: bool(have >= want),
}


def _not_understood(text: str) -> ApiError:
    return ApiError(501, f"The emulator does not evaluate the filter at: {text[:60]}", status="UNIMPLEMENTED")


def _value(entry: JSON, field: str) -> str:
    found: Any = entry
    for name in field.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return "" if found is None else str(found)


@dataclass(frozen=True)
class Term:
    """One comparison."""

    field: str
    operator: str
    value: str

    def _comparable(self, text: str) -> Any:
        if self.field == "severity":
            if text.upper() not in SEVERITIES:
                raise _not_understood(text)
            return SEVERITIES.index(text.upper())
        if self.field in ("timestamp", "receiveTimestamp"):
            try:
                return clock.parse_rfc3339(text)
            except ValueError:
                raise _not_understood(text) from None
        return text.lower()  # comparisons of texts ignore the case

    def holds(self, entry: JSON) -> bool:
        """Whether an entry fits."""
        have = _value(entry, self.field)
        if self.operator == ":":
            return self.value.lower() in have.lower()
        wanted = self._comparable(self.value)
        return _OPERATORS[self.operator](self._comparable(have), wanted)


def parse(text: str) -> list[Term]:
    """The comparisons of a filter. Raises ApiError 501 for what is not understood."""
    terms, at = [], 0
    while text[at:].strip():
        match = _TERM.match(text, at)
        if match is None or match["field"] in ("NOT", "OR"):
            raise _not_understood(text[at:])
        quoted = match["quoted"]
        value = match["bare"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        terms.append(Term(match["field"], match["operator"], value))
        at = match.end()
    return terms
