"""Tokens of the read-only API."""

from __future__ import annotations

import uuid

from django.db import models

from portal.models.people import User


class ApiToken(models.Model):
    """What a program shows to read in somebody's name. Only the token's hash is kept."""

    class Scope(models.TextChoices):
        """What may be read with it."""

        GRANTS = "grants:read", "Grants"
        REQUESTS = "requests:read", "Requests"
        EVENTS = "events:read", "Events of the audit trail"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(User, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    # The beginning of the token, by which people tell theirs apart.
    prefix = models.CharField(max_length=20)
    token_hash = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=254, blank=True)
    last_used_at = models.DateTimeField(null=True)
    # Calls are counted in windows of a minute.
    window_began = models.DateTimeField(null=True)
    window_calls = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["owner", "-created_at"], name="api_token_of_owner")]

    def __str__(self) -> str:
        return f"{self.prefix}… of {self.owner_id}"
