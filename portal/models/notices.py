"""Notices: what people are to be told, by which ways, and who wants what."""

from __future__ import annotations

import uuid

from django.db import models

from portal.models.people import User


class Notice(models.Model):
    """Something that happened, in words. `key` is the caller's: what has one is told once."""

    class Kind(models.TextChoices):
        """What it is about; people choose by it."""

        REQUEST_MADE = "request_made", "Somebody asks for access"
        REQUEST_DECIDED = "request_decided", "A request was decided"
        ACCESS_ENDING = "access_ending", "Access ends soon"
        ACCESS_ENDED = "access_ended", "Access ended"
        ACCESS_FAILED = "access_failed", "Access could not be given"
        ACCESS_OVERDUE = "access_overdue", "Access that should be gone is still there"
        BREAK_GLASS = "break_glass", "Emergency access was taken"
        REVIEW_DUE = "review_due", "A review is due"
        POLICY_CHANGED = "policy_changed", "An approval policy was changed"

    key = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=20, choices=Kind)
    about = models.CharField(max_length=1000)  # the path of the page that tells more
    target = models.CharField(max_length=500, blank=True)  # full name of the resource, for shared channels
    subject = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.subject


class Shape(models.TextChoices):
    """What a webhook's receiver understands."""

    SLACK = "slack", "Slack"
    GOOGLE_CHAT = "google_chat", "Google Chat"
    JSON = "json", "Plain JSON"


class NoticePreferences(models.Model):
    """Which kinds a person wants by which way. Without a row: all of them by e-mail."""

    person = models.OneToOneField(User, models.CASCADE, related_name="notice_preferences")
    email = models.JSONField(default=list)
    webhook = models.JSONField(default=list)
    shape = models.CharField(max_length=20, choices=Shape, default=Shape.SLACK)
    # A webhook's address lets whoever knows it post: it is kept under seal, pages show the host.
    sealed_url = models.BinaryField(default=b"")
    host = models.CharField(max_length=253, blank=True)

    def __str__(self) -> str:
        return f"notices of {self.person_id}"


class NoticeChannel(models.Model):
    """A webhook that several people read, for everything, one project or one connection."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=100, unique=True)
    # "projects/P" or a connection's full name; empty: everything.
    scope = models.CharField(max_length=500, blank=True)
    kinds = models.JSONField(default=list)
    shape = models.CharField(max_length=20, choices=Shape, default=Shape.SLACK)
    sealed_url = models.BinaryField(default=b"")
    host = models.CharField(max_length=253, blank=True)
    is_active = models.BooleanField(default=True)
    made_by = models.CharField(max_length=254)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """The outbox row: one notice on its way to one person or channel."""

    class Way(models.TextChoices):
        """How it goes."""

        EMAIL = "email", "E-mail"
        WEBHOOK = "webhook", "Webhook"
        CHANNEL = "channel", "Shared channel"

    class State(models.TextChoices):
        """Where it stands. Nothing is sent again from `sending` on without a clear refusal."""

        PENDING = "pending"
        CLAIMED = "claimed"
        SENDING = "sending"
        SENT = "sent"
        FAILED = "failed"
        # The sender was interrupted, or never heard the answer: it may have arrived.
        UNKNOWN = "unknown"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    notice = models.ForeignKey(Notice, models.CASCADE, related_name="deliveries")
    way = models.CharField(max_length=10, choices=Way)
    person = models.ForeignKey(User, models.CASCADE, null=True, related_name="notice_deliveries")
    channel = models.ForeignKey(NoticeChannel, models.CASCADE, null=True, related_name="deliveries")
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    # Rises with each claim; a worker that holds an older one may write nothing any more.
    fencing_token = models.PositiveBigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    send_after = models.DateTimeField()
    patience_until = models.DateTimeField()
    woken_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["notice", "person", "way"],
                condition=models.Q(person__isnull=False),
                name="one_delivery_per_person_and_way",
            ),
            models.UniqueConstraint(
                fields=["notice", "channel"],
                condition=models.Q(channel__isnull=False),
                name="one_delivery_per_channel",
            ),
        ]
        indexes = [
            models.Index(
                fields=["send_after"],
                condition=models.Q(state__in=["pending", "claimed", "sending"]),
                name="delivery_unfinished",
            ),
            models.Index(fields=["person", "-created_at"], name="delivery_of_person"),
            models.Index(fields=["channel", "-created_at"], name="delivery_of_channel"),
        ]

    def __str__(self) -> str:
        return f"{self.way} {self.id}"
