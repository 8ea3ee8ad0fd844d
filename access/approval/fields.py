"""Form fields of approval policies."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib.auth.models import Group

from access.approval.reading import labels

_SEPARATORS = re.compile(r"[,;\s]+")
_LINES = re.compile(r"[,;\n]+")
PLAIN = {"spellcheck": "false", "autocapitalize": "off", "autocomplete": "off"}


class WordsField(forms.CharField):
    """Words with commas, blanks or lines between them; cleans to a list."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "max_length": 20_000, **kwargs})
        self.widget.attrs |= PLAIN

    def prepare_value(self, value: Any) -> Any:
        """A list as it is typed."""
        return ", ".join(value) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> list[str]:
        """Return the words."""
        return [word for word in _SEPARATORS.split(super().clean(value)) if word]


class LabelsField(forms.CharField):
    """Labels, name=value, one a line or with commas between them; cleans to a mapping."""

    widget = forms.Textarea

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "max_length": 20_000, **kwargs})
        self.widget.attrs |= {"rows": 2, "placeholder": "environment=dev", **PLAIN}

    def prepare_value(self, value: Any) -> Any:
        """A mapping as it is typed."""
        if isinstance(value, dict):
            return "\n".join(f"{name}={text}" for name, text in value.items())
        return value

    def clean(self, value: Any) -> dict[str, str]:
        """Return the labels. Raises ValidationError that names each one that cannot be."""
        found = {}
        for line in _LINES.split(super().clean(value)):
            name, equals, text = line.partition("=")
            if line.strip():
                found[name.strip()] = text.strip() if equals else "?"
        return dict(labels(found))


class GroupsField(forms.MultipleChoiceField):
    """Groups of the portal: the roles of the People page."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, **kwargs})

    @staticmethod
    def offered(more: set[str]) -> list[tuple[str, str]]:
        """Return what there is, and what a document names besides."""
        names = dict.fromkeys(Group.objects.order_by("name").values_list("name", flat=True))
        return [(name, f"{name.capitalize()}s") for name in [*names, *sorted(more - set(names))]]


class SpanField(forms.CharField):
    """A length of time as people write it; the policy document reads it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 40, **kwargs})
        self.widget.attrs |= {"placeholder": "7 days", "autocomplete": "off"}
