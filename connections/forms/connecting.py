"""Forms about logging in to one instance: what How to connect is filled in with, and what a check tries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.views.decorators.debug import sensitive_variables

from connections.forms import rules
from connections.logins.connecting import Surroundings
from connections.logins.names import NoSuchUserError
from connections.logins.snippets import Login, Network, Way, ways
from portal.forms import Combobox, TokenInput, offer

LONGEST_NAME = 63
LONGEST_TOKEN = 8192
PASTED = "A token that I paste"
PASTE = "token"
_NETWORK_WORDS = {
    Network.PUBLIC: "Public IP",
    Network.PRIVATE: "Private IP",
    Network.PSC: "Private Service Connect",
}


def _network_choices(around: Surroundings) -> list[tuple[str, str]]:
    return [
        (network.value, f"{_NETWORK_WORDS[network]} ({around.addresses[network]})")
        if network in around.addresses
        else (network.value, _NETWORK_WORDS[network])
        for network in around.networks
    ]


class ConnectForm(forms.Form):
    """Who logs in to which database, over which network. A GET form: what is not given has its default."""

    email = forms.EmailField(
        label="Who logs in",
        max_length=320,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        help_text="A person's address or a service account's.",
    )
    database = forms.CharField(max_length=LONGEST_NAME, validators=[rules.no_control_characters])
    network = forms.ChoiceField()
    port = forms.IntegerField(
        min_value=1,
        max_value=65535,
        label="Local port",
        help_text="Where the Auth Proxy listens on your machine.",
    )
    lazy = forms.BooleanField(
        required=False,
        label="Lazy refresh",
        help_text="Fetch certificates when they are needed: right for serverless, where the processor rests.",
    )

    def __init__(self, data: Mapping[str, Any], around: Surroundings, email: str) -> None:
        defaults = {
            "email": email,
            "database": around.database,
            "network": around.networks[0].value,
            "port": around.port,
            **({} if "database" in data else {"lazy": "on"}),  # a box that was cleared is not sent
        }
        super().__init__({**defaults, **{name: data[name] for name in data}}, auto_id="connect_%s")
        self.around = around
        self.fields["database"].widget = Combobox(options=[(name, name) for name in around.databases])
        offer(self, "network", _network_choices(around))
        self.login: Login | None = None

    def clean(self) -> dict[str, Any]:
        """Find the database user."""
        found = super().clean() or {}
        if not self.errors:
            try:
                self.login = self.around.login(
                    found["email"],
                    found["database"],
                    Network(found["network"]),
                    found["port"],
                    lazy=found["lazy"],
                )
            except NoSuchUserError as reason:
                raise ValidationError({"email": str(reason)}) from None
        return found

    def ways(self) -> list[Way]:
        """Every way, filled in; none where something is not right."""
        return ways(self.login) if self.is_valid() and self.login else []


class CheckForm(forms.Form):
    """With what a login is tried, and as whom."""

    account = forms.ChoiceField(label="Log in with", widget=forms.RadioSelect)
    token = forms.CharField(
        error_messages={"required": "Paste a token."},
        max_length=LONGEST_TOKEN,
        widget=TokenInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    user = forms.CharField(
        required=False,
        max_length=320,
        label="Database user",
        validators=[rules.no_control_characters],
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    database = forms.CharField(max_length=LONGEST_NAME, validators=[rules.no_control_characters])
    network = forms.ChoiceField(help_text="As the portal's workers reach the instance.")

    @sensitive_variables("data")
    def __init__(
        self,
        data: Any,
        around: Surroundings,
        *,
        accounts: Sequence[str],
        email: str,
        hint: str,
        before: Mapping[str, Any],
    ) -> None:
        """`before` is what was tried last, to begin with."""
        initial = {
            "account": accounts[0] if accounts else "",
            "database": before.get("database") or around.database,
            "network": str(before.get("network", "")).lower() or around.networks[0].value,
        }
        super().__init__(data, initial=initial, auto_id="check_%s")
        self.around, self.email = around, email
        self.fields["database"].widget = Combobox(options=[(name, name) for name in around.databases])
        offer(self, "network", _network_choices(around))
        self.fields["user"].help_text = "Left empty: the one that belongs to the account, or to you."
        self.fields["user"].widget.attrs["placeholder"] = around.user_or_nobody(email)
        self.fields["token"].help_text = hint
        choices = [*((account, account) for account in accounts), (PASTE, PASTED)]
        offer(self, "account", choices)
        if not accounts:
            del self.fields["account"]
        self.fields["token"].required = not accounts or data is None or data.get("account") == PASTE

    @sensitive_variables()
    def clean(self) -> dict[str, Any]:
        """A service account or a token, and a database user in any case."""
        found = super().clean() or {}
        account = found.get("account", PASTE)
        found["account"] = account = "" if account == PASTE else account
        if account:
            found["token"] = ""
        if not found.get("user") and not self.errors:
            try:
                found["user"] = self.around.user_of(account or self.email)
            except NoSuchUserError as reason:
                self.add_error("user", str(reason))
        return found
