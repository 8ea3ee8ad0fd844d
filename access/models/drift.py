"""Where a policy at Google and the portal's claims differ."""

from __future__ import annotations

from django.db import models

from access.models.grants import Resource


class Drift(models.Model):
    """One difference between a policy and its claims, as last seen, and what was decided about it."""

    class Kind(models.TextChoices):
        """Which way they differ."""

        FOREIGN = "foreign", "There, but not the portal's"
        # A claim has no condition: whatever stands under one is somebody else's, and stays so.
        CONDITIONAL = "conditional", "There under a condition"
        GONE = "gone", "The portal's, but gone"

    class State(models.TextChoices):
        """Open until a person decides, or it is not there any more."""

        OPEN = "open"
        IGNORED = "ignored"
        RESOLVED = "resolved"

    resource = models.ForeignKey(Resource, models.PROTECT, related_name="drifts")
    kind = models.CharField(max_length=12, choices=Kind)
    role = models.CharField(max_length=200)
    principal = models.CharField(max_length=2000)
    # Under which conditions it is there: Google's JSON of each, with title and expression.
    conditions = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    found_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    reason = models.TextField(blank=True)
    ignored_until = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=254, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["resource", "kind", "role", "principal"],
                condition=~models.Q(state="resolved"),
                name="one_live_drift",
            )
        ]
        # Every first page counts what waits: what was decided long ago is not looked through.
        indexes = [
            models.Index(fields=["resource"], condition=models.Q(state="open"), name="drift_that_waits"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.principal} {self.role} on {self.resource_id}"
