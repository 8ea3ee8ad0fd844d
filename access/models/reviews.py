"""Reviews: owners are shown who has access, and keep or remove."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.urls import reverse

from access.models.grants import Grant, Resource


class Review(models.Model):
    """One round of looking through who has access to a resource."""

    class State(models.TextChoices):
        """Open until each item is answered, or its time is up."""

        OPEN = "open"
        DONE = "done"
        OVERDUE = "overdue"

    resource = models.ForeignKey(Resource, models.PROTECT, related_name="reviews")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    # What becomes of what nobody answers, as the approval policy said when it began: "remind" or "revoke".
    unanswered = models.CharField(max_length=10, default="remind")
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["resource"], condition=~models.Q(state="done"), name="one_open_review_per_resource"
            )
        ]
        indexes = [models.Index(fields=["-state", "due_at", "-id"], name="review_waiting_first")]

    def __str__(self) -> str:
        return f"{self.resource_id} {self.started_at:%Y-%m-%d}"

    def get_absolute_url(self) -> str:
        return reverse("access:review", args=[self.pk])


class ReviewItem(models.Model):
    """One grant in a review, and the answer to it."""

    class Answer(models.TextChoices):
        """What was decided."""

        OPEN = "", "Not answered"
        KEEP = "keep"
        REMOVE = "remove"

    review = models.ForeignKey(Review, models.CASCADE, related_name="items")
    grant = models.ForeignKey(Grant, models.PROTECT, related_name="review_items")
    answer = models.CharField(max_length=10, choices=Answer, default=Answer.OPEN, blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["review", "grant"], name="one_item_per_grant")]

    def __str__(self) -> str:
        return f"{self.grant_id} {self.answer}"


class UsageLook(models.Model):
    """What the portal knows from audit logs about the use of a resource, and what it could not see."""

    resource = models.OneToOneField(Resource, models.CASCADE, related_name="usage")
    looked_at = models.DateTimeField()
    # The logs were read from here on without a gap.
    since = models.DateTimeField()
    # Why the picture is not whole, in a sentence; empty if it is.
    problem = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.resource_id} {self.looked_at:%Y-%m-%d}"
