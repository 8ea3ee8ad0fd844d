"""Connections, and what the projects have that a connection can point to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models.functions import Coalesce, Lower, NullIf
from django.db.models.signals import m2m_changed
from django.dispatch import receiver
from django.urls import reverse

from access.models import Resource
from connections.logins.models import DatabaseInstance, DatabaseUser, LoginAlerts
from portal.models import Project

__all__ = [
    "GIVES_WAY",
    "Asset",
    "Connection",
    "ConnectionSearch",
    "DatabaseInstance",
    "DatabaseUser",
    "Discovery",
    "FoundConnection",
    "LoginAlerts",
]


class Connection(models.Model):
    """A BigQuery connection. Columns hold what every kind has; `properties` what is the kind's own."""

    class State(models.TextChoices):
        """Where the connection stands, as far as the portal has seen."""

        CREATING = "creating"
        ACTIVE = "active"
        FAILED = "failed"
        DELETING = "deleting"
        # Gone at Google. The row stays for its address, and gives way to a new one of the same name.
        DELETED = "deleted"

    class Drift(models.TextChoices):
        """How Google's connection differs from the portal's, as last seen."""

        NONE = "", "As the portal has it"
        CHANGED = "changed", "Changed outside"
        GONE = "gone", "Deleted outside"

    project = models.ForeignKey(Project, models.PROTECT, related_name="connections")
    resource = models.OneToOneField(Resource, models.PROTECT, related_name="connection")
    location = models.CharField(max_length=40)
    connection_id = models.CharField("connection ID", max_length=200)
    kind = models.CharField("connection type", max_length=30)
    friendly_name = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True)
    kms_key_name = models.CharField(max_length=500, blank=True)
    properties = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.CREATING)
    # As Google described it when the portal last wrote or accepted it: the whole JSON, known to us or not.
    # It never holds a password.
    body = models.JSONField(default=dict)
    service_account = models.CharField(max_length=320, blank=True)
    has_credential = models.BooleanField(default=False)
    creation_time = models.DateTimeField(null=True)
    last_modified_time = models.DateTimeField(null=True)
    created_by = models.CharField(max_length=254)
    created_at = models.DateTimeField()
    # The operation that makes or made it; what an older one of the same name says is not about this row.
    created_by_operation = models.CharField(max_length=36, blank=True)
    tested_at = models.DateTimeField(null=True)
    # Set before the create call: from then on a connection of this name may be the portal's own work.
    intended_at = models.DateTimeField(null=True)
    # When the portal last looked whether Google still has it as the portal does, and what it saw if not.
    checked_at = models.DateTimeField(null=True)
    drift = models.CharField(max_length=10, choices=Drift, default=Drift.NONE, blank=True)
    seen = models.JSONField(default=dict)
    # The last test: see connections/services/diagnose.py.
    test_report = models.JSONField(default=dict)
    # Whether BigQuery may use the customer-managed key, as last looked at: see services/checks.py.
    key_report = models.JSONField(default=dict)
    adopted_by = models.CharField(max_length=254, blank=True)
    adopted_at = models.DateTimeField(null=True)
    deleted_by = models.CharField(max_length=254, blank=True)
    deleted_at = models.DateTimeField(null=True)
    # What the list's search looks through, in lower case; save() and keep_owners_findable() keep it.
    search_text = models.TextField(blank=True, default="", editable=False)
    # The title as the list sorts it.
    sort_name = models.GeneratedField(
        expression=Lower(Coalesce(NullIf("friendly_name", models.Value("")), "connection_id")),
        output_field=models.TextField(),
        db_persist=True,
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "location", "connection_id"], name="one_connection_per_full_name"
            )
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="connection_newest"),
            models.Index(fields=["sort_name", "id"], name="connection_by_name"),
            # All that the list filters by, so that counting what is found reads no row.
            models.Index(
                fields=["state", "kind", "location", "project", "created_at", "resource"],
                name="connection_filtered",
            ),
        ]

    def __str__(self) -> str:
        return self.connection_id

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write the row; a whole one with what it is found by."""
        if kwargs.get("update_fields") is None:
            self.search_text = self.searched(self.resource.owners.values_list("email", flat=True))
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("connections:connection", args=self.url_args)

    def searched(self, owners: Iterable[str]) -> str:
        """The text by which a person finds it: ID, names, the kind's own values, its owners' addresses."""
        values = [value for value in self.properties.values() if isinstance(value, str)]
        names = [self.connection_id, self.friendly_name, self.description]
        return "\n".join([*names, *values, *sorted(owners)]).lower()

    @property
    def url_args(self) -> list[str]:
        """What every address of this connection carries."""
        return [self.project.project_id, self.location, self.connection_id]

    @property
    def full_name(self) -> str:
        """Google's resource name, with the project's id."""
        return (
            f"projects/{self.project.project_id}/locations/{self.location}/connections/{self.connection_id}"
        )

    @property
    def path(self) -> str:
        """The dotted form that EXTERNAL_QUERY and bq take."""
        return f"{self.project.project_id}.{self.location}.{self.connection_id}"

    @property
    def title(self) -> str:
        """What a person calls it."""
        return self.friendly_name or self.connection_id


@receiver(m2m_changed, sender=Resource.owners.through)
def keep_owners_findable(
    instance: models.Model, action: str, reverse: bool, pk_set: set[int] | None, **_: Any
) -> None:
    """Write the addresses of a connection's new owners into what it is found by.

    From a person's side (`reverse`) resources are named by `pk_set`, or all by the address in the text.
    """
    if action not in {"post_add", "post_remove", "post_clear"}:
        return
    if not reverse:
        found = Connection.objects.filter(resource=instance.pk)
    elif pk_set is None:
        found = Connection.objects.filter(search_text__contains=str(instance))
    else:
        found = Connection.objects.filter(resource__in=pk_set)
    for connection in found.select_related("resource").select_for_update(of=("self",)):
        owners = connection.resource.owners.values_list("email", flat=True)
        connection.search_text = connection.searched(owners)
        connection.save(update_fields=["search_text"])


class Asset(models.Model):
    """Something a project has that a form offers in a pick list, as last seen at Google."""

    class Type(models.TextChoices):
        """Google's asset types."""

        ALLOYDB_INSTANCE = "alloydb.googleapis.com/Instance"
        CLOUD_SQL_INSTANCE = "sqladmin.googleapis.com/Instance"
        SPANNER_DATABASE = "spanner.googleapis.com/Database"
        METASTORE_SERVICE = "metastore.googleapis.com/Service"
        DATAPROC_CLUSTER = "dataproc.googleapis.com/Cluster"
        NETWORK_ATTACHMENT = "compute.googleapis.com/NetworkAttachment"
        CRYPTO_KEY = "cloudkms.googleapis.com/CryptoKey"

    project = models.ForeignKey(Project, models.CASCADE, related_name="assets")
    type = models.CharField(max_length=60, choices=Type)
    name = models.CharField(max_length=500)
    location = models.CharField(max_length=40)
    attributes = models.JSONField(default=dict)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "type", "name"], name="one_asset_per_name")]

    def __str__(self) -> str:
        return self.name


