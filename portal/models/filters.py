"""Filters that people keep."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class SavedFilter(models.Model):
    """A person's name for the filters of a page, as they stand in its address."""

    class Page(models.TextChoices):
        """Whose filters."""

        AUDIT = "audit", "Audit"
        HOLDINGS = "holdings", "Who has what"
        CHANGES = "changes", "What changed"

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_filters")
    page = models.CharField(max_length=10, choices=Page)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=2000)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["owner", "page", "name"], name="one_filter_per_name")]

    def __str__(self) -> str:
        return self.name
