"""Who held what, and when: read from the audit trail, kept for quick answers."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q

# What pages look for holdings by: the name for an index, and its first field.
_FIRST: dict[str, tuple[str, ...]] = {
    "all": (),
    "resource": ("resource",),
    "principal": ("principal_key",),
    "role": ("role",),
}


class Holding(models.Model):
    """One grant from when it was seen at Google until it was seen to be gone there.

    Made from the trail's events alone, in the transaction of each; access.holdings can make all of them anew.
    Names are text, and the events' positions tell what came first: `started_event` and what is before
    `gone_event` is held.
    """

    grant = models.BigIntegerField()
    resource = models.CharField(max_length=500)
    project = models.CharField(max_length=30, blank=True)
    principal = models.CharField(max_length=320)
    # The principal as Google compares it: without regard to the case of an address.
    principal_key = models.CharField(max_length=320)
    role = models.CharField(max_length=200)
    origin = models.CharField(max_length=20, blank=True)
    purpose = models.CharField(max_length=500, blank=True)
    request = models.CharField(max_length=36, blank=True)
    started_at = models.DateTimeField()
    started_event = models.BigIntegerField(unique=True)
    # The claim ended; the binding may stay, because another claim holds it or it was there before the portal.
    ended_at = models.DateTimeField(null=True)
    ended_event = models.BigIntegerField(null=True)
    # Until when it was to last, as the trail told: [the event's position, the moment as ISO text or null], in
    # their order. An extension adds one.
    ends = models.JSONField(default=list)
    # When a comparison found that Google had it no more although no claim ended, in their order: [the event's
    # position, its time as ISO text, the position of the event that saw it there again or null].
    absences = models.JSONField(default=list)
    # The binding was seen to be gone.
    gone_at = models.DateTimeField(null=True)
    gone_event = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["grant"], condition=Q(ended_event__isnull=True), name="one_open_holding_per_grant"
            )
        ]
        indexes = [
            models.Index(fields=["resource", "started_event"], name="holding_of_resource"),
            models.Index(fields=["principal_key", "started_event"], name="holding_of_principal"),
            models.Index(fields=["role", "started_event"], name="holding_of_role"),
            models.Index(fields=["grant", "started_event"], name="holding_of_grant"),
            # Not for what is held now: a database would rather sort all of that than use the indexes below.
            *(
                models.Index(
                    fields=[*first, "gone_event"],
                    condition=Q(gone_event__isnull=False),
                    name=f"gone_{name}",
                )
                for name, first in _FIRST.items()
            ),
            *(
                models.Index(
                    fields=[*first, "started_event"],
                    condition=Q(gone_event__isnull=True),
                    name=f"held_now_{name}",
                )
                for name, first in _FIRST.items()
            ),
        ]

    def __str__(self) -> str:
        return f"{self.principal} {self.role} on {self.resource}"

    def status_at(self, position: int) -> str:
        """One word for what the trail up to the event at `position` says of it."""
        if position < self.started_event:
            return "pending"
        if self.gone_event is not None and self.gone_event <= position:
            return "revoked"
        if self.ended_event is not None and self.ended_event <= position:
            return "released"
        return "gone" if self.gone_since(position) else "active"

    def gone_since(self, position: int) -> datetime | None:
        """When it had been found gone at Google, taken away outside the portal and not seen again by then."""
        for found, when, again in self.absences:
            if found <= position and (again is None or again > position):
                return datetime.fromisoformat(when)
        return None

    def end_at(self, position: int) -> datetime | None:
        """When it was to end, as the trail up to the event at `position` says; None: without an end."""
        told = [moment for event, moment in self.ends if event <= position]
        return datetime.fromisoformat(told[-1]) if told and told[-1] else None


class Figures(models.Model):
    """The figures of the Insights page as they were counted last: counting takes longer than a page may."""

    counted_at = models.DateTimeField()
    # How many events the trail had then.
    size = models.BigIntegerField()
    content = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.counted_at:%Y-%m-%d %H:%M}"
