"""The Google Cloud projects that the portal looks after."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.urls import reverse


class Project(models.Model):
    """A Google Cloud project that the portal looks after."""

    project_id = models.CharField("project ID", max_length=30, unique=True)
    number = models.BigIntegerField("project number", null=True, unique=True)
    display_name = models.CharField(max_length=100, blank=True)
    registered_by = models.CharField(max_length=254)
    registered_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True)
    # What the last check found: one row a requirement, see portal/projects.py.
    findings = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.project_id

    def get_absolute_url(self) -> str:
        return reverse("portal:project", args=[self.project_id])

    @property
    def missing(self) -> list[dict[str, Any]]:
        """The findings that somebody has to mend."""
        absent = [finding for finding in self.findings if not finding["present"]]
        return [finding for finding in absent if not finding.get("optional")]

    @property
    def unused(self) -> list[dict[str, Any]]:
        """What only some kinds of connection need, and is not there."""
        absent = [finding for finding in self.findings if not finding["present"]]
        return [finding for finding in absent if finding.get("optional")]
