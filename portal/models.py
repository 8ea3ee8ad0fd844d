"""What the portal itself keeps: people, projects, operations, credentials under seal, the audit trail."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.functional import cached_property

ADMINISTRATOR = "administrator"
AUDITOR = "auditor"


class UserManager(DjangoUserManager["User"]):
    """Makes people by their e-mail address."""

    def create_user(  # type: ignore[override]  # ours has no user name
        self, email: str, password: str | None = None, **fields: Any
    ) -> User:
        """Make a person who signs in with `email`; without a password only other ways of sign-in work."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractUser):
    """A person. Roles are Django's groups; who owns a connection is said at the connection."""

    username = None  # type: ignore[assignment]  # the e-mail address is the name
    email = models.EmailField("e-mail address", unique=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="one_person_per_address")]

    def __str__(self) -> str:
        return self.email

    @cached_property
    def role_names(self) -> frozenset[str]:
        """The roles given on the People page; read anew in each request."""
        return frozenset(self.groups.values_list("name", flat=True))

    @property
    def is_administrator(self) -> bool:
        """Whether this person may make connections and manage people."""
        return self.is_active and ADMINISTRATOR in self.role_names

    @property
    def is_auditor(self) -> bool:
        """Whether this person may read everything, the audit trail too."""
        return self.is_active and AUDITOR in self.role_names


class Invitation(models.Model):
    """A promise that whoever shows the token may join as `email`. Only the token's hash is kept."""

    email = models.EmailField()
    roles = models.JSONField(default=list)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.EmailField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.email


class Project(models.Model):
    """A Google Cloud project that the portal looks after."""

    project_id = models.CharField("project ID", max_length=30, unique=True)
    number = models.BigIntegerField("project number", null=True, unique=True)
    display_name = models.CharField(max_length=100, blank=True)
    registered_by = models.CharField(max_length=254)
    registered_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True)
    # What the last check found: one row a requirement, see portal/projects.py.
    findings = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.project_id

    def get_absolute_url(self) -> str:
        return reverse("portal:project", args=[self.project_id])

    @property
    def missing(self) -> list[dict[str, Any]]:
        """The findings that somebody has to mend."""
        absent = [finding for finding in self.findings if not finding["present"]]
        return [finding for finding in absent if not finding.get("optional")]

    @property
    def unused(self) -> list[dict[str, Any]]:
        """What only some kinds of connection need, and is not there."""
        absent = [finding for finding in self.findings if not finding["present"]]
        return [finding for finding in absent if finding.get("optional")]

    @property
    def is_usable(self) -> bool:
        """Whether connections can be made: Google knows the project by number."""
        return self.number is not None


class Operation(models.Model):
    """The outbox row: something that a worker does, step by step, until it is done or refused."""

    class State(models.TextChoices):
        """Where an operation stands."""

        PENDING = "pending"
        RUNNING = "running"
        WAITING = "waiting"
        SUCCEEDED = "succeeded"
        FAILED = "failed"

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
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("portal:operation", args=[self.pk])

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens by itself."""
        return self.state in {self.State.SUCCEEDED, self.State.FAILED}


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
            models.Index(fields=["actor", "-position"], name="audit_of_actor"),
            models.Index(fields=["action", "-position"], name="audit_of_action"),
            models.Index(fields=["project", "-position"], name="audit_of_project"),
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
