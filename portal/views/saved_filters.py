"""Filters that a person keeps: a name for what stands in a page's address."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from portal import filters
from portal.models import SavedFilter, User
from portal.permissions import actor, permitted, signed_in
from portal.views import paging

Page = SavedFilter.Page
ADDRESSES = {Page.AUDIT: "portal:audit", Page.HOLDINGS: "access:holdings", Page.CHANGES: "access:changes"}


class SaveForm(forms.Form):
    """The name, and what is kept under it."""

    page = forms.ChoiceField(choices=Page.choices, widget=forms.HiddenInput)
    query = forms.CharField(max_length=2000, required=False, widget=forms.HiddenInput)
    name = forms.CharField(label="Name", max_length=60)

    def clean_query(self) -> str:
        """The address's query without the place in the list, and without what is not set."""
        query = QueryDict(self.cleaned_data["query"], mutable=True)
        for name in [name for name, value in query.items() if not value or name == paging.KEY]:
            del query[name]
        return query.urlencode()


def context(user: User, page: Page, query: QueryDict) -> dict[str, Any]:
    """Return what components/saved_filters.html shows for a page and its present filters."""
    form = SaveForm({"page": page, "query": query.urlencode(), "name": "-"})
    present = form.cleaned_data["query"] if form.is_valid() else ""
    return {
        "saved_filters": list(SavedFilter.objects.filter(owner=user, page=page)[: filters.MOST]),
        "present_filters": present,
        "filters_page": page,
    }


@require_POST
@permitted(signed_in)
def save_filter(request: HttpRequest) -> HttpResponse:
    """Keep the filters under a name; the same name again replaces them."""
    form = SaveForm(request.POST)
    if not form.is_valid():
        if "page" in form.errors or "query" in form.errors:
            raise Http404
        messages.error(request, "Give the filter a name of 60 characters at most.")
        return redirect(_address(form.cleaned_data["page"], form.cleaned_data["query"]))
    page, name, query = (form.cleaned_data[key] for key in ("page", "name", "query"))
    try:
        filters.save(actor(request), page, name, query)
    except filters.TooManyFiltersError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"The filter “{name}” is saved.")
    return redirect(_address(page, query))


def load_own(pk: int) -> SavedFilter:
    """The filter of an address. Raises Http404."""
    return get_object_or_404(SavedFilter.objects.select_related("owner"), pk=pk)


def its_owner(user: User, saved: SavedFilter) -> bool:
    """Whose it is."""
    return user.is_active and saved.owner_id == user.pk


@require_POST
@permitted(its_owner, load=load_own, visible_to=its_owner)
def remove_filter(request: HttpRequest, saved: SavedFilter) -> HttpResponse:
    """Forget a filter."""
    filters.remove(saved)
    messages.success(request, f"The filter “{saved.name}” is removed.")
    return redirect(_address(saved.page, ""))


def _address(page: str, query: str) -> str:
    address = reverse(ADDRESSES[Page(page)])
    return f"{address}?{query}" if query else address
