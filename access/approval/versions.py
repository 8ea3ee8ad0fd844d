"""The versions of a resource's approval policy: which one counts, and making the next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Max, QuerySet
from django.urls import reverse

from access import claims
from access.approval.document import BUILT_IN, PolicyDocument, stored
from access.models import ApprovalPolicy, Resource
from portal import audit, clock, notices
from portal.models import ADMINISTRATOR, Project, User

OWN, PROJECT, PORTAL = "own", "project", "portal"


class OutdatedError(Exception):
    """The history has gone on since this change was begun; the message is for the one who saves."""


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


def project_default(resource: Resource) -> Judged:
    """Return what counts in the resource's project where nothing else is said."""
    newest = ApprovalPolicy.objects.filter(resource__full_name=project_name(resource)).order_by("-version")
    version = newest.first()
    if version is None or version.document is None:
        return Judged(BUILT_IN)
    return Judged(stored(version.document), version, PROJECT)


def current_of(resources: Iterable[Resource]) -> dict[int, Judged]:
    """Return the policy that counts for each resource, by its key; two queries however many there are."""
    wanted = list(resources)
    names = {project_name(resource) for resource in wanted}
    projects = dict(Resource.objects.filter(full_name__in=names).values_list("full_name", "pk"))
    newest = _newest({resource.pk for resource in wanted if resource.pk} | set(projects.values()))
    found = {}
    for resource in wanted:
        default = newest.get(projects.get(project_name(resource), 0))
        own = newest.get(resource.pk)
        if own and own.document is not None:
            found[resource.pk] = Judged(stored(own.document), own, OWN)
        elif default and default.document is not None:
            found[resource.pk] = Judged(stored(default.document), default, PROJECT)
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
    return ApprovalPolicy.objects.filter(resource=resource.pk).order_by("-version")


def newest_number(resource: Resource) -> int:
    """Return the number of the resource's last version, 0 if there is none."""
    return history(resource).aggregate(last=Max("version"))["last"] or 0


def save_version(
    resource: Resource, document: PolicyDocument | None, *, by: User, comment: str, seen: int | None = None
) -> ApprovalPolicy:
    """Make `document` the resource's policy from now on; None: the default again.

    `comment` says why, `seen` is the number of the version that the change was begun from. Raises
    OutdatedError if that is not the last one any more, or where the default counts already. Requests that
    wait keep what they are judged by.
    """
    with audit.appending():  # one at a time: it holds the end of the trail
        if resource.pk is None:
            resource = claims.project_resource(Project.objects.get(project_id=resource.project_id))
        last = newest_number(resource)
        if seen is not None and seen != last:
            raise OutdatedError("Somebody saved another version meanwhile. Look at it, then save again.")
        if document is None and not history(resource).filter(version=last, document__isnull=False).exists():
            raise OutdatedError("The default counts already.")
        version = _append(resource, last + 1, document, by=by, comment=comment)
        _tell(version, by)
        return version


def forget(resource: Resource, *, by: User | str | None, reason: str) -> None:
    """Let the default count for what comes after `resource`, and drop its labels. In a transaction."""
    resource.labels = {}
    resource.save(update_fields=["labels"])
    newest = history(resource).first()
    if newest and newest.document is not None:
        _append(resource, newest.version + 1, None, by=by, comment=reason)


def _append(
    resource: Resource, number: int, document: PolicyDocument | None, *, by: User | str | None, comment: str
) -> ApprovalPolicy:
    version = ApprovalPolicy.objects.create(
        resource=resource,
        version=number,
        document=document.to_dict() if document else None,
        made_by=str(by) if by else audit.SYSTEM,
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


def _tell(version: ApprovalPolicy, by: User) -> None:
    """Tell the owners; of a project's default, and of what an owner changed, the administrators."""
    resource = version.resource
    is_default = resource.kind == Resource.Kind.PROJECT
    people = set() if is_default else set(resource.owners.all())
    if is_default or not by.is_administrator:
        people |= set(User.objects.filter(groups__name=ADMINISTRATOR))
    notices.tell(
        notices.Kind.POLICY_CHANGED,
        about=reverse("access:policy", args=[resource.full_name]),
        to=people - {by},
        subject=f"The approval policy of {resource.title} was changed",
        text=f"{by} saved version {version.version}: {version.comment or 'no reason given'}",
        key=f"approval_policy:{version.pk}",
        target=resource.full_name,
    )
