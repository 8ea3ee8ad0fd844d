"""How requests for a resource are decided: versions of its approval policy, none ever changed."""

from __future__ import annotations

from django.db import models

from access.models.grants import Resource


class ApprovalPolicy(models.Model):
    """One version of a resource's approval policy. The newest counts.

    A project's is the default of its connections. `document` is what access.approval.document describes;
    null says: from now on the project's default again.
    """

    resource = models.ForeignKey(Resource, models.PROTECT, related_name="approval_policies")
    version = models.PositiveIntegerField()
    document = models.JSONField(null=True)
    made_by = models.CharField(max_length=254)
    made_at = models.DateTimeField()
    comment = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["resource", "version"], name="one_policy_per_version"),
        ]

    def __str__(self) -> str:
        return f"{self.resource_id} version {self.version}"
