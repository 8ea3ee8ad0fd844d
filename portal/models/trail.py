"""The audit trail: a chain of events and its end."""

from __future__ import annotations

from django.db import models
from django.urls import reverse


class AuditEvent(models.Model):
    """One entry of the chain. Written by portal.audit alone; the database refuses changes.

    Names are text: an entry stays true when what it speaks of is gone.
    """

    class Outcome(models.TextChoices):
        """Decision (requested, refused) and result (succeeded, failed) are two events."""

        REQUESTED = "requested"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        REFUSED = "refused"

    position = models.BigIntegerField(primary_key=True)
    time = models.DateTimeField(db_index=True)
    actor = models.CharField(max_length=254)
    action = models.CharField(max_length=100)
    outcome = models.CharField(max_length=10, choices=Outcome)
    target = models.CharField(max_length=500)
    project = models.CharField(max_length=30, blank=True)
    reason = models.TextField(blank=True)
    detail = models.JSONField(default=dict)
    operation = models.CharField(max_length=36, blank=True)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        indexes = [
            models.Index(fields=["target", "-position"], name="audit_of_target"),
            models.Index(fields=["actor", "-position"], name="audit_of_actor"),
            models.Index(fields=["action", "-position"], name="audit_of_action"),
            models.Index(fields=["project", "-position"], name="audit_of_project"),
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.action}"

    def get_absolute_url(self) -> str:
        return reverse("portal:audit_event", args=[self.position])


class AuditHead(models.Model):
    """The end of the chain: one row, locked while an event is appended."""

    size = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.size} {self.hash}"
