"""The audit trail: a chain of events and its end."""

from __future__ import annotations

from django.db import models
from django.db.models import F
from django.db.models.functions import Upper
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
            models.Index(Upper("actor"), F("position").desc(), name="audit_of_upper_actor"),
            models.Index(fields=["action", "-position"], name="audit_of_action"),
            models.Index(fields=["project", "-position"], name="audit_of_project"),
            models.Index(fields=["outcome", "-position"], name="audit_of_outcome"),
            models.Index(
                fields=["operation", "-position"],
                condition=~models.Q(operation=""),
                name="audit_of_operation",
            ),
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


class EventSubject(models.Model):
    """What an event speaks of in its detail, for finding it: "grant/12", "request/UUID", "principal/MEMBER".

    An index and no record: portal.subjects makes it anew from the trail.
    """

    subject = models.CharField(max_length=400)
    position = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject", "position"], name="one_entry_per_subject")]

    def __str__(self) -> str:
        return f"{self.subject} in {self.position}"


class Verification(models.Model):
    """One walk along the chain and what it found; the next one may go on where it ended."""

    operation = models.CharField(max_length=36)
    requested_by = models.CharField(max_length=254)
    # The event that the walk went on after; 0 for a walk over the whole chain.
    began_after = models.BigIntegerField(default=0)
    # The last event that held, and its hash.
    size = models.BigIntegerField()
    hash = models.CharField(max_length=64)
    bad_position = models.BigIntegerField(null=True)
    problem = models.TextField(blank=True)
    # How many signed checkpoints agreed, and the last of them.
    checkpoints = models.PositiveIntegerField(default=0)
    last_checkpoint = models.BigIntegerField(default=0)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["-ended_at", "-id"], name="verification_newest")]

    def __str__(self) -> str:
        return f"{self.began_after} to {self.size}"

    @property
    def holds(self) -> bool:
        """Whether every event that was looked at is as it was written."""
        return self.bad_position is None
