"""What waits for me to decide; and all that I answer for."""

from __future__ import annotations

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from access.approval import approvers
from access.models import AccessRequest, Resource
from access.views import request_rows
from portal.models import User
from portal.permissions import actor, overseer, permitted, signed_in
from portal.views import paging

ALL = "all"
# As many as the navigation tells apart.
COUNTED = 99
# So many requests are gathered for one who is no overseer.
MUCH = 500


class QueueFilter(forms.Form):
    """Search, state, and whether to show what does not wait for me too."""

    q = forms.CharField(
        label="Search",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Who, what or why"}),
    )
    show = forms.ChoiceField(
        required=False, choices=[("", "Waiting for me"), (ALL, "All that I answer for")], label="Show"
    )
    state = forms.ChoiceField(required=False, choices=[("", "Any state"), *AccessRequest.State.choices])


@require_safe
@permitted(signed_in)
def queue(request: HttpRequest) -> HttpResponse:
    """The requests that this person may decide now; with `show=all` those that are their business."""
    user = actor(request)
    form = QueueFilter(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {}
    shows_all = chosen.get("show") == ALL
    among, much = AccessRequest.objects.all(), False
    if shows_all:
        found, much = _business_of(user)
    else:
        among, found = among.filter(state=AccessRequest.State.PENDING), _waiting_for(user)
    context = {
        "form": form,
        "filtered": bool(chosen.get("q") or chosen.get("state")),
        "shows_all": shows_all,
        "page": request_rows.page(among, found, chosen, request.GET, bounded=much),
        "walk": f"{request_rows.WALK:,}",
        "tab": "queue",
    }
    return paging.with_short_address(request, render(request, "access/queue.html", context))


@require_safe
@permitted(signed_in)
def queue_count(request: HttpRequest) -> HttpResponse:
    """How many wait for me: for the navigation, which fetches it by itself."""
    waiting = approvers.waiting_for(actor(request))[: COUNTED + 1].count()
    context = {"waiting": min(waiting, COUNTED), "more": waiting > COUNTED}
    return render(request, "access/queue_count.html", context)


def _waiting_for(user: User) -> QuerySet[AccessRequest]:
    """What this person may decide now: gathered, but for an overseer, for whom nearly all may wait."""
    found = approvers.waiting_for(user)
    if overseer(user):
        return found
    keys = list(found.values_list("pk", flat=True)[: MUCH + 1])
    return found if len(keys) > MUCH else AccessRequest.objects.filter(pk__in=keys)


def _business_of(user: User) -> tuple[QuerySet[AccessRequest], bool]:
    """All for administrators and auditors; for others what they own, decide, and have decided.

    Also whether that is much: then it is not gathered to be sorted, but looked for among the newest.
    """
    everything = AccessRequest.objects.all()
    if overseer(user):
        return everything, False
    owned = everything.filter(resource__in=user.owned_resources.all())
    waiting = approvers.waiting_for(user)
    own = (owned.values("pk"), user.decisions.values("request"), waiting.values("pk"))
    keys = [row["pk"] for row in own[0].union(*own[1:], all=True)[: MUCH + 1]]
    if len(keys) <= MUCH:
        return everything.filter(pk__in=keys), False
    pairs = Resource.owners.through.objects.filter(user=user, resource=OuterRef("resource"))
    decided = user.decisions.filter(request=OuterRef("pk"))
    return everything.filter(Exists(pairs) | Exists(decided) | Q(pk__in=own[2])), True
