"""Forms about notices: which kinds a person wants by which way, and shared channels."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField

from portal.forms import Combobox
from portal.models import Notice, NoticeChannel, NoticePreferences, Project, Shape
from portal.notices import addresses

HELP = {
    Notice.Kind.REQUEST_MADE: "Requests that wait for your decision.",
    Notice.Kind.REQUEST_DECIDED: "Your requests: approved, denied or lapsed.",
    Notice.Kind.ACCESS_ENDING: "Some days before your access ends, while it can still be extended.",
    Notice.Kind.ACCESS_ENDED: "Your access is over, or was taken away.",
    Notice.Kind.ACCESS_FAILED: "Google refused a change that you asked for or decided.",
    Notice.Kind.ACCESS_OVERDUE: "Google still has a binding that should be gone.",
    Notice.Kind.BREAK_GLASS: "An administrator gave access at once, without approval.",
    Notice.Kind.REVIEW_DUE: "Who has access to what you own is to be looked through.",
    Notice.Kind.POLICY_CHANGED: "How requests for what you own are decided was changed.",
}
# A project's ID has 30 characters at most, which is how many the audit trail keeps.
SCOPE = re.compile(r"projects/[a-z][a-z0-9.:-]{4,29}(?:/locations/[a-z0-9-]+/connections/[^/\s]{1,100})?")

TAKEN = "There is a channel of this name."


class SecretAddressInput(forms.TextInput):
    """An address that is typed or pasted, and never put into a page again."""

    def format_value(self, value: Any) -> None:
        """Nothing, whatever was typed."""


def _address(url: str) -> str:
    """Return a webhook's address. Raises ValidationError."""
    if url and (problem := addresses.problem(url)):
        raise ValidationError(problem)
    return url


def _address_field(label: str) -> forms.CharField:
    """A field for a secret address: what was typed is never shown again."""
    widget = SecretAddressInput(attrs={"autocomplete": "off", "spellcheck": "false", "inputmode": "url"})
    return forms.CharField(
        label=label,
        required=False,
        max_length=2000,
        widget=widget,
        help_text="Whoever knows this address can post there: it is kept under seal and never shown again.",
    )


class PreferencesForm(forms.Form):
    """Two ticks a kind, and the person's own webhook."""

    url = _address_field("Webhook address")
    shape = forms.ChoiceField(
        label="Sent in the shape of", choices=Shape.choices, initial=Shape.SLACK, required=False
    )

    def __init__(self, *args: Any, preferences: NoticePreferences, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.preferences = preferences
        self.fields["shape"].initial = preferences.shape
        if preferences.host:
            self.fields["url"].label = "Another webhook address"
        for kind, label in Notice.Kind.choices:
            self._tick("email", kind, f"{label}: by e-mail", kind in preferences.email)
            self._tick("webhook", kind, f"{label}: by webhook", kind in preferences.webhook)

    def _tick(self, way: str, kind: str, label: str, ticked: bool) -> None:
        self.fields[f"{way}_{kind}"] = forms.BooleanField(
            required=False,
            initial=ticked,
            label=label,
            widget=forms.CheckboxInput(attrs={"aria-label": label}),
        )

    def rows(self) -> Iterator[tuple[str, str, BoundField, BoundField]]:
        """Yield (label, help, e-mail's field, webhook's field) for each kind."""
        for kind, label in Notice.Kind.choices:
            yield label, HELP[Notice.Kind(kind)], self[f"email_{kind}"], self[f"webhook_{kind}"]

    def kinds(self, way: str) -> list[str]:
        """The kinds that are ticked for a way."""
        return [kind for kind in Notice.Kind.values if self.cleaned_data[f"{way}_{kind}"]]

    def clean_url(self) -> str:
        """An address that the portal may call."""
        return _address(self.cleaned_data["url"])

    def clean(self) -> None:
        """Kinds go by webhook only if there is one."""
        known = self.preferences.host or self.cleaned_data.get("url") or "url" in self.errors
        if not known and self.kinds("webhook"):
            self.add_error("url", "Enter the address for the notices that you ticked under Webhook.")


class ChannelForm(forms.Form):
    """A shared channel."""

    name = forms.CharField(max_length=100, help_text="How people call it, such as <code>#data-access</code>.")
    scope = forms.CharField(
        label="About",
        required=False,
        max_length=500,
        widget=Combobox(),
        help_text="A project or one connection, by its full name: <code>projects/P</code> or "
        "<code>projects/P/locations/L/connections/C</code>. Empty: everything.",
    )
    kinds = forms.MultipleChoiceField(
        choices=Notice.Kind.choices, widget=forms.CheckboxSelectMultiple, label="Notices"
    )
    url = _address_field("Webhook address")
    shape = forms.ChoiceField(label="Sent in the shape of", choices=Shape.choices)
    is_active = forms.BooleanField(label="Send notices", required=False, initial=True)
    field_order = ["name", "url", "shape", "scope", "kinds", "is_active"]

    def __init__(self, *args: Any, channel: NoticeChannel | None = None, **kwargs: Any) -> None:
        if channel:
            names = ("name", "scope", "kinds", "shape", "is_active")
            kwargs["initial"] = {name: getattr(channel, name) for name in names}
        super().__init__(*args, **kwargs)
        self.channel = channel
        projects = Project.objects.order_by("project_id").values_list("project_id", "display_name")[:200]
        scope = self.fields["scope"].widget
        scope.options = [(f"projects/{project_id}", name) for project_id, name in projects]
        if channel:
            self.fields["url"].label = f"Another webhook address than the one at {channel.host}"
        else:
            self.fields["url"].required = True

    def clean_name(self) -> str:
        """Channels are told apart by their names."""
        name = str(self.cleaned_data["name"])
        same = NoticeChannel.objects.filter(name=name)
        if self.channel:
            same = same.exclude(pk=self.channel.pk)
        if same.exists():
            raise ValidationError(TAKEN)
        return name

    def clean_scope(self) -> str:
        """A project or a connection."""
        scope = str(self.cleaned_data["scope"]).strip("/")
        if scope and not SCOPE.fullmatch(scope):
            raise ValidationError("Enter the full name of a project or a connection, or nothing.")
        return scope

    def clean_url(self) -> str:
        """An address that the portal may call."""
        return _address(self.cleaned_data["url"])
