"""Every component with sample data, to be looked at and to be tested; not part of the product.

python -m django runserver --settings tests.frontend.settings
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from portal.forms import Card, Combobox, RadioCards

LONG = "orders_reporting_connection_with_a_name_that_goes_on_and_on"
FULL = f"projects/acme-analytics/locations/us-central1/connections/{LONG}"
AGENT = "service-528461093377@gcp-sa-bigqueryconnection.iam.gserviceaccount.com"
STATUSES = (
    "pending running waiting succeeded failed cancelled active creating deleting deleted unknown present absent"
    " overdue requested refused approved denied expired withdrawn revoked"
).split()
POLICY = '{{\n  "etag": "BwXhqDwKlHg=",\n  "version": 3,\n  "bindings": [\n    {{\n      "role": "roles/bigquery.connectionUser",\n      "members": [\n        "group:analysts@example.com"{0}\n      ]\n    }}\n  ]\n}}\n'


class Person(SimpleNamespace):
    """Somebody who has signed in and may do everything."""

    email = "administrator.with.a.long.name@analytics.acme.example.com"
    is_authenticated = is_active = is_administrator = is_auditor = True
    is_anonymous = False
    pk = id = 1
    role_names = frozenset({"administrator"})


def as_administrator(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: signed in, except on the pages for signing in."""

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
        label="Data location", choices=[("us", "us (multiple regions)"), ("eu", "eu")]
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
    password = forms.CharField(label="Database password", widget=forms.PasswordInput)
    instance = forms.CharField(
        label="AlloyDB Instance",
        help_text="Pick one of the project's, or type its resource URI.",
        widget=Combobox(
            options=[("//alloydb.googleapis.com/projects/acme-analytics/…/orders-primary", "orders-primary")]
        ),
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
        self.add_error(
            "connection_id", "orders-2 has a hyphen. Letters, numbers, and underscores are allowed."
        )
        self.add_error("role", "Choose what they may do.")


class FilterForm(forms.Form):
    """Search and two filters."""

    q = forms.CharField(label="Search", required=False, widget=forms.TextInput(attrs={"type": "search"}))
    kind = forms.ChoiceField(required=False, choices=[("", "All kinds"), ("alloydb", "AlloyDB")])
    status = forms.ChoiceField(required=False, choices=[("", "Any status"), ("active", "Active")])


def sample() -> dict[str, Any]:
    """The data of the gallery."""
    now = timezone.now()
    rows = [
        SimpleNamespace(
            name=name,
            kind="AlloyDB",
            status=status,
            location="us-central1",
            owner=f"user:owner{i}@example.com",
            changed=now - timedelta(hours=i * 7),
        )
        for i, (name, status) in enumerate(
            [("orders", "active"), (LONG, "creating"), ("billing_eu", "failed"), ("crm", "unknown")]
        )
    ]
    step = lambda title, state, **more: SimpleNamespace(
        title=title,
        state=state,
        **{  # noqa: E731
            "attempts": 1,
            "message": "",
            "remedy": "",
            "started_at": now - timedelta(seconds=74),
            "ended_at": now - timedelta(seconds=71),
            **more,
        },
    )
    return {
        "rows": rows,
        "statuses": STATUSES,
        "full": FULL,
        "agent": AGENT,
        "soon": now + timedelta(days=3),
        "page": Paginator(range(134), 25).page(2),
        "filter_form": FilterForm(),
        "form": SourceForm(
            {
                "connection_id": "orders-2",
                "location": "us",
                "encryption": "google",
                "username": "bq_reader",
                "instance": "x",
                "password": "x",
            }
        ),
        "before": POLICY.format(""),
        "after": POLICY.format(',\n        "user:ana@example.com"'),
        "commands": [
            SimpleNamespace(
                name="bq",
                code=f'bq mk --connection --location=us-central1 --project_id=acme-analytics \\\n    --connection_type=ALLOYDB --properties=\'{{"instance": "…"}}\' {LONG}',
            ),
            SimpleNamespace(name="gcloud", code="gcloud projects add-iam-policy-binding acme-analytics"),
            SimpleNamespace(
                name="REST", code="POST https://bigqueryconnection.googleapis.com/v1/…", language="HTTP"
            ),
            SimpleNamespace(
                name="Terraform", code='resource "google_bigquery_connection" "orders" {\n}', language="HCL"
            ),
            SimpleNamespace(name="Python", code="from google.cloud import bigquery_connection_v1"),
        ],
        "steps": [
            step("Create the connection", "succeeded"),
            step("Wait for the service agent", "succeeded", attempts=3, message="It appeared after 12 s."),
            step(
                "Grant AlloyDB Client to the service agent",
                "failed",
                attempts=2,
                message="Google refused: the caller does not have permission on the project acme-analytics.",
                remedy="Give the portal's service account the role Project IAM Admin on acme-analytics, then try again.",
            ),
            step("Test with a query", "running", ended_at=None),
            step("Share", "waiting", message="Waits until the query has passed."),
            step("Tell the owner", "pending", started_at=None),
        ],
        "members": [
            "user:ana@example.com",
            "group:analysts@example.com",
            f"serviceAccount:{AGENT}",
            "domain:example.com",
            "allAuthenticatedUsers",
            "deleted:user:gone@example.com?uid=123",
        ],
    }


def page(request: HttpRequest) -> HttpResponse:
    """All components."""
    messages.success(request, "Connection orders shared with analysts@example.com.")
    messages.error(request, "The grant for ana@example.com is overdue at Google.")
    return render(request, "gallery.html", sample())


def dialog(request: HttpRequest) -> HttpResponse:
    """A dialog with a form; a POST always has mistakes."""
    form = SourceForm(request.POST or None)
    return render(request, "gallery_dialog.html", {"form": form}, status=422 if request.POST else 200)


def confirm(request: HttpRequest) -> HttpResponse:
    """A question before something that cannot be undone."""
    return render(request, "gallery_confirm.html", {})


def template(request: HttpRequest, name: str) -> HttpResponse:
    """Any template by its name, for the error pages."""
    return render(request, name, {})
