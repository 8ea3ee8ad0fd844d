"""Forms for connections that are there: editing, a password, the name that confirms a deletion."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django import forms

from connections.differences import COMMON, mask, text
from connections.forms import rules
from connections.kinds.base import Kind
from connections.models import Connection
from connections.present import at_google
from portal.templatetags.console import breakable

CREDENTIAL_NEEDED = "Google forgets the credential when these change: enter the password."
UNTOLD = "Google does not give this back, and the portal was never told."
UNTOLD_NEEDED = "Google forgets the credential when these change: enter the user too."
PLAIN = {"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}


def password_field(label: str, help_text: str, *, required: bool) -> forms.CharField:
    """A password, which no page ever gets back."""
    return forms.CharField(
        label=label,
        max_length=1000,
        strip=False,
        required=required,
        help_text=help_text,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
    )


class EditForm(forms.Form):
    """What can be changed of a connection, as Google has it now."""

    friendly_name = forms.CharField(
        max_length=200,
        required=False,
        validators=[rules.no_control_characters],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Any value that helps you to identify the connection later.",
    )
    description = forms.CharField(max_length=5000, required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, data: Any = None, *, connection: Connection, kind: Kind) -> None:
        self.connection, self.kind = connection, kind
        body = at_google(connection)
        self.present: dict[str, Any] = dict(kind.seen(connection.properties, body))
        common = {field: text(body.get(name)) for name, (field, _) in COMMON.items()}
        super().__init__(data, auto_id="edit_%s", initial={**common, **self.present})
        own = rules.kind_fields(kind)
        self.untold = kind.untold(self.present)
        for name in self.untold:
            own[name].required = False
            own[name].help_text = f"{UNTOLD} Only needed when something here changes."
        for name in kind.property_fields:
            own[name].widget.attrs = PLAIN | own[name].widget.attrs
            own[name].help_text = breakable(str(own[name].help_text))
            self.fields[name] = own[name]
        if kind.secret_field:
            help_text = "Only needed when something above it changes; sealed at once, destroyed when used."
            label = str(own[kind.secret_field].label)
            self.fields[kind.secret_field] = password_field(label, help_text, required=False)
        self._say_what_differs(common)

    def _say_what_differs(self, common: Mapping[str, str]) -> None:
        """Where Google has something else than the portal, the form shows Google's."""
        self.before: dict[str, Any] = {**common, **self.present}
        self._conflicts: set[str] = set()
        ours = {**self.connection.properties}
        ours |= {field: getattr(self.connection, field) for field, _ in COMMON.values()}
        for name, value in self.before.items():
            if name in self.fields and text(ours.get(name)) != text(value):
                was = text(ours.get(name)) or "nothing"
                # Help texts stand in the page as they are: this one has what somebody typed.
                self.fields[name].help_text = breakable(f"Changed outside the portal, which had: {was}")

    @property
    def properties(self) -> dict[str, Any]:
        """The kind's own values without the password; of a valid form only."""
        return {name: self.cleaned_data[name] for name in self.kind.property_fields}

    @property
    def password(self) -> str:
        """What was typed, "" for nothing; of a valid form only."""
        return str(self.cleaned_data.get(self.kind.secret_field, ""))

    def clean(self) -> dict[str, Any]:
        """What fits together only as a whole, and the password where the mask would clear the credential."""
        self._leave_the_rest_be()
        self._ask_about_what_changed_meanwhile()
        cleaned = self.cleaned_data
        known = {name: cleaned.get(name, "") for name in self.kind.property_fields}
        if any(text(known[name]) != text(self.present.get(name)) for name in known):
            self._check_as_a_whole(cleaned, known)
        return cleaned

    def _check_as_a_whole(self, cleaned: dict[str, Any], known: dict[str, Any]) -> None:
        for field, mistake in self.kind.clean(cleaned).items():
            self._complain(field, mistake)
        known |= {name: cleaned[name] for name in known if name in cleaned}
        for field, region in self.kind.regions(known).items():
            self._complain(field, rules.unreachable(self.connection.location, region))
        secret = self.kind.secret_field
        complete = not self.errors and all(name in cleaned for name in self.kind.property_fields)
        if not (secret and complete and mask(self.kind, self.present, known)):
            return
        for name in self.untold:
            if not cleaned[name]:
                self._complain(name, UNTOLD_NEEDED)
        if not cleaned.get(secret):
            self._complain(secret, CREDENTIAL_NEEDED)

    def _leave_the_rest_be(self) -> None:
        """What was not touched stays as Google has it, even if the portal itself would not have taken it."""
        for name, value in self.before.items():
            typed = self.data.get(self.add_prefix(name))
            if not (name in self.fields and value and isinstance(value, str) and isinstance(typed, str)):
                continue
            if typed.replace("\r\n", "\n") == value:
                self.errors.pop(name, None)
                self.cleaned_data[name] = value

    def _ask_about_what_changed_meanwhile(self) -> None:
        """Somebody may have changed the connection since the form was opened.

        What was not touched here stays as it is now; what both changed is asked about.
        """
        shown = self._shown_then()
        for name, value in self.before.items():
            if name not in self.fields or name not in shown or shown[name] == text(value):
                continue
            typed = self._typed(name)
            if typed == shown[name]:
                self.errors.pop(name, None)
                self.cleaned_data[name] = value
            elif typed != text(value):
                self._conflicts.add(name)
                now = text(value)[:80] or "nothing"
                self.add_error(name, f"This was changed meanwhile, to: {now}. Send again to write yours.")

    def _typed(self, name: str) -> str:
        field = self.fields[name]
        value = field.widget.value_from_datadict(self.data, self.files, self.add_prefix(name))
        return text(value).replace("\r\n", "\n")

    def _shown_then(self) -> dict[str, str]:
        """What the form showed when it was opened; {} for a form that does not say."""
        try:
            told = json.loads(self.data.get("shown", ""))
        except (ValueError, RecursionError):
            return {}
        return {name: str(value) for name, value in told.items()} if isinstance(told, dict) else {}

    @property
    def shown(self) -> str:
        """What the form shows, to be sent along with it; of what was asked about, what there is now."""
        now = {name: text(value) for name, value in self.before.items() if name in self.fields}
        then = self._shown_then() if self.is_bound else {}
        known = {name: then.get(name, value) for name, value in now.items() if name not in self._conflicts}
        return json.dumps(now | known)

    def clean_description(self) -> str:
        """Line breaks as Google keeps them."""
        return str(self.cleaned_data["description"]).replace("\r\n", "\n")

    def _complain(self, field: str, sentence: str) -> None:
        if sentence and field in self.fields and field not in self.errors:
            self.add_error(field, sentence)


