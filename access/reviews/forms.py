"""The answers of a review, one row a grant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from access.models import ReviewItem

Answer = ReviewItem.Answer
ANSWERS = [(Answer.KEEP.value, "Keep"), (Answer.REMOVE.value, "Remove")]


class AnswersForm(forms.Form):
    """Keep or remove for each item that can be answered; `mine` is the reader's own principal."""

    reason = forms.CharField(
        max_length=1000,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Stands in the audit trail beside each answer.",
    )

    def __init__(self, data: Any = None, *, items: Sequence[ReviewItem], mine: str) -> None:
        super().__init__(data)
        self.items = items
        for item in items:
            if item.grant.desired != item.grant.Presence.PRESENT:
                continue
            own = item.grant.principal.lower() == mine.lower()
            self.fields[self._name(item)] = forms.ChoiceField(
                label=f"Answer for {item.grant.principal}",
                choices=ANSWERS[1:] if own else ANSWERS,
                widget=forms.RadioSelect,
                required=False,
                initial=item.answer,
            )

    def rows(self) -> Iterator[tuple[ReviewItem, BoundField | None]]:
        """Yield each item with its field; None where nothing is left to answer."""
        for item in self.items:
            yield item, self[self._name(item)] if self._name(item) in self.fields else None

    def answers(self) -> dict[int, str]:
        """What was chosen, by the items' keys."""
        chosen = {item.pk: self.cleaned_data.get(self._name(item), "") for item in self.items}
        return {pk: given for pk, given in chosen.items() if given}

    def removals(self) -> list[ReviewItem]:
        """The items that were not removed before and are to be removed now."""
        given = self.answers()
        return [item for item in self.items if given.get(item.pk) == Answer.REMOVE != item.answer]

    @staticmethod
    def _name(item: ReviewItem) -> str:
        return f"answer_{item.pk}"
