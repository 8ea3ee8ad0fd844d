"""The page that has the chain verified and says what came of it."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from portal import checkpoints, verifying
from portal.models import AuditHead, Operation, Verification
from portal.permissions import actor, overseer, permitted

SHOWN = 10


OUTSIDE = """python manage.py audit_public_key > audit.pem
python manage.py verify_audit --checkpoints FILE_OR_FOLDER --public-key audit.pem"""


class VerifyForm(forms.Form):
    """How much."""

    whole = forms.BooleanField(required=False)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(overseer)
def verification(request: HttpRequest) -> HttpResponse:
    """The chain, its last signed checkpoint and the last walks along it; a POST begins another."""
    form = VerifyForm(request.POST)
    if request.method == "POST" and form.is_valid():
        operation = verifying.request_verification(whole=form.cleaned_data["whole"], by=actor(request))
        return redirect(operation.get_absolute_url())
    walks = list(Verification.objects.order_by("-ended_at", "-id")[:SHOWN])
    head = AuditHead.objects.get()
    last = walks[0] if walks else None
    context = {
        "head": head,
        "outside": OUTSIDE,
        "checkpoint": checkpoints.latest(),
        "walks": walks,
        "last": last,
        "unverified": head.size - last.size if last and last.holds else head.size,
        "under_way": Operation.objects.filter(
            target=verifying.TARGET, state__in=Operation.UNFINISHED
        ).first(),
    }
    return render(request, "portal/audit/verification.html", context)