class PasswordForm(forms.Form):
    """A new password, or the present one again; with the user where nobody has told the portal."""

    def __init__(
        self, data: Any = None, *, connection: Connection, kind: Kind, help_text: str, required: bool = True
    ) -> None:
        super().__init__(data, auto_id="rotate_%s")
        present = kind.seen(connection.properties, at_google(connection))
        self.untold = kind.untold(present) if required else ()
        own = rules.kind_fields(kind)
        for name in self.untold:
            own[name].widget.attrs = PLAIN | own[name].widget.attrs
            own[name].help_text = UNTOLD
            self.fields[name] = own[name]
        label = str(kind.fields()[kind.secret_field].label) if kind.secret_field else "Password"
        self.fields["password"] = password_field(label, help_text, required=required)

    @property
    def told(self) -> dict[str, str]:
        """What the portal did not know; of a valid form only."""
        return {name: self.cleaned_data[name] for name in self.untold}


class DeleteForm(forms.Form):
    """The connection's ID, typed to confirm."""

    confirm = forms.CharField(max_length=1024)

    def __init__(self, data: Any = None, *, connection_id: str) -> None:
        super().__init__(data)
        self.connection_id = connection_id

    def clean(self) -> dict[str, Any]:
        """Compare what was typed, to the letter."""
        if self.cleaned_data.get("confirm") != self.connection_id:
            raise forms.ValidationError(f"Type {self.connection_id} to confirm; nothing was deleted.")
        return self.cleaned_data
