"""Reading plain data into a policy document, collecting every mistake by its path. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError

from access import durations, principals

MOST_NAMES = 50
LONGEST_TEXT = 200
_ADDRESS = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@(?:[a-z0-9-]+\.)+[a-z0-9-]+")
# Google's rules for labels, without letters of other scripts.
_LABEL_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_LABEL_VALUE = re.compile(r"[a-z0-9_-]{0,63}")
_ATOM = r"(?:\\[dwDW.+*?()\[\]{}|/\\-]|\[\^?(?:\\[dw\]\\-]|[^\]\[\\])+\]|[\w #:.,@/-])"
_PIECE = re.compile(rf"{_ATOM}([*+?]|\{{\d{{1,3}}(?:,\d{{0,3}})?\}})?", re.ASCII)
_MOST_REPEATS = 3


def ticket_problem(pattern: str) -> str:
    """Return what is wrong with a pattern for ticket numbers, or nothing.

    A small part of regular expressions, so that no ticket number can keep a process busy: characters,
    classes, repetitions of one of them, and alternatives with | between them.
    """
    for alternative in pattern.split("|") if pattern else ():
        pieces = list(_PIECE.finditer(alternative))
        if not alternative or "".join(piece[0] for piece in pieces) != alternative:
            return "Use letters, digits, classes such as [A-Z], + * ? {2,4} after one of them, and |."
        if sum(piece[1] is not None for piece in pieces) > _MOST_REPEATS:
            return f"At most {_MOST_REPEATS} repetitions in a pattern."
    try:
        re.compile(pattern, re.ASCII)
    except (re.error, OverflowError) as error:
        return f"This pattern is not understood: {error}."
    return ""


def labels(pairs: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return labels as sorted pairs. Raises ValidationError with a sentence for each that cannot be."""
    problems = [
        f"{name}={value}: small letters, digits, - and _ only, the name beginning with a letter."
        for name, value in pairs.items()
        if not (_LABEL_NAME.fullmatch(name) and _LABEL_VALUE.fullmatch(value))
    ]
    if len(pairs) > MOST_NAMES:
        problems.append(f"At most {MOST_NAMES} labels.")
    if problems:
        raise ValidationError(problems)
    return tuple(sorted(pairs.items()))


