"""What I am told, and by which ways."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from portal.models import Delivery, User
from portal.notices import services
from portal.notices.forms import PreferencesForm
from portal.permissions import actor, permitted, signed_in

SHOWN = 10


def load_delivery(pk: str) -> Delivery:
    """The delivery of an address, or 404."""
    try:
        return Delivery.objects.select_related("notice", "channel").get(pk=pk)
    except Delivery.DoesNotExist as error:
        raise Http404 from error


def receiver(user: User, delivery: Delivery) -> bool:
    """Whom a notice is for; of a shared channel's, administrators."""
    return user.is_administrator if delivery.channel_id else delivery.person_id == user.pk


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(signed_in)
def notices(request: HttpRequest) -> HttpResponse:
    """Choose kinds and ways, and see what was sent lately."""
    person = actor(request)
    preferences = services.preferences_of(person)
    form = PreferencesForm(request.POST or None, preferences=preferences)
    if request.method == "POST" and form.is_valid():
        services.change_preferences(
            person,
            email=form.kinds("email"),
            webhook=form.kinds("webhook"),
            url=form.cleaned_data["url"],
            shape=form.cleaned_data["shape"],
        )
        messages.success(request, "Your choice of notices is saved.")
        return redirect("portal:notices")
    deliveries = Delivery.objects.filter(person=person).select_related("notice")
    context = {
        "form": form,
        "preferences": preferences,
        "deliveries": deliveries.order_by("-created_at", "pk")[:SHOWN],
    }
    return render(request, "portal/notices/preferences.html", context, status=422 if form.errors else 200)


@require_POST
@permitted(signed_in)
def remove_webhook(request: HttpRequest) -> HttpResponse:
    """Forget my webhook."""
    services.remove_webhook(actor(request))
    messages.success(request, "Your webhook is removed; notices that went there only are not sent any more.")
    return redirect("portal:notices")


@require_POST
@permitted(receiver, load=load_delivery, visible_to=receiver)
def send_again(request: HttpRequest, delivery: Delivery) -> HttpResponse:
    """Send once more what may not have arrived."""
    if services.send_again(delivery, by=actor(request)):
        messages.success(request, "The notice is on its way again.")
    if delivery.channel:
        return redirect("portal:notice_channel", pk=delivery.channel_id)
    return redirect("portal:notices")
