"""Writing for the shell: words, JSON and jq that reach a program exactly as meant.

For bash and zsh, typed or pasted. Comments are left out (zsh refuses them when pasted), and so are control
characters (a terminal would obey them) and, in JSON and across lines, exclamation marks (bash's history
expansion does not always see that they are quoted).
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from textwrap import indent
from typing import Any
from urllib.parse import quote as percent_encode

from connections.equivalents.base import Placeholder

# A password is typed into the environment of the programs that need it: it is then neither in the shell's
# history nor in the list of processes. All stands in one pair of parentheses, which the shell reads to its
# end before it asks; the variable is gone when they close.
ASKS_NOTE = (
    "Asks for the password when it runs, so that it appears neither in the shell's history nor in the list "
    "of processes. Needs jq."
)
_ASK = """\
printf 'Database password: ' >&2
IFS= read -rs DATABASE_PASSWORD
echo >&2
export DATABASE_PASSWORD="${DATABASE_PASSWORD:?}"
"""
# jq's way to the variable.
_IN_JQ = "env.DATABASE_PASSWORD"
_ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def quote(text: str) -> str:
    """One word of a command line, as shlex.quote writes it while every character can be shown.

    Anything else takes the form $'...', its bytes (UTF-8) in octal. A NUL, which no argument can hold,
    becomes U+FFFD.
    """
    text = text.replace("\0", "\ufffd")
    if text.isprintable():
        return shlex.quote(text)
    return "$'" + "".join(_ansi_c(char) for char in text) + "'"


def command(head: str, *words: str) -> str:
    """A command from words that are already quoted, each on a line of its own after the first."""
    return " \\\n  ".join([head, *words])


def reading(text: str, *, delimiter: str) -> str:
    """A redirection from which a program reads the text and a line break; "" if it cannot be shown.

    The text stands as it is, up to a line that is the delimiter and nothing else.
    """
    lines = text.split("\n")
    if "!" in text or not all(line.isprintable() for line in lines):
        return ""
    while delimiter in lines:
        delimiter += "_"
    return f"<<'{delimiter}'\n{text}\n{delimiter}"


def flag(name: str, value: str) -> str:
    """`--name=value`, the value quoted."""
    return f"--{name}={quote(value)}"


def json_word(value: Any) -> str:
    """A JSON document as one word, in single quotes."""
    return "'" + json_text(value).replace("'", "\\u0027") + "'"


def json_text(value: Any, *, compact: bool = False) -> str:
    """JSON in which everything but letters, digits and other visible characters is escaped."""
    separators = (",", ":") if compact else None
    text = json.dumps(value, ensure_ascii=False, indent=None if compact else 2, separators=separators)
    return "".join(_json(char) for char in text)


def jq_word(before: str, value: Any, after: str = "") -> str:
    """A jq program with a JSON document in it, the password taken from the environment; in single quotes.

    JSON is jq: its strings interpolate only after a backslash and a parenthesis, which JSON never has.
    """
    return "'" + before + _jq(value).replace("'", "\\u0027") + after + "'"


def jq_string(text: str) -> str:
    """A string in a jq program that stands in single quotes."""
    return json_text(text).replace("'", "\\u0027")


def asking_password(text: str) -> str:
    """Commands that find the typed password in their environment, and end at the first failure."""
    return careful(_ASK + text)


def careful(text: str) -> str:
    """Commands that end at the first failure, in a subshell of their own."""
    return "(\n" + indent("set -euo pipefail\n" + text, "  ", lambda _: True) + "\n)"


def url(base: str, *path: str, query: Mapping[str, str] | None = None) -> str:
    """An address from parts that are not encoded yet."""
    address = "/".join([base, *(percent_encode(part, safe=":") for part in path)])
    pairs = [f"{name}={percent_encode(value, safe='')}" for name, value in (query or {}).items()]
    return address + ("?" + "&".join(pairs) if pairs else "")


def curl(*words: str) -> str:
    """curl with the caller's token, which reaches it by a file descriptor and not as an argument."""
    return command(
        "curl -sS --fail-with-body",
        """-H @<(printf 'Authorization: Bearer %s' "$(gcloud auth print-access-token)")""",
        "-H 'Content-Type: application/json'",
        *words,
    )


def _ansi_c(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable() and char != "!":
        return char
    return "".join(f"\\{byte:03o}" for byte in char.encode(errors="replace"))


def _json(char: str) -> str:
    if char == "\n" or (char.isprintable() and char != "!"):
        return char
    units = char.encode("utf-16-be", errors="surrogatepass")
    return "".join(f"\\u{high:02x}{low:02x}" for high, low in zip(units[::2], units[1::2], strict=True))


def _jq(value: Any, depth: int = 0) -> str:
    """As json_text writes it, with the password's variable for its placeholder."""
    if isinstance(value, Placeholder):
        return _IN_JQ
    if isinstance(value, Mapping) and value:
        margin = "\n" + "  " * (depth + 1)
        members = (f"{json_text(str(key))}: {_jq(inner, depth + 1)}" for key, inner in value.items())
        return "{" + margin + ("," + margin).join(members) + "\n" + "  " * depth + "}"
    return json_text(value, compact=True)
