"""Taking an invitation back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from portal.models import Invitation
from portal.people import services
from portal.permissions import actor, administrator, permitted


@require_POST
@permitted(administrator, recent_sign_in=True)
def withdraw_invitation(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the link that was sent worthless."""
    invitation = get_object_or_404(Invitation, pk=pk)
    try:
        services.withdraw(invitation, by=actor(request))
    except services.RefusedChangeError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"The invitation of {invitation.email} is withdrawn.")
    return redirect("portal:people")
