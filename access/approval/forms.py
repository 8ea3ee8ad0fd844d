"""An approval policy as a form."""

from __future__ import annotations

import re
from typing import Any

from django import forms

from access.approval.document import MOST_STEPS, ROLES, PolicyDocument, parse
from access.approval.fields import PLAIN, GroupsField, LabelsField, SpanField, WordsField
from access.approval.parts import NOT_ASKED, OPTIONAL, REMIND, REQUIRED, REVOKE
from access.approval.proposals import ProposalForm
from access.approval.versions import Judged
from access.models import CONNECTION_ROLES, Resource

_PATH = re.compile(r"steps\[(\d+)\](?:\.(\w+))?")
_PREFIXES = {"without_approval": "exempt", "asked_next": "next", "review": "review"}
_SPOKEN_FOR = {"steps": "step_1_owners", "asked_next": "next_owners"}


class PolicyForm(ProposalForm):
    """A policy as fields. Steps without anybody are left out."""

    roles = forms.MultipleChoiceField(
        label="Roles that may be asked for",
        choices=[(role, CONNECTION_ROLES[role]) for role in ROLES],
        widget=forms.CheckboxSelectMultiple,
    )
    longest = SpanField(label="Longest duration", help_text="Days or hours: 90 days, 8 hours.")
    exempt_groups = GroupsField(label="Groups of the portal")
    exempt_people = WordsField(
        label="People", help_text="E-mail addresses, for what they ask for themselves."
    )
    exempt_principals = WordsField(
        label="Principals",
        help_text="Access for one of these, whoever asks: group:analysts@example.com. The portal cannot see "
        "who is in a Google group.",
    )
    exempt_labels = LabelsField(
        label="Labels", help_text="Connections that carry one of them. Administrators set labels."
    )
    exempt_under = SpanField(label="Shorter than", required=False, help_text="Such as 4 hours; empty: never.")
    reason = forms.ChoiceField(choices=[(REQUIRED, "Required"), (OPTIONAL, "Optional")])
    ticket = forms.ChoiceField(
        label="Ticket number",
        choices=[(NOT_ASKED, "Not asked for"), (OPTIONAL, "Optional"), (REQUIRED, "Required")],
    )
    ticket_pattern = forms.CharField(
        label="It looks like",
        required=False,
        widget=forms.TextInput(attrs={"class": "mono", "placeholder": "[A-Z]+-[0-9]+", **PLAIN}),
        help_text="A simple pattern: characters, classes such as [A-Z], + * ? {1,6}, and | for alternatives.",
    )
    next_after = SpanField(
        label="Ask them after", required=False, help_text="Empty, with nobody named: nobody else is asked."
    )
    next_owners = forms.BooleanField(required=False, label="Owners")
    next_groups = GroupsField(label="Groups of the portal")
    next_people = WordsField(label="People")
    lapses_after = SpanField(label="The request lapses after")
    review_every_months = forms.IntegerField(label="Every so many months", help_text="0: no reviews.")
    review_answer_within = SpanField(label="Time to answer")
    review_unanswered = forms.ChoiceField(
        label="What is not answered",
        choices=[(REMIND, "Remind the owners, and keep it"), (REVOKE, "Revoke it")],
    )
    owners_may_edit = forms.BooleanField(
        required=False, label="Owners may edit the policies of their own connections"
    )

    def __init__(self, data: Any = None, *, resource: Resource, judged: Judged) -> None:
        stored = judged.document.to_dict()
        super().__init__(data, resource=resource, judged=judged, initial=initial_of(stored))
        if not self.is_default:
            del self.fields["owners_may_edit"]
        named = [*stored["steps"], stored["without_approval"], stored["asked_next"] or {"groups": []}]
        offered = GroupsField.offered({name for part in named for name in part["groups"]})
        for number in range(1, MOST_STEPS + 1):
            self.fields |= _step_fields(number)
        for field in self.fields.values():
            if isinstance(field, GroupsField):
                field.choices = offered
        self.used = len(stored["steps"])

    @property
    def steps(self) -> list[dict[str, Any]]:
        """The steps that are open: those in use and, of mistaken ones, all that were filled in."""
        return [step for step in self._all_steps() if step["open"]]

    @property
    def further_steps(self) -> list[dict[str, Any]]:
        """Empty steps, folded away."""
        return [step for step in self._all_steps() if not step["open"]]

    def _all_steps(self) -> list[dict[str, Any]]:
        found = []
        for number in range(1, MOST_STEPS + 1):
            fields = {
                name: self[f"step_{number}_{name}"] for name in ("owners", "groups", "people", "needed")
            }
            filled = any(fields[name].value() for name in ("owners", "groups", "people"))
            found.append({"number": number, "open": filled or number == 1, **fields})
        return found

    def proposed(self) -> PolicyDocument:
        return parse(self._data())

    def _data(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        self.slots = [
            number for number in range(1, MOST_STEPS + 1) if any(self._who(f"step_{number}").values())
        ]
        following = self._who("next")
        asks_next = cleaned["next_after"] or any(following.values())
        return {
            "steps": [
                self._who(f"step_{number}") | {"needed": cleaned[f"step_{number}_needed"]}
                for number in self.slots
            ],
            "without_approval": {
                name: cleaned[f"exempt_{name}"] for name in ("groups", "people", "principals", "labels")
            }
            | {"under": cleaned["exempt_under"] or None},
            "asked_next": following | {"after": cleaned["next_after"]} if asks_next else None,
            "review": {
                name: cleaned[f"review_{name}"] for name in ("every_months", "answer_within", "unanswered")
            },
            "owners_may_edit": cleaned.get("owners_may_edit", False),
        } | {
            name: cleaned[name]
            for name in ("roles", "longest", "reason", "ticket", "ticket_pattern", "lapses_after")
        }

    def _who(self, prefix: str) -> dict[str, Any]:
        return {name: self.cleaned_data[f"{prefix}_{name}"] for name in ("owners", "groups", "people")}

    def field_of(self, path: str) -> str | None:
        if found := _PATH.fullmatch(path):
            return f"step_{self.slots[int(found[1])]}_{found[2] or 'owners'}"
        if path in _SPOKEN_FOR:
            return _SPOKEN_FOR[path]
        part, dot, name = path.partition(".")
        return f"{_PREFIXES[part]}_{name}" if dot and part in _PREFIXES else path


def _step_fields(number: int) -> dict[str, forms.Field]:
    return {
        f"step_{number}_owners": forms.BooleanField(required=False, label="Owners"),
        f"step_{number}_groups": GroupsField(label="Groups of the portal"),
        f"step_{number}_people": WordsField(label="People", help_text="E-mail addresses."),
        f"step_{number}_needed": forms.IntegerField(
            label="How many must approve", initial=1, min_value=1, max_value=20
        ),
    }


def initial_of(stored: dict[str, Any]) -> dict[str, Any]:
    """Return a stored document as the form's initial values."""
    found = {
        name: stored[name]
        for name in ("roles", "longest", "reason", "ticket", "ticket_pattern", "lapses_after")
    }
    found["owners_may_edit"] = stored["owners_may_edit"]
    for number, step in enumerate(stored["steps"], 1):
        found |= {f"step_{number}_{name}": value for name, value in step.items()}
    for part, prefix in _PREFIXES.items():
        found |= {f"{prefix}_{name}": value for name, value in (stored[part] or {}).items()}
    return found
