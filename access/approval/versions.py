"""The versions of a resource's approval policy: which one counts, and making the next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Max, QuerySet

from access.approval.document import BUILT_IN, PolicyDocument, parse
from access.models import ApprovalPolicy, Resource
from portal import audit, clock
from portal.models import User

OWN, PROJECT, PORTAL = "own", "project", "portal"


class OutdatedError(Exception):
    """Somebody saved another version since this one was begun; the message is for the one who saves."""


@dataclass(frozen=True)
class Judged:
    """What a request is judged by: the document, the version that holds it (None: the portal's own), whose.

    `source` is "own" for the resource's, "project" for its project's default, "portal" for BUILT_IN.
    """

    document: PolicyDocument
    version: ApprovalPolicy | None = None
    source: str = PORTAL


def current(resource: Resource) -> Judged:
    """Return the policy that counts for `resource` now."""
    return current_of([resource])[resource.pk]


def current_of(resources: Iterable[Resource]) -> dict[int, Judged]:
    """Return the policy that counts for each resource, by its key; two queries however many there are."""
    wanted = list(resources)
    names = {project_name(resource) for resource in wanted}
    projects = dict(Resource.objects.filter(full_name__in=names).values_list("full_name", "pk"))
    newest = _newest({resource.pk for resource in wanted} | set(projects.values()))
    found = {}
    for resource in wanted:
        default = newest.get(projects.get(project_name(resource), 0))
        own = newest.get(resource.pk)
        if own and own.document is not None:
            found[resource.pk] = Judged(parse(own.document), own, OWN)
        elif default and default.document is not None:
            found[resource.pk] = Judged(parse(default.document), default, PROJECT)
        else:
            found[resource.pk] = Judged(BUILT_IN)
    return found


def _newest(keys: set[int]) -> dict[int, ApprovalPolicy]:
    """The last version of each resource."""
    latest = (
        ApprovalPolicy.objects.filter(resource__in=keys)
        .values("resource")
        .annotate(last=Max("pk"))
        .values_list("last")
    )
    return {version.resource_id: version for version in ApprovalPolicy.objects.filter(pk__in=latest)}


def project_name(resource: Resource) -> str:
    """Return the full name of the resource that stands for the project."""
    return f"projects/{resource.project_id}"


def history(resource: Resource) -> QuerySet[ApprovalPolicy]:
    """Return the versions of this very resource, the newest first."""
    return resource.approval_policies.order_by("-version")


def newest_number(resource: Resource) -> int:
    """Return the number of the resource's last version, 0 if there is none."""
    return resource.approval_policies.aggregate(last=Max("version"))["last"] or 0


def save_version(
    resource: Resource, document: PolicyDocument | None, *, by: User, comment: str, seen: int | None = None
) -> ApprovalPolicy:
    """Make `document` the resource's policy from now on; None: the default again.

    `comment` says why. `seen` is the number of the version that the change was begun from. Raises
    OutdatedError if that is not the last one any more. Requests that wait keep what they are judged by.
    """
    with audit.appending():  # one at a time: it holds the end of the trail
        last = newest_number(resource)
        if seen is not None and seen != last:
            raise OutdatedError("Somebody saved another version meanwhile. Look at it, then save again.")
        version = ApprovalPolicy.objects.create(
            resource=resource,
            version=last + 1,
            document=document.to_dict() if document else None,
            made_by=str(by),
            made_at=clock.now(),
            comment=comment,
        )
        audit.record(
            "approval_policy.change",
            by=by,
            target=resource.full_name,
            project=resource.project_id,
            outcome=audit.Outcome.SUCCEEDED,
            reason=comment,
            detail={"version": version.version, "document": version.document},
        )
        return version
