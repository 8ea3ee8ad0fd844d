"""Resources with an IAM policy, and the claims on them."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from portal import clock

CONNECTION_USER = "roles/bigquery.connectionUser"
CONNECTION_ADMIN = "roles/bigquery.connectionAdmin"
# The roles of a connection, as Google's console calls them.
CONNECTION_ROLES = {
    CONNECTION_USER: "BigQuery Connection User",
    CONNECTION_ADMIN: "BigQuery Connection Admin",
}
# Not a role of Google's: everything that logging in to a database instance with IAM takes.
DATABASE_LOGIN = "database.login"


# An end of access that Google has not followed after this long is said loudly.
OVERDUE = timedelta(minutes=5)


class Resource(models.Model):
    """Something at Google with an IAM policy: a project or a connection, by its full name."""

    class Kind(models.TextChoices):
        """Which API holds the policy."""

        PROJECT = "project"
        CONNECTION = "connection"
        KMS_KEY = "kms_key"
        # A database instance: it has no policy of its own, logins to it need roles on its project.
        INSTANCE = "instance"

    kind = models.CharField(max_length=10, choices=Kind)
    # "projects/P", "projects/P/locations/L/connections/ID", a key's or an instance's full name
    full_name = models.CharField(max_length=500, unique=True)
    project_id = models.CharField(max_length=30, db_index=True)
    title = models.CharField(max_length=200)
    url = models.CharField(max_length=500, blank=True)
    owners = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="owned_resources")
    # Set by administrators; approval policies may look at them: {"environment": "dev"}.
    labels = models.JSONField(default=dict)
    # One writer per policy: who holds the pen, until when.
    writer = models.CharField(max_length=36, blank=True)
    writer_until = models.DateTimeField(null=True)
    # When the portal last sent this policy to Google: for some minutes a read may show it as it was before.
    written_at = models.DateTimeField(null=True)
    # When the policy was last compared with the claims.
    compared_at = models.DateTimeField(null=True, db_index=True)

    def __str__(self) -> str:
        return self.full_name


class SeenPolicy(models.Model):
    """A resource's policy as the portal last saw it at Google, for pages that show what a change would do."""

    resource = models.OneToOneField(Resource, models.CASCADE, related_name="seen_policy")
    # Google's JSON, without its etag: nothing is ever written back from here.
    document = models.JSONField(default=dict)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Policy of {self.resource_id}"


