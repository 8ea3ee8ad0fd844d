"""People: who signs in, with which roles, and who was invited."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models
from django.db.models.functions import Lower
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

    @property
    def member(self) -> str:
        """The person as IAM spells them; addresses are lower case there."""
        return f"user:{self.email.lower()}"

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
