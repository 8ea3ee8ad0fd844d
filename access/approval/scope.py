"""What a policy covers: a resource itself, or every resource of a project that follows its default."""

from __future__ import annotations

from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from access.models import ApprovalPolicy, Resource

GOVERNED = (Resource.Kind.CONNECTION, Resource.Kind.INSTANCE)


def followers(project: Resource) -> QuerySet[Resource]:
    """Return what follows the default of the project that `project` stands for."""
    found = Resource.objects.filter(project_id=project.project_id, kind__in=GOVERNED)
    return found.exclude(pk__in=_with_their_own(project)).order_by("full_name")


def _with_their_own(project: Resource) -> QuerySet[ApprovalPolicy, Any]:
    """The keys of resources whose last version holds a document."""
    newest = (
        ApprovalPolicy.objects.filter(resource=OuterRef("resource")).order_by("-version").values("pk")[:1]
    )
    versions = ApprovalPolicy.objects.filter(
        resource__project_id=project.project_id, pk=Subquery(newest), document__isnull=False
    )
    return versions.values("resource")
