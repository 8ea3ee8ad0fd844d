"""Shared channels: webhooks that several people read."""

from __future__ import annotations

from django.contrib import messages
from django.db import IntegrityError
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from portal.models import Delivery, NoticeChannel
from portal.notices import services
from portal.notices.forms import TAKEN, ChannelForm
from portal.permissions import actor, administrator, permitted
from portal.recency import to_page

SHOWN = 20
PROBLEMS = (Delivery.State.FAILED, Delivery.State.UNKNOWN)


def load_channel(pk: str) -> NoticeChannel:
    """The channel of an address, or 404."""
    return get_object_or_404(NoticeChannel, pk=pk)


@require_safe
@permitted(administrator)
def notice_channels(request: HttpRequest) -> HttpResponse:
    """Every shared channel."""
    problems = Count("deliveries", filter=Q(deliveries__state__in=PROBLEMS))
    channels = NoticeChannel.objects.annotate(problems=problems).order_by("name")
    return render(request, "portal/notices/channels.html", {"channels": channels})


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(administrator, recent_sign_in=True)
def add_notice_channel(request: HttpRequest) -> HttpResponse:
    """Make one."""
    return _edit(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(administrator, load=load_channel, recent_sign_in=True)
def notice_channel(request: HttpRequest, channel: NoticeChannel) -> HttpResponse:
    """Change one, and see what was sent there lately."""
    return _edit(request, channel)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(administrator, load=load_channel, recent_sign_in=True)
def remove_notice_channel(request: HttpRequest, channel: NoticeChannel) -> HttpResponse:
    """Remove one, after asking."""
    if request.method != "POST":
        return render(request, "portal/notices/remove_channel.html", {"channel": channel})
    services.remove_channel(channel, by=actor(request))
    messages.success(request, f"{channel.name} is removed.")
    return to_page(request, reverse("portal:notice_channels"))


def _edit(request: HttpRequest, channel: NoticeChannel | None) -> HttpResponse:
    form = ChannelForm(request.POST or None, channel=channel)
    if request.method == "POST" and form.is_valid():
        try:
            saved = services.save_channel(channel, by=actor(request), **form.cleaned_data)
        except IntegrityError:  # somebody else took the name in this very moment
            form.add_error("name", TAKEN)
        else:
            messages.success(request, f"{saved.name} is saved.")
            return redirect("portal:notice_channels")
    context = {
        "form": form,
        "channel": channel,
        "deliveries": _sent_to(channel) if channel else [],
        "may_repeat": True,
    }
    return render(request, "portal/notices/channel.html", context, status=422 if form.errors else 200)


def _sent_to(channel: NoticeChannel) -> list[Delivery]:
    found = Delivery.objects.filter(channel=channel).select_related("notice")
    return list(found.order_by("-created_at", "pk")[:SHOWN])