class Discovery(models.Model):
    """When a project's assets of one type were last looked for, and why that did not work."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="discoveries")
    type = models.CharField(max_length=60, choices=Asset.Type)
    looked_at = models.DateTimeField()
    problem = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "type"], name="one_discovery_per_type")]

    def __str__(self) -> str:
        return f"{self.project_id} {self.type}"


# What Google does not have: its name can be used again, and the row with it.
GIVES_WAY = models.Q(state__in=(Connection.State.FAILED, Connection.State.DELETED)) | models.Q(
    state=Connection.State.ACTIVE, drift=Connection.Drift.GONE
)


class FoundConnection(models.Model):
    """A connection that Google has and the portal does not manage, as last seen."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="found_connections")
    location = models.CharField(max_length=40)
    connection_id = models.CharField(max_length=1024)
    kind = models.CharField(max_length=30)
    friendly_name = models.TextField(blank=True)
    service_account = models.CharField(max_length=320, blank=True)
    body = models.JSONField(default=dict)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "location", "connection_id"], name="one_found_per_full_name"
            )
        ]

    def __str__(self) -> str:
        return self.connection_id

    @property
    def full_name(self) -> str:
        """Google's resource name, with the project's id."""
        return (
            f"projects/{self.project.project_id}/locations/{self.location}/connections/{self.connection_id}"
        )

    @property
    def title(self) -> str:
        """What a person calls it."""
        return self.friendly_name or self.connection_id


class ConnectionSearch(models.Model):
    """When a project was last searched for connections, and where that did not work."""

    project = models.OneToOneField(Project, models.CASCADE, related_name="connection_search")
    looked_at = models.DateTimeField()
    # One {"location", "problem"} for each place that could not be listed.
    problems = models.JSONField(default=list)

    def __str__(self) -> str:
        return str(self.project_id)
