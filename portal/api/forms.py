"""The form that makes a token."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings

from portal.models import ApiToken


class TokenForm(forms.Form):
    """What the token is for, what it may read, and how long."""

    name = forms.CharField(max_length=100, help_text="What uses it, such as <code>SIEM import</code>.")
    scopes = forms.MultipleChoiceField(
        label="May read",
        choices=ApiToken.Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text="Of these it reads what you may see on the pages, no more.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        most = settings.API_TOKEN_DAYS
        self.fields["days"] = forms.IntegerField(
            label="Works for (days)",
            min_value=1,
            max_value=most,
            initial=min(30, most),
            help_text=f"At most {most}.",
        )
