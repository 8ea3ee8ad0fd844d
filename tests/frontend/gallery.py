"""Every component with sample data, to be looked at and to be tested; not part of the product.

python -m django runserver --settings tests.frontend.settings
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from portal.forms import Card, Combobox, RadioCards
from tests.frontend.samples import samples

GetResponse = Callable[[HttpRequest], HttpResponse]
MISTAKES = {"connection_id": "orders-2", "location": "us", "encryption": "google", "username": "bq_reader"}


class Person(SimpleNamespace):
    """Somebody who has signed in and may do everything."""

    email = "administrator.with.a.long.name@analytics.acme.example.com"
    is_authenticated = is_active = is_administrator = is_auditor = True
    is_anonymous = False
    pk = id = 1
    role_names = frozenset({"administrator"})


def as_administrator(get_response: GetResponse) -> GetResponse:
    """Middleware: signed in everywhere but on allauth's own pages."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/accounts/"):
            request.user = Person()  # type: ignore[assignment]  # stands in for a row of the database
        return get_response(request)

    return middleware


class SourceForm(forms.Form):
    """A bit of each kind of field."""

    connection_id = forms.CharField(
        label="Connection ID", help_text="Letters, numbers, and underscores are allowed."
    )
    location = forms.ChoiceField(
        label="Data location", choices=[("us", "us (multiple regions)"), ("eu", "eu (multiple regions)")]
    )
    description = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 2}))
    encryption = forms.ChoiceField(
        widget=RadioCards,
        initial="google",
        choices=[
            ("google", Card("Google-managed encryption key", "No configuration required.", "shield-lock")),
            ("cmek", Card("Customer-managed encryption key (CMEK)", "Pick a key of Cloud KMS.", "key")),
        ],
    )
    username = forms.CharField(label="Database username")
    password = forms.CharField(
        label="Database password", widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    instance = forms.CharField(
        label="AlloyDB Instance",
        help_text="Pick one of the project's, or type its resource URI.",
        widget=Combobox(options=[("//alloydb.googleapis.com/projects/acme-analytics", "orders-primary")]),
    )
    grant = forms.BooleanField(
        label="Grant the service agent AlloyDB Client",
        initial=True,
        required=False,
        help_text="Without it no query passes.",
    )
    role = forms.ChoiceField(
        widget=forms.RadioSelect, choices=[("user", "Connection User"), ("admin", "Connection Admin")]
    )

    def clean(self) -> None:
        self.add_error(None, "The connection could not be prepared: correct the fields below.")
        self.add_error("connection_id", "A hyphen is not allowed: letters, numbers, and underscores are.")


class FilterForm(forms.Form):
    """Search and two filters."""

    q = forms.CharField(label="Search", required=False, widget=forms.TextInput(attrs={"type": "search"}))
    kind = forms.ChoiceField(required=False, choices=[("", "All kinds"), ("alloydb", "AlloyDB")])
    status = forms.ChoiceField(required=False, choices=[("", "Any status"), ("active", "Active")])


def page(request: HttpRequest) -> HttpResponse:
    """All components."""
    messages.success(request, "Connection orders shared with analysts@example.com.")
    messages.error(request, "The grant for ana@example.com is overdue at Google.")
    forms_shown = {"filter_form": FilterForm(request.GET), "form": SourceForm(MISTAKES)}
    return render(request, "gallery.html", samples() | forms_shown)


def dialog(request: HttpRequest) -> HttpResponse:
    """A dialog with a form. `orders` closes it; everything else has mistakes."""
    if request.POST.get("connection_id") == "orders":
        return HttpResponse(status=204, headers={"HX-Trigger": "close-dialog"})
    form = SourceForm(request.POST or None, auto_id="dialog_%s")
    return render(request, "gallery_dialog.html", {"form": form})


def confirm(request: HttpRequest) -> HttpResponse:
    """A question before something that cannot be undone."""
    return render(request, "gallery_confirm.html", {})


def template(request: HttpRequest, name: str) -> HttpResponse:
    """Any template by its name, for the error pages."""
    return render(request, name, {})
