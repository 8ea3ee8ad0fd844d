"""Database instances that people log in to, and the IAM database users there, as a worker last saw them."""

from __future__ import annotations

import re

from django.db import models
from django.urls import reverse

from access.models import Resource
from connections.logins.products import RULES, Product, is_on, turn_on_command
from portal.models import Project

PRODUCTS = [(product.value, RULES[product].label) for product in Product]
_ROLES = {
    "PRIMARY": "primary",
    "READ_POOL": "read pool",
    "SECONDARY": "secondary",
    "READ_REPLICA_INSTANCE": "read replica",
}
_NUMBERS = re.compile(r"[A-Z]+_(?P<version>[0-9_]+)")


class DatabaseInstance(models.Model):
    """An AlloyDB or Cloud SQL instance of a registered project; `resource` is what logins are claimed on."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="database_instances")
    resource = models.OneToOneField(Resource, models.PROTECT, related_name="database_instance")
    product = models.CharField(max_length=30, choices=PRODUCTS)
    # What its database users belong to: an AlloyDB cluster, or the Cloud SQL instance itself.
    home = models.CharField(max_length=500, db_index=True)
    # What a connection points to: an AlloyDB URI or a Cloud SQL connection name.
    source_name = models.CharField(max_length=500, unique=True)
    location = models.CharField(max_length=40)
    instance_id = models.CharField(max_length=100)
    instance_type = models.CharField(max_length=40, blank=True)
    database_version = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=40, blank=True)
    flags = models.JSONField(default=dict)
    # Who directly holds which of a login's roles on the project, of those who matter here.
    holders = models.JSONField(default=dict)
    # What each live login lacked when a worker last looked, by principal: a new lack is told once.
    lacks = models.JSONField(default=dict)
    built_in_users = models.PositiveIntegerField(default=0)
    found_at = models.DateTimeField()
    # When a worker last read the instance, its users and the project's policy; why it could not.
    looked_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["instance_id", "id"], name="instance_by_name")]

    def __str__(self) -> str:
        return self.instance_id

    def get_absolute_url(self) -> str:
        return reverse("connections:instance", args=[self.resource.full_name])

    @property
    def kind(self) -> Product:
        """The product, for rules."""
        return Product(self.product)

    @property
    def cluster(self) -> str:
        """The AlloyDB cluster it belongs to, "" on Cloud SQL."""
        return self.home.rpartition("/")[2] if self.kind is Product.ALLOYDB else ""

    @property
    def role(self) -> str:
        """What it is among its like, for people; "" for what says nothing."""
        return _ROLES.get(self.instance_type, "")

    @property
    def version(self) -> str:
        """The database's version for people."""
        found = _NUMBERS.match(self.database_version)
        engine = "MySQL" if self.kind is Product.MYSQL else "PostgreSQL"
        return f"{engine} {found['version'].replace('_', '.')}" if found else engine

    @property
    def authentication(self) -> str:
        """Whether IAM authentication is on: "on", "off", or "unknown" before the first look."""
        if self.looked_at is None and not self.flags:
            return "unknown"
        return "on" if is_on(self.kind, self.flags) else "off"

    @property
    def turn_on(self) -> str:
        """The command that switches IAM authentication on."""
        return turn_on_command(
            self.kind,
            self.flags,
            project_id=self.project.project_id,
            instance=self.instance_id,
            cluster=self.cluster,
            region=self.location,
        )


class DatabaseUser(models.Model):
    """An IAM database user, as last seen, and whether the portal made it."""

    class Presence(models.TextChoices):
        """What was last seen at Google."""

        PRESENT = "present"
        ABSENT = "absent"

    home = models.CharField(max_length=500)
    name = models.CharField(max_length=320)
    type = models.CharField(max_length=40)
    # "" where the instance does not tell whose it is.
    principal = models.CharField(max_length=320, blank=True)
    observed = models.CharField(max_length=10, choices=Presence, default=Presence.ABSENT)
    seen_at = models.DateTimeField()
    # Set before the portal makes it. A user seen without it was made by somebody else, and is left alone.
    intended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["home", "name"], name="one_user_per_home")]
        indexes = [models.Index(fields=["principal"], name="database_user_of")]

    def __str__(self) -> str:
        return self.name


class LoginAlerts(models.Model):
    """The newest refused logins in an instance's log, as a worker last read them."""

    instance = models.OneToOneField(DatabaseInstance, models.CASCADE, related_name="login_alerts")
    # One {"id", "at", "severity", "text"} for each, newest first.
    entries = models.JSONField(default=list)
    read_at = models.DateTimeField()
    # Why the log could not be read.
    problem = models.TextField(blank=True)

    def __str__(self) -> str:
        return str(self.instance_id)
