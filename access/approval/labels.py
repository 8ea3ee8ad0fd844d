"""Labels of resources: approval policies may look at them."""

from __future__ import annotations

from collections.abc import Mapping

from access.models import Resource
from portal import audit
from portal.models import User


def set_labels(resource: Resource, labels: Mapping[str, str], *, by: User) -> None:
    """Give `resource` exactly these labels."""
    with audit.appending():
        before = Resource.objects.select_for_update().get(pk=resource.pk).labels
        if before == dict(labels):
            return
        Resource.objects.filter(pk=resource.pk).update(labels=dict(labels))
        audit.record(
            "resource.labels",
            by=by,
            target=resource.full_name,
            project=resource.project_id,
            outcome=audit.Outcome.SUCCEEDED,
            detail={"before": before, "after": dict(labels)},
        )
