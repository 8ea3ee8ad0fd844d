"""The list of registered projects."""

from __future__ import annotations

from django import forms
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.models import Project
from portal.permissions import administrator, permitted
from portal.views import paging

PAGE_SIZE = 50
DELETED = "deleted"  # a connection's state: its row only keeps its address
NUMBER_DIGITS = 18  # project numbers are 64-bit integers, and Python refuses thousands of digits


class ProjectFilter(forms.Form):
    """Search among projects."""

    q = forms.CharField(
        label="Search",
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Project ID, name or number"}),
    )


@require_safe
@permitted(administrator)
def projects(request: HttpRequest) -> HttpResponse:
    """Every project, and what is missing in it."""
    form = ProjectFilter(request.GET)
    text = form.cleaned_data["q"] if form.is_valid() else ""
    there = Count("connections", filter=~Q(connections__state=DELETED))
    found = Project.objects.annotate(connection_count=there).order_by("project_id")
    if text:
        matches = Q(project_id__icontains=text) | Q(display_name__icontains=text)
        is_number = text.isdecimal() and len(text) <= NUMBER_DIGITS
        found = found.filter(matches | Q(number=int(text)) if is_number else matches)
    page = paging.ordered_page(found, request.GET, "project_id", size=PAGE_SIZE)
    return paging.with_short_address(
        request, render(request, "portal/projects/list.html", {"form": form, "filtered": text, "page": page})
    )
