"""Forms of requests for access: asking, deciding, saying something."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from access import durations, principals
from access.approval.document import PolicyDocument
from access.approval.parts import NOT_ASKED, REQUIRED
from access.forms import LONGEST_REASON, MomentField
from access.models import CONNECTION_ADMIN, CONNECTION_USER, DATABASE_LOGIN, Decision
from portal.forms import Card, Combobox, RadioCards, offer

ME, OTHER = "me", "other"
USUAL = timedelta(days=7)
ROLE_CARDS = {
    CONNECTION_USER: Card(
        "Use", "BigQuery Connection User: run queries through the connection.", "play-fill"
    ),
    CONNECTION_ADMIN: Card("Manage", "BigQuery Connection Admin: also edit, share and delete it.", "gear"),
}
FOR_OTHERS = ("group:", "serviceAccount:")
LONGEST_COMMENT = 4000


class DurationField(forms.CharField):
    """A length of time in words; cleans to a timedelta, or None where nothing was typed."""

    def __init__(self, *, longest: timedelta | None = None, **kwargs: Any) -> None:
        offered = [(text, text) for text in map(durations.words, durations.presets(longest))]
        super().__init__(**{"max_length": 60, "widget": Combobox(options=offered), **kwargs})

    def clean(self, value: Any) -> timedelta | None:
        """Return the length. Raises ValidationError."""
        text: str = super().clean(value)
        return durations.parse(text) if text.strip() else None


class RequestForm(forms.Form):
    """Request access: which role, for whom, how long, why. `document` is the approval policy that counts."""

    role = forms.ChoiceField(label="What do you want to do?", widget=RadioCards)
    whose = forms.ChoiceField(label="For whom?", widget=RadioCards, initial=ME)
    principal = forms.CharField(
        label="Group or service account",
        required=False,
        max_length=principals.LONGEST + 20,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "placeholder": "group:analysts@example.com"}
        ),
        help_text="Only if it is not for you: group:… or serviceAccount:…",
    )
    duration = DurationField(label="For how long?")
    starts_at = MomentField(
        label="Not before",
        required=False,
        help_text="In UTC. Leave it empty to begin as soon as it is approved.",
    )
    reason = forms.CharField(
        label="Why?",
        required=False,
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Whoever decides reads it, and so does an auditor later.",
    )
    ticket = forms.CharField(
        label="Ticket", required=False, max_length=100, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    save_as = forms.CharField(
        label="Keep as a template named",
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Fills this form the next time. Leave it empty to keep none.",
    )

    def __init__(
        self,
        data: Any = None,
        *,
        document: PolicyDocument,
        roles: dict[str, str],
        own_member: str,
        initial: dict[str, Any] | None = None,
    ) -> None:
        usual = {"duration": durations.words(min(USUAL, document.longest))}
        super().__init__(data, initial={**usual, "role": next(iter(roles), ""), **(initial or {})})
        self.own_member = own_member
        address = own_member.partition(":")[2]
        offer(self, "role", [(role, ROLE_CARDS.get(role, label)) for role, label in roles.items()])
        if list(roles) == [DATABASE_LOGIN]:  # nothing to choose: the page says what it is
            self.fields["role"].widget = forms.HiddenInput()
        offer(
            self,
            "whose",
            [
                (ME, Card("Me", address, "person")),
                (OTHER, Card("A group or service account", "That I name below.", "people")),
            ],
        )
        self.fields["duration"] = DurationField(
            label="For how long?",
            longest=document.longest,
            help_text=f"At most {durations.words(document.longest)}; the clock starts at the approval. "
            "Pick one, or say it like “36 hours”.",
        )
        self.fields["reason"].required = document.reason == REQUIRED
        self.fields["ticket"].required = document.ticket == REQUIRED
        if document.ticket == NOT_ASKED:
            del self.fields["ticket"]

    def refuse(self, refused: ValidationError) -> None:
        """Show what the service said, beside the fields where there are such."""
        for name, sentences in refused.message_dict.items():
            self.add_error(name if name in self.fields else None, sentences)

    def clean(self) -> dict[str, Any]:
        """Work out the principal: one's own, or the one that was named."""
        if self.cleaned_data.get("whose") == ME:
            self.cleaned_data["principal"] = self.own_member
        elif "principal" in self.cleaned_data:
            try:
                self.cleaned_data["principal"] = _for_others(self.cleaned_data["principal"].strip())
            except ValidationError as problem:
                self.add_error("principal", problem)
        return self.cleaned_data


def _for_others(text: str) -> str:
    """Return the group or service account. Raises ValidationError."""
    if not text:
        raise ValidationError("Name the group or the service account.")
    found = principals.normalise(text)
    if not found.startswith(FOR_OTHERS):
        raise ValidationError(
            "Name a group (group:…) or a service account (serviceAccount:…). People ask for themselves."
        )
    return found


class DecisionForm(forms.Form):
    """Approve or deny what is shown; `revision` is that of the request as it was shown."""

    revision = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    verdict = forms.ChoiceField(choices=Decision.Verdict.choices)
    reason = forms.CharField(
        label="Reason",
        required=False,
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Needed to deny. They read it, and it stands in the audit trail.",
    )
    duration = DurationField(
        label="Shorten to",
        required=False,
        help_text="Leave it empty to give as long as they ask for.",
    )


class CommentForm(forms.Form):
    """Something to say about a request."""

    text = forms.CharField(
        label="Write something",
        max_length=LONGEST_COMMENT,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Whoever takes part in this request reads it and is told.",
    )
