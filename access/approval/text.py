"""A policy document as YAML: what people export, edit and import. Pure."""

from __future__ import annotations

from typing import Any

import yaml
from django.core.exceptions import ValidationError

from access.approval.document import PolicyDocument, parse

LONGEST = 50_000
LONGEST_WORD = 1_000
DEEPEST = 20


def dump(document: PolicyDocument) -> str:
    """Return the document as YAML, its keys in their order."""
    return write(document.to_dict())


def write(data: dict[str, Any]) -> str:
    """Return plain data as YAML; for stored documents of any age."""
    text: str = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=100)
    return text


def load(text: str) -> PolicyDocument:
    """Return the document that YAML describes.

    Raises ValidationError: for YAML that is none with line and column, else as document.parse() does.
    """
    if len(text) > LONGEST:
        raise ValidationError({"document": [f"At most {LONGEST:,} characters."]})
    try:
        data = _one(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ValidationError({"document": [_sentence(error)]}) from error
    return parse(data)


def _one(text: str) -> Any:
    """Load the only document in `text`: no aliases, a few of which fill the memory, no depths, nothing odd.

    The time that nested lists take grows with the square of their depth, so the reading ends there at once.
    """
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise ValueError("Aliases (*name) are not taken.")
        if problem := _oddity(event):
            mark: Any = event.start_mark
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=mark)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise RecursionError
    return yaml.safe_load(text)


def _oddity(event: yaml.Event) -> str:
    """What no policy has and no page or database could take, such as half a sign; or nothing."""
    if getattr(event, "tag", None):
        return "tags such as !!int are not taken"
    if isinstance(event, yaml.ScalarEvent) and len(event.value) > LONGEST_WORD:
        return f"nothing here is longer than {LONGEST_WORD:,} characters"
    if isinstance(event, yaml.ScalarEvent) and not (event.value + " ").isprintable():
        return "there are signs in it that cannot be shown"
    return ""


def _sentence(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        mark = error.problem_mark
        return f"Line {mark.line + 1}, column {mark.column + 1}: {error.problem}."
    if isinstance(error, RecursionError):
        return "This is nested too deeply."
    return f"This is not YAML: {error}"
