"""Forms that change a policy: what they share, the one for YAML, and the small ones."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from access.approval import feasible, text
from access.approval.document import PolicyDocument
from access.approval.fields import PLAIN, LabelsField
from access.approval.versions import Judged, newest_number
from access.models import Resource

LONGEST_COMMENT = 1000
SAVE = "save"


class ProposalForm(forms.Form):
    """A change of a policy: what it is to be comes from a subclass's `proposed()`.

    Pressing Check shows what it would do, Save makes it the next version: that wants a reason, and a tick
    where something speaks against it.
    """

    comment = forms.CharField(
        label="Why",
        max_length=LONGEST_COMMENT,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Say why, for those who read the history."},
        help_text="Stands in the history and in the audit trail.",
    )
    confirm = forms.BooleanField(required=False, label="Yes, save it all the same")
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, resource: Resource, judged: Judged, **kwargs: Any) -> None:
        self.resource = resource
        self.judged = judged
        self.saves = bool(data) and data.get("act") == SAVE
        self.document: PolicyDocument | None = None
        self.warnings: list[str] = []
        super().__init__(data, **kwargs)
        self.fields["seen"].initial = newest_number(resource)

    @property
    def is_default(self) -> bool:
        """Whether it is a project's default."""
        return self.resource.kind == Resource.Kind.PROJECT

    def proposed(self) -> PolicyDocument:
        """Return what the policy is to be. Raises ValidationError by the document's paths."""
        raise NotImplementedError

    def field_of(self, path: str) -> str | None:
        """Return the field that a path of the document stands in."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        """Read the document; look whether it can be met; ask again where something speaks against it."""
        if not self.saves:  # whoever only checks need not say why yet
            self.errors.pop("comment", None)
        if set(self.errors) - {"comment"}:
            return self.cleaned_data
        try:
            document = self.proposed()
        except ValidationError as refused:
            self._refuse(refused)
            return self.cleaned_data
        found = feasible.look(document, self.resource)
        for mistake in found.mistakes:
            self.add_error(None, mistake)
        self.document, self.warnings = document, found.warnings
        if self.saves:
            self._check_saving(document)
        return self.cleaned_data

    def _refuse(self, refused: ValidationError) -> None:
        for path, messages in refused.message_dict.items():
            field = self.field_of(path)
            known = field if field in self.fields else None
            for message in messages:
                self.add_error(known, message if known else f"{path}: {message}")

    def _check_saving(self, document: PolicyDocument) -> None:
        own = self.judged.version is not None and self.judged.version.resource_id == self.resource.pk
        if own and document == self.judged.document:
            self.add_error(None, "Nothing was changed.")
        if self.warnings and not self.cleaned_data["confirm"]:
            self.add_error("confirm", "Tick this to go on.")


class YamlForm(ProposalForm):
    """A policy as YAML, typed, pasted or as a file."""

    text = forms.CharField(
        label="Policy",
        max_length=text.LONGEST,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 26, "class": "mono", **PLAIN}),
        help_text="What is left out is as in the portal's own policy. Lists may be empty: []",
    )
    file = forms.FileField(label="Or a file", required=False, help_text="It takes the place of the text.")
    field_order = ["text", "file"]

    def __init__(self, data: Any = None, *, resource: Resource, judged: Judged, files: Any = None) -> None:
        if files and "file" in files:
            pasted = files["file"].read(4 * text.LONGEST).decode(errors="replace")
            data = data.copy()
            data["text"] = pasted
        super().__init__(data, resource=resource, judged=judged)
        self.fields["text"].initial = text.dump(judged.document)

    def proposed(self) -> PolicyDocument:
        return text.load(self.cleaned_data["text"].replace("\r\n", "\n"))

    def field_of(self, path: str) -> str | None:
        return None if path != "document" else "text"

    def _refuse(self, refused: ValidationError) -> None:
        """Everything stands beside the text, with its path."""
        for path, messages in refused.message_dict.items():
            for message in messages:
                self.add_error("text", message if path == "document" else f"{path}: {message}")


class DefaultForm(forms.Form):
    """Back to the default."""

    comment = forms.CharField(
        label="Why", max_length=LONGEST_COMMENT, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


class LabelsForm(forms.Form):
    """A resource's labels."""

    labels = LabelsField(help_text="name=value, one a line. Small letters, digits, - and _.")