class Reader:
    """Takes values out of a mapping; what it does not like is noted, and something harmless returned.

    `like` is a mapping with every key that there is, and what holds where a key is left out.
    """

    def __init__(
        self,
        data: Any,
        *,
        like: Mapping[str, Any],
        path: str = "",
        mistakes: dict[str, list[str]] | None = None,
    ) -> None:
        self.path = path
        self.mistakes: dict[str, list[str]] = {} if mistakes is None else mistakes
        if not isinstance(data, Mapping):
            self.mistake("", "Here belong names with values.")
            data = {}
        for name in data:
            if name not in like:
                self.mistake(str(name)[:80], f"There is no such key here; there are {', '.join(like)}.")
        self.like = like
        self.data = {**like, **data}

    def mistake(self, name: str, message: str) -> None:
        """Note a mistake; no name means this mapping as a whole."""
        path = ".".join(part for part in (self.path, name) if part) or "document"
        self.mistakes.setdefault(path, []).append(message)

    def finish(self) -> None:
        """Raise ValidationError if anything was noted."""
        if self.mistakes:
            raise ValidationError(dict(self.mistakes))

    def has(self, name: str) -> bool:
        """Whether there is anything but null."""
        return self.data[name] is not None

    def inside(self, name: str) -> Reader:
        """Return a reader of the mapping under `name`."""
        like = self.like[name]
        path = f"{self.path}.{name}" if self.path else name
        return Reader(self.data[name], like=like, path=path, mistakes=self.mistakes)

    def rows(self, name: str, *, most: int) -> list[Reader]:
        """Return a reader of each mapping in the list under `name`: one at least."""
        found = self._list(name)
        if not 1 <= len(found) <= most:
            self.mistake(name, f"Between 1 and {most} of them.")
        like = {"owners": False, "groups": [], "people": [], "needed": 1}
        return [
            Reader(row, like=like, path=f"{name}[{number}]", mistakes=self.mistakes)
            for number, row in enumerate(found[:most])
        ]

    def flag(self, name: str) -> bool:
        """True or false."""
        value = self.data[name]
        if not isinstance(value, bool):
            self.mistake(name, "Write true or false.")
        return value is True

    def number(self, name: str, *, least: int, most: int) -> int:
        """A whole number."""
        value = self.data[name]
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.mistake(name, f"Write a whole number from {least} to {most}.")
            return least
        return value

    def text(self, name: str) -> str:
        """Some text on one line."""
        value = self.data[name]
        if not isinstance(value, str) or len(value) > LONGEST_TEXT or not (value + " ").isprintable():
            self.mistake(name, f"Write text of {LONGEST_TEXT} characters at most.")
            return ""
        return value

    def choice(self, name: str, allowed: Sequence[str]) -> str:
        """One of the words allowed."""
        value = self.data[name]
        if not isinstance(value, str) or value not in allowed:
            self.mistake(name, f"Write {' or '.join(allowed)}.")
            return allowed[0]
        return value

    def choices(self, name: str, allowed: Sequence[str]) -> tuple[str, ...]:
        """Some of the words allowed, one at least, in their order there."""
        found = self._words(name)
        if not found or any(word not in allowed for word in found):
            self.mistake(name, f"Write some of {', '.join(allowed)}.")
        return tuple(word for word in allowed if word in found)

    def words(self, name: str) -> tuple[str, ...]:
        """Names of groups."""
        return tuple(dict.fromkeys(self._words(name)))

    def addresses(self, name: str) -> tuple[str, ...]:
        """E-mail addresses, in small letters."""
        found = [word.lower() for word in self._words(name)]
        for word in found:
            if not _ADDRESS.fullmatch(word):
                self.mistake(name, f"“{word}” is not an e-mail address.")
        return tuple(dict.fromkeys(found))

    def principals(self, name: str) -> tuple[str, ...]:
        """Principals as IAM spells them."""
        found: list[str] = []
        for word in self._words(name):
            try:
                found.append(principals.normalise(word))
            except ValidationError as refused:
                self.mistake(name, refused.messages[0])
        return tuple(dict.fromkeys(found))

    def labels(self, name: str) -> tuple[tuple[str, str], ...]:
        """Pairs of name and value."""
        value = self.data[name]
        if not isinstance(value, Mapping):
            self.mistake(name, "Write names with values, such as environment: dev.")
            return ()
        try:
            return labels({str(key): str(text) for key, text in value.items()})
        except ValidationError as refused:
            for message in refused.messages:
                self.mistake(name, message)
            return ()

    def span(self, name: str, *, most: timedelta) -> timedelta:
        """A length of time such as "90 days"."""
        value = self.data[name]
        try:
            found = durations.parse(value if isinstance(value, str) else "")
        except ValidationError as refused:
            self.mistake(name, refused.messages[0])
            return most
        if found > most:
            self.mistake(name, f"At most {durations.words(most)}.")
            return most
        return found

    def _words(self, name: str) -> list[str]:
        found = self._list(name)
        if any(not isinstance(word, str) or not 0 < len(word) <= principals.LONGEST for word in found):
            self.mistake(name, "Write each name as text.")
        return [word for word in found if isinstance(word, str) and word][:MOST_NAMES]

    def _list(self, name: str) -> list[Any]:
        value = self.data[name]
        if not isinstance(value, list):
            self.mistake(name, "Write a list.")
            return []
        if len(value) > MOST_NAMES:
            self.mistake(name, f"At most {MOST_NAMES} of them.")
        return value
