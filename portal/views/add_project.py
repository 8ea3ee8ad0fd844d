"""Registering a Google Cloud project."""

from __future__ import annotations

import re

from django import forms
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from portal import projects
from portal.models import Project
from portal.permissions import actor, administrator, permitted

# "6 to 30 characters: lowercase letters, digits, or hyphens; must start with a letter, may not end with a
# hyphen" (Resource Manager v3, Project.projectId); older ones may stand below a domain.
_PROJECT_ID = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]"
)
TAKEN = "This project is registered already."


class ProjectForm(forms.Form):
    """Which project to register."""

    project_id = forms.CharField(
        label="Project ID",
        max_length=30,
        help_text="6 to 30 lower-case letters, digits and hyphens, such as acme-analytics. Not the number.",
        widget=forms.TextInput(
            attrs={"class": "mono", "autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}
        ),
    )

    def clean_project_id(self) -> str:
        """Google's rules, before Google is asked; and not twice."""
        project_id = str(self.cleaned_data["project_id"])
        if project_id.isdecimal():
            raise forms.ValidationError("This is a project number. The project ID has letters in it.")
        if not _PROJECT_ID.fullmatch(project_id):
            raise forms.ValidationError(
                "A project ID has 6 to 30 lower-case letters, digits and hyphens, begins with a letter "
                "and does not end with a hyphen."
            )
        if Project.objects.filter(project_id=project_id).exists():
            raise forms.ValidationError(TAKEN)
        return project_id


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(administrator, recent_sign_in=True)
def add_project(request: HttpRequest) -> HttpResponse:
    """Take the project in; a worker looks at it, and the operation's page shows how."""
    form = ProjectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            _, operation = projects.request_register(form.cleaned_data["project_id"], by=actor(request))
        except IntegrityError:  # somebody else was faster
            form.add_error("project_id", TAKEN)
        else:
            return redirect(operation)
    status = 422 if form.errors else 200
    return render(request, "portal/projects/add.html", {"form": form}, status=status)
