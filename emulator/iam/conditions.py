"""Conditions of bindings, as far as the stand-in understands the Common Expression Language.

Understood: comparisons of `request.time` with `timestamp("...")`, joined by `&&`. Anything else counts as not
granting: a stand-in that guessed would let through what Google refuses.
"""

import re
from collections.abc import Mapping

from emulator.clock import parse_rfc3339

_COMPARISON = re.compile(r'^request\.time\s*(<=|<|>=|>)\s*timestamp\(\s*(["\'])([^"\']+)\2\s*\)$')


def _holds(term: str, moment: float) -> bool:
    match = _COMPARISON.match(term.strip())
    if match is None:
        return False
    try:
        limit = parse_rfc3339(match.group(3))
    except ValueError:
        return False
    return {
        "<": moment < limit,
        "<=": moment <= limit,
        ">": moment > limit,
        ">=": moment >= limit,
    }[match.group(1)]


def granting(condition: Mapping[str, str] | None, moment: float) -> bool:
    """Whether a binding with this condition counts at `moment` (seconds since the epoch)."""
    if not condition:
        return True
    expression = condition.get("expression", "")
    return all(_holds(term, moment) for term in expression.split("&&"))


def is_expression(expression: str) -> bool:
    """A first look at the syntax: something is there, brackets and quotes are closed."""
    depth, quote = 0, ""
    for character in expression:
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        if depth < 0:
            return False
    return bool(expression.strip()) and depth == 0 and not quote