class Grant(models.Model):
    """A claim: this principal should hold this role on this resource, because of its origin, until then."""

    class Origin(models.TextChoices):
        """Why the claim exists."""

        SERVICE_AGENT = "service_agent"
        SHARE = "share"
        # It was there when a person took the resource over.
        IMPORTED = "imported"
        # BigQuery's encryption account on a customer-managed key.
        ENCRYPTION = "encryption"
        # A request that was approved.
        REQUEST = "request"
        # An administrator's, at once, with a reason; the owners are told.
        BREAK_GLASS = "break_glass"
        # What a database login needs on its project and at its instance.
        LOGIN = "login"

    class Presence(models.TextChoices):
        """For `desired` what should be, for `observed` what was last seen at Google."""

        UNKNOWN = "unknown"
        PRESENT = "present"
        ABSENT = "absent"
        # The claim ended, the binding stays: another claim holds it, or it was there before the portal.
        RELEASED = "released"

    resource = models.ForeignKey(Resource, models.PROTECT, related_name="grants")
    principal = models.CharField(max_length=320)
    role = models.CharField(max_length=200)
    origin = models.CharField(max_length=20, choices=Origin)
    # What the claim is for: the full name of the connection that needs a project role.
    purpose = models.CharField(max_length=500, blank=True)
    reason = models.TextField(blank=True)
    operation = models.CharField(max_length=36, blank=True, db_index=True)  # the one that asked for it
    desired = models.CharField(max_length=10, choices=Presence, default=Presence.PRESENT)
    observed = models.CharField(max_length=10, choices=Presence, default=Presence.UNKNOWN)
    # Set before the portal writes the binding. A binding seen without it was there before, made by
    # somebody else, and is left alone when the claim ends.
    intended_at = models.DateTimeField(null=True)
    observed_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    granted_by = models.CharField(max_length=254)
    granted_at = models.DateTimeField()
    revoked_by = models.CharField(max_length=254, blank=True)
    revoked_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    # The approved request behind it, if there is one.
    request = models.ForeignKey("AccessRequest", models.PROTECT, null=True, related_name="grants")
    # The end that people were reminded of, and which reminder it was: that many days before.
    reminded_of = models.DateTimeField(null=True)
    reminded_days = models.PositiveSmallIntegerField(null=True)
    # When people were told that it is overdue.
    overdue_told_at = models.DateTimeField(null=True)
    # When the principal last used it, where the audit logs tell; and when the portal last asked them.
    last_used_at = models.DateTimeField(null=True)
    usage_checked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["resource", "principal", "role", "origin", "purpose"],
                condition=Q(desired="present"),
                name="one_live_claim_per_origin",
            )
        ]
        indexes = [
            models.Index(fields=["resource", "desired", "observed"], name="grant_of_resource"),
            models.Index(fields=["principal", "desired"], name="grant_of_principal"),
            # However somebody wrote the address.
            models.Index(Upper("principal"), "desired", name="grant_of_upper_principal"),
            # What a connection or an instance needs elsewhere.
            models.Index(fields=["purpose", "origin"], name="grant_of_purpose"),
            models.Index(
                fields=["expires_at"],
                condition=Q(desired="present", expires_at__isnull=False),
                name="grant_that_expires",
            ),
            # What every first page looks for: ends that Google was not seen to follow.
            models.Index(
                fields=["revoked_at"],
                condition=Q(desired="absent") & ~Q(observed="absent") & ~Q(observed="released"),
                name="grant_that_ends",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.principal} {self.role} on {self.resource_id}"

    @property
    def gone_since(self) -> datetime | None:
        """Since when it is known to be gone at Google, if the query asked (access.drift.missing)."""
        found: datetime | None = self.__dict__.get("found_gone_at")
        return found

    @property
    def status(self) -> str:
        """One word for pages: active and revoked mean seen at Google, not sent."""
        observed = self.Presence(self.observed)
        if self.desired == self.Presence.PRESENT and not self._is_late:
            if observed != self.Presence.PRESENT:
                return "pending"
            return "gone" if self.gone_since else "active"
        if self.desired == self.Presence.PRESENT or observed in ENDING_SEEN:
            return "overdue" if self._is_late else "revoking"
        return "failed" if self.error else "revoked"

    @property
    def _is_late(self) -> bool:
        """Whether it should have ended long enough ago."""
        ends = [moment for moment in (self.expires_at, self.revoked_at) if moment]
        return bool(ends) and clock.shown() - min(ends) > OVERDUE


# Ends that Google has not been seen to follow.
ENDING_SEEN = (Grant.Presence.UNKNOWN, Grant.Presence.PRESENT)
ENDING = Q(desired=Grant.Presence.ABSENT, observed__in=ENDING_SEEN)


def overdue(now: datetime) -> Q:
    """What should have ended by now for so long that it is said loudly; Grant.status is "overdue"."""
    late = Q(revoked_at__lt=now - OVERDUE) | Q(expires_at__lt=now - OVERDUE)
    # Each by an index of its own: a condition on either would be looked for in every grant.
    ended = Grant.objects.filter(desired=Grant.Presence.ABSENT).filter(late)
    ending = (
        ended.exclude(observed=Grant.Presence.ABSENT).exclude(observed=Grant.Presence.RELEASED).values("pk")
    )
    due = Grant.objects.filter(desired=Grant.Presence.PRESENT, expires_at__lt=now - OVERDUE).values("pk")
    return Q(pk__in=ending.union(due))
