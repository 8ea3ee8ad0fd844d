"""The outbox: what workers do step by step, and the credentials under seal that they need for it."""

from __future__ import annotations

import uuid

from django.db import models
from django.urls import reverse


class Operation(models.Model):
    """The outbox row: something that a worker does, step by step, until it is done or refused."""

    class State(models.TextChoices):
        """Where an operation stands."""

        PENDING = "pending"
        RUNNING = "running"
        WAITING = "waiting"
        SUCCEEDED = "succeeded"
        FAILED = "failed"

    # Something more happens by itself.
    UNFINISHED = (State.PENDING, State.RUNNING, State.WAITING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.CharField(max_length=100)
    title = models.CharField(max_length=200)
    target = models.CharField(max_length=500)
    target_url = models.CharField(max_length=500, blank=True)
    parameters = models.JSONField(default=dict)
    # Operations with the same lock run one at a time; empty: no lock.
    lock = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    # Rises with each claim; a worker that holds an older one may write nothing any more.
    fencing_token = models.PositiveBigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    run_after = models.DateTimeField()
    patience_until = models.DateTimeField()
    # While it waits for what has an end of its own: until when. `error` says so then. Null: patience ends it.
    wait_ends_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    needs_credential = models.BooleanField(default=False)
    error = models.TextField(blank=True)
    requested_by = models.CharField(max_length=254)
    # On whose behalf it is carried out, as a person's key: who asked for it, or who retried it last. Their
    # rights are asked about again then. None: the portal's own.
    on_behalf_of = models.BigIntegerField(null=True)
    # Whether owners of its target may ask for it too; administrators always may.
    owners_may = models.BooleanField(default=False)
    # The operation that took its place: this one must not be tried again.
    replaced_by = models.CharField(max_length=36, blank=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lock"],
                condition=models.Q(state="running") & ~models.Q(lock=""),
                name="one_running_operation_per_lock",
            )
        ]
        indexes = [
            models.Index(
                fields=["run_after"],
                condition=models.Q(state__in=["pending", "waiting", "running"]),
                name="operation_unfinished",
            ),
            models.Index(fields=["-created_at", "id"], name="operation_newest"),
            models.Index(fields=["target", "-created_at"], name="operation_of_target"),
            models.Index(fields=["requested_by", "-created_at", "id"], name="operation_of_person"),
            # The portal's own are by far the most.
            models.Index(
                fields=["-created_at", "id"],
                condition=~models.Q(requested_by="portal"),
                name="operation_of_people",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("portal:operation", args=[self.pk])

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens by itself."""
        return self.state not in self.UNFINISHED


class Step(models.Model):
    """One step of an operation, as the operation's page shows it."""

    class State(models.TextChoices):
        """Where a step stands."""

        PENDING = "pending"
        RUNNING = "running"
        WAITING = "waiting"
        SUCCEEDED = "succeeded"
        FAILED = "failed"

    operation = models.ForeignKey(Operation, models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=50)
    title = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    message = models.TextField(blank=True)
    remedy = models.TextField(blank=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["operation", "name"], name="one_step_per_name")]

    def __str__(self) -> str:
        return self.title


class SealedCredential(models.Model):
    """A database password on its way to Google, sealed for exactly one row, operation and field."""

    operation = models.OneToOneField(Operation, models.CASCADE, related_name="credential")
    table = models.CharField(max_length=100)
    row = models.CharField(max_length=100)
    field = models.CharField(max_length=50)
    ciphertext = models.BinaryField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.table}/{self.row}/{self.field}"
