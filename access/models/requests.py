"""Requests for access, what was said and decided about them, and templates for repeated ones."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import MD5, Cast, Upper
from django.urls import reverse

from access.models.approval import ApprovalPolicy
from access.models.grants import Grant, Resource


class AccessRequest(models.Model):
    """Somebody asks that a principal hold a role on a resource, for a reason and for a time."""

    class State(models.TextChoices):
        """Where a request stands; what became of an approved one is told by its grant."""

        PENDING = "pending"
        APPROVED = "approved"
        DENIED = "denied"
        WITHDRAWN = "withdrawn"
        LAPSED = "lapsed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    resource = models.ForeignKey(Resource, models.PROTECT, related_name="requests")
    requester = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="access_requests")
    principal = models.CharField(max_length=320)
    role = models.CharField(max_length=200)
    reason = models.TextField(blank=True)
    ticket = models.CharField(max_length=100, blank=True)
    duration = models.DurationField()
    # Not before then; the duration counts from the approval, or from here if this is later.
    starts_at = models.DateTimeField(null=True)
    # The grant that this request prolongs.
    extends = models.ForeignKey(Grant, models.PROTECT, null=True, related_name="extensions")
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    # Rises with each change: whoever decides says which one they saw.
    revision = models.PositiveIntegerField(default=0)
    # What it is judged by: the version (null: the portal's own default) and its text as it was then.
    policy = models.ForeignKey(ApprovalPolicy, models.PROTECT, null=True, related_name="requests")
    policy_document = models.JSONField(default=dict)
    # Tells documents apart without reading them: for a queue, all that wait are told apart.
    policy_digest = models.GeneratedField(
        expression=MD5(Cast("policy_document", models.TextField())),
        output_field=models.CharField(max_length=32),
        db_persist=True,
    )
    # The step of the policy that waits to be decided, from 0.
    step = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    lapses_at = models.DateTimeField(null=True)
    # When those who are asked next were asked.
    escalated_at = models.DateTimeField(null=True)
    # When its access was asked for from Google, and the operation that brings it about.
    granted_at = models.DateTimeField(null=True)
    operation = models.CharField(max_length=36, blank=True, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["resource", "principal", "role"],
                condition=models.Q(state="pending"),
                name="one_pending_request_per_access",
            )
        ]
        indexes = [
            models.Index(fields=["-created_at", "id"], name="request_newest"),
            models.Index(fields=["state", "created_at"], name="request_of_state"),
            models.Index(fields=["requester", "-created_at"], name="request_of_person"),
            models.Index(fields=["resource", "-created_at"], name="request_of_resource"),
            models.Index(
                fields=["starts_at"],
                condition=models.Q(state="approved", granted_at__isnull=True),
                name="request_to_be_granted",
            ),
            models.Index(
                fields=["state", "policy_digest", "step", "escalated_at", "-created_at", "resource"],
                condition=models.Q(state="pending"),
                name="request_that_waits",
            ),
            models.Index(Upper("principal"), "state", name="request_of_upper_principal"),
        ]

    def __str__(self) -> str:
        return f"{self.principal} {self.role} on {self.resource_id}"

    def get_absolute_url(self) -> str:
        return reverse("access:request", args=[self.pk])


class Decision(models.Model):
    """What one person decided about a request, at one of its policy's steps."""

    class Verdict(models.TextChoices):
        """Yes or no."""

        APPROVE = "approve"
        DENY = "deny"

    request = models.ForeignKey(AccessRequest, models.PROTECT, related_name="decisions")
    # Null: the policy itself, where no approval is needed.
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="decisions")
    verdict = models.CharField(max_length=10, choices=Verdict)
    step = models.PositiveSmallIntegerField()
    reason = models.TextField(blank=True)
    # The duration that the approver shortened it to.
    duration = models.DurationField(null=True)
    # An administrator decided it because no owner could.
    stood_in = models.BooleanField(default=False)
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request", "step", "by"], name="one_decision_per_person_and_step")
        ]

    def __str__(self) -> str:
        return f"{self.verdict} {self.request_id}"


class Comment(models.Model):
    """What somebody said about a request."""

    request = models.ForeignKey(AccessRequest, models.PROTECT, related_name="comments")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="access_comments")
    text = models.TextField()
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.by_id} on {self.request_id}"


class RequestTemplate(models.Model):
    """What a person asks for again and again: fills in the form."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="request_templates")
    name = models.CharField(max_length=100)
    resource = models.ForeignKey(Resource, models.CASCADE, null=True, related_name="+")
    principal = models.CharField(max_length=320, blank=True)
    role = models.CharField(max_length=200)
    reason = models.TextField(blank=True)
    duration = models.DurationField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="one_template_per_name")]

    def __str__(self) -> str:
        return self.name
